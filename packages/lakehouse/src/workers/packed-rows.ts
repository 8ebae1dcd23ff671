import type { Column, Columns } from '../columns.ts'

/** A text column as its distinct values and one number a row: what crosses between threads without being copied. */
interface PackedText {
  readonly values: readonly (string | null)[]
  readonly codes: Int32Array
}

/** Rows in the form in which they cross between threads. */
export type PackedRows = Readonly<Record<string, Float64Array | PackedText>>

/** Packs rows for another thread. */
export function packRows(rows: Columns): PackedRows {
  const packed: Record<string, Float64Array | PackedText> = {}
  for (const name in rows) {
    const column = rows[name]!
    // A view on a larger block is copied, or the block would move with it.
    if (column instanceof Float64Array) {
      packed[name] = column.byteLength === column.buffer.byteLength ? column : column.slice()
    } else packed[name] = packText(column)
  }
  return packed
}

function packText(column: readonly (string | null)[]): PackedText {
  const positions = new Map<string | null, number>()
  const codes = new Int32Array(column.length)
  let previous: string | null = null
  let code = -1
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!
    if (value !== previous || code < 0) {
      previous = value
      code = positions.get(value) ?? positions.size
      positions.set(value, code)
    }
    codes[i] = code
  }
  return { values: [...positions.keys()], codes }
}

/** Unpacks rows that came from another thread. */
export function unpackRows(packed: PackedRows): Columns {
  const rows: Record<string, Column> = {}
  for (const name in packed) {
    const column = packed[name]!
    rows[name] =
      column instanceof Float64Array
        ? column
        : Array.from(column.codes, (code) => column.values[code]!)
  }
  return rows
}
