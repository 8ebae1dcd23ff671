import { createHash } from 'node:crypto'
import { canonicalize } from './canonical-json.ts'

/** A column of a table that is digested; null is "no value", NaN is a value. */
export type DigestColumn =
  | {
      readonly name: string
      readonly type: 'f64'
      readonly values: ArrayLike<number | null>
    }
  | {
      readonly name: string
      readonly type: 'i64'
      readonly values: ArrayLike<number | bigint | null>
    }
  | {
      readonly name: string
      readonly type: 'utf8'
      readonly values: ArrayLike<string | null>
    }

// Bytes that are gathered before they go into the hash.
const CHUNK = 64 * 1024

/**
 * Digests a table by its values: the same after it was encoded anew, in other files or another order of rows.
 *
 * @param columns columns of one length, in declared order, which counts
 * @param options `key`: names of the columns that rows are sorted by, null first, NaN last; empty keeps the order
 * @returns SHA-256 in lower-case hex
 * @throws RangeError when columns differ in length, share a name, or a key names none of them; TypeError when a value
 * is not of its column's type
 */
export function digestTable(
  columns: readonly DigestColumn[],
  options: { readonly key: readonly string[] },
): string {
  const { key } = options
  const rows = columns[0]?.values.length ?? 0
  const byName = new Map(columns.map((column) => [column.name, column]))
  if (byName.size !== columns.length) throw new RangeError('columns must have different names')
  for (const { name, values } of columns) {
    if (values.length !== rows) {
      throw new RangeError(`column ${name} must have ${rows} rows, had ${values.length}`)
    }
  }
  const keys = key.map((name) => {
    const column = byName.get(name)
    if (column === undefined) throw new RangeError(`the key names no column ${name}`)
    return column
  })
  for (const column of columns) checkValues(column)
  const order = sortedRows(keys, rows)

  const hash = createHash('sha256')
  const head = canonicalize({ columns: columns.map(({ name, type }) => ({ name, type })), key })
  hash.update(`tbl1\n${head}\n`)
  const count = new DataView(new ArrayBuffer(8))
  count.setBigUint64(0, BigInt(rows), true)
  hash.update(new Uint8Array(count.buffer))
  for (const column of columns) {
    hash.update(validity(column.values, order))
    if (column.type === 'utf8') updateTexts(hash, column.values, order)
    else updateNumbers(hash, column, order)
  }
  return hash.digest('hex')
}

type Hash = ReturnType<typeof createHash>

function checkValues({ name, type, values }: DigestColumn): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    const fits =
      value === null ||
      (type === 'f64' && typeof value === 'number') ||
      (type === 'utf8' && typeof value === 'string' && value.isWellFormed()) ||
      (type === 'i64' &&
        (typeof value === 'bigint'
          ? BigInt.asIntN(64, value) === value
          : Number.isSafeInteger(value)))
    if (!fits) {
      throw new TypeError(
        `row ${row} of column ${name} must be ${type} or null, was ${String(value)}`,
      )
    }
  }
}

function sortedRows(keys: readonly DigestColumn[], rows: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row)
  if (keys.length === 0) return order
  return order.sort((left, right) => {
    for (const { values } of keys) {
      const difference = compare(values[left] ?? null, values[right] ?? null)
      if (difference !== 0) return difference
    }
    return left - right
  })
}

type Cell = number | bigint | string | null

function compare(left: Cell, right: Cell): number {
  if (left === right) return 0
  if (left === null) return -1
  if (right === null) return 1
  if (left < right) return -1
  if (left > right) return 1
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
}

function validity(values: ArrayLike<unknown>, order: Uint32Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(order.length / 8))
  for (let index = 0; index < order.length; index++) {
    if (values[order[index]!] !== null) bits[index >> 3]! |= 1 << (index & 7)
  }
  return bits
}

function updateNumbers(
  hash: Hash,
  { type, values }: DigestColumn & { readonly type: 'f64' | 'i64' },
  order: Uint32Array,
): void {
  const chunk = new Uint8Array(CHUNK)
  const view = new DataView(chunk.buffer)
  let filled = 0
  for (let index = 0; index < order.length; index++) {
    const value = values[order[index]!] ?? null
    if (value === null) view.setBigUint64(filled, 0n, true)
    else if (type === 'i64') view.setBigInt64(filled, BigInt(value), true)
    else if (Number.isNaN(value)) view.setBigUint64(filled, 0x7ff8000000000000n, true)
    else view.setFloat64(filled, value as number, true)
    filled += 8
    if (filled === CHUNK) {
      hash.update(chunk)
      filled = 0
    }
  }
  hash.update(chunk.subarray(0, filled))
}

function updateTexts(hash: Hash, values: ArrayLike<string | null>, order: Uint32Array): void {
  const encoder = new TextEncoder()
  const length = new Uint8Array(4)
  const view = new DataView(length.buffer)
  for (let index = 0; index < order.length; index++) {
    const bytes = encoder.encode(values[order[index]!] ?? '')
    view.setUint32(0, bytes.length, true)
    hash.update(length)
    hash.update(bytes)
  }
}
