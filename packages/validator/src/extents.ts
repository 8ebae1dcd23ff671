import type { View } from './frame.ts'

/**
 * The extent of every series of floating-point numbers in a view. Series (symbol s, column c) has the index
 * `s * columns.length + c`.
 */
export interface Extents {
  readonly columns: readonly string[]
  /** Rows without a value. */
  readonly absent: Int32Array
  /** Infinity where there is no value. */
  readonly lowest: Float64Array
  /** -Infinity where there is no value. */
  readonly highest: Float64Array
}

/** Measures all series once: the checks of cells then look only at the few whose extent is too wide. */
export function measureExtents({ frame, starts, rows }: View): Extents {
  const columns = frame.table.columns.flatMap(({ name, type }) =>
    type === 'f64' && frame.numbers(name) ? [name] : [],
  )
  const length = frame.symbols.length * columns.length
  const absent = new Int32Array(length)
  const lowest = new Float64Array(length)
  const highest = new Float64Array(length)
  for (let symbol = 0; symbol < frame.symbols.length; symbol++) {
    for (const [index, name] of columns.entries()) {
      const values = frame.numbers(name)!
      let missing = 0
      let low = Infinity
      let high = -Infinity
      for (let at = starts[symbol]!; at < starts[symbol + 1]!; at++) {
        const value = values[rows[at]!]!
        if (value < low) low = value
        if (value > high) high = value
        if (Number.isNaN(value)) missing += 1
      }
      const series = symbol * columns.length + index
      absent[series] = missing
      lowest[series] = low
      highest[series] = high
    }
  }
  return { columns, absent, lowest, highest }
}
