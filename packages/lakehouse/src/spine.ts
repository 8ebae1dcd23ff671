import { type Column, type Columns, numbers, rowCount } from './columns.ts'
import { compareCodePoints } from './delta/stats.ts'
import { LakehouseError } from './errors.ts'

/** One question: a symbol, a time in Unix seconds, and whatever is carried along. */
export interface SpineRow {
  readonly symbol: string | null
  /** Unix seconds, UTC; null matches nothing. */
  readonly asOf: number | null
  readonly [carried: string]: string | number | boolean | null
}

/** The questions of a read: rows, or the same as columns `symbol`, `asOf` and others. */
export type Spine =
  | readonly SpineRow[]
  | Readonly<Record<string, SpineColumn>>
  | ReadonlyMap<string, SpineColumn>

/** A column of questions; of numbers, `NaN` is no value. */
export type SpineColumn =
  | Column
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | BigInt64Array
  | readonly (number | null)[]

/**
 * Turns a spine into columns, once at the door.
 *
 * @throws LakehouseError `invalid_input` for a spine without `symbol` and `asOf`, with columns of other kinds or
 *   lengths, or with a time that is no whole second; names the row
 */
export function toSpineColumns(spine: Spine): Columns {
  const rows = isRows(spine) ? rowsToColumns(spine) : columnsOf(spine)
  const { symbol, asOf } = rows
  if (symbol === undefined || symbol instanceof Float64Array) {
    throw invalid("it needs a text column 'symbol'")
  }
  if (!(asOf instanceof Float64Array)) throw invalid("it needs a column of times 'asOf'")
  const length = rowCount(rows)
  for (const name in rows) {
    const own = rows[name]!.length
    if (own !== length) {
      throw invalid(`its columns differ in length: '${name}' has ${own} rows, not ${length}`)
    }
  }
  for (let row = 0; row < length; row++) {
    const t = asOf[row]!
    if (t !== Math.floor(t) && t === t) {
      throw invalid(`asOf must be whole seconds, was ${t} in row ${row}`, row)
    }
  }
  return rows
}

function isRows(spine: Spine): spine is readonly SpineRow[] {
  return Array.isArray(spine)
}

function columnsOf(spine: Exclude<Spine, readonly SpineRow[]>): Columns {
  const given: Iterable<readonly [string, SpineColumn]> =
    spine instanceof Map ? spine : Object.entries(spine as Readonly<Record<string, SpineColumn>>)
  const columns: Record<string, Column> = {}
  for (const [name, column] of given) columns[name] = toColumn(name, column)
  return columns
}

function rowsToColumns(rows: readonly SpineRow[]): Columns {
  const names = new Set(['symbol', 'asOf'])
  for (const row of rows) for (const name in row) names.add(name)
  const columns: Record<string, Column> = {}
  for (const name of names) {
    const values = rows.map((row) => row[name] ?? null)
    columns[name] =
      name === 'symbol' && rows.length === 0
        ? []
        : toColumn(
            name,
            values.map((value) => (typeof value === 'boolean' ? Number(value) : value)) as Column,
          )
  }
  return columns
}

function toColumn(name: string, column: SpineColumn): Column {
  if (column instanceof Float64Array) return column
  if (column instanceof BigInt64Array) return Float64Array.from(column, Number)
  if (ArrayBuffer.isView(column)) return Float64Array.from(column)
  const values: readonly (string | number | null)[] = column
  const isText = name === 'symbol' || values.some((value) => typeof value === 'string')
  const wrong = values.findIndex(
    (value) => value !== null && typeof value !== (isText ? 'string' : 'number'),
  )
  if (wrong >= 0) {
    throw invalid(
      `column '${name}' must hold ${isText ? 'text' : 'numbers'}, was ${JSON.stringify(values[wrong])} in row ${wrong}`,
      wrong,
    )
  }
  return isText
    ? (values as readonly (string | null)[])
    : Float64Array.from(values as readonly (number | null)[], (value) => value ?? Number.NaN)
}

/** A spine's rows by symbol. */
export interface GroupedSpine {
  /** Ascending; rows without a symbol are in no group. */
  readonly symbols: readonly string[]
  /** Where each symbol's rows begin in `order`; one more at the end. */
  readonly offsets: Int32Array
  /** Positions in the spine, symbol by symbol, each symbol's in the order of the spine. */
  readonly order: Int32Array
  /** The times, in that order. */
  readonly asOf: Float64Array
}

/** Groups the rows of a spine by symbol. */
export function groupSpine(spine: Columns): GroupedSpine {
  const column = spine['symbol'] as readonly (string | null)[]
  const asOf = numbers(spine, 'asOf')
  const known = new Map<string, number>()
  const codes = new Int32Array(column.length)
  let previous: string | null = null
  let code = -1
  for (let row = 0; row < column.length; row++) {
    const symbol = column[row]!
    if (symbol === null) {
      codes[row] = -1
      continue
    }
    if (symbol !== previous) {
      previous = symbol
      code = known.get(symbol) ?? known.size
      if (code === known.size) known.set(symbol, code)
    }
    codes[row] = code
  }
  const found = [...known.keys()]
  const byName = found
    .map((_, at) => at)
    .toSorted((a, b) => compareCodePoints(found[a]!, found[b]!))
  const rank = new Int32Array(found.length)
  for (const [at, which] of byName.entries()) rank[which] = at
  const offsets = new Int32Array(found.length + 1)
  for (const each of codes) if (each >= 0) offsets[rank[each]! + 1]! += 1
  for (let i = 1; i < offsets.length; i++) offsets[i]! += offsets[i - 1]!
  const next = offsets.slice()
  const order = new Int32Array(offsets.at(-1)!)
  const times = new Float64Array(order.length)
  for (let row = 0; row < codes.length; row++) {
    const each = codes[row]!
    if (each < 0) continue
    const at = next[rank[each]!]!++
    order[at] = row
    times[at] = asOf[row]!
  }
  return { symbols: byName.map((at) => found[at]!), offsets, order, asOf: times }
}

function invalid(problem: string, row?: number): LakehouseError {
  return new LakehouseError(
    'invalid_input',
    `the spine cannot be read: ${problem}. Nothing was read`,
    { evidence: row === undefined ? {} : { row } },
  )
}
