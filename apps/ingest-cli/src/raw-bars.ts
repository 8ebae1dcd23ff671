/** The bars of one file as they stand there, before anything was checked. */
export interface RawBars {
  /** Where each row stands in its file: the line of a CSV, the row of a Parquet file; both count from 1. */
  row: Float64Array
  /** Unix seconds, `NaN` where unreadable. */
  timestamp: Float64Array
  /** Prices and volume, `NaN` where the file has none. */
  open: Float64Array
  high: Float64Array
  low: Float64Array
  close: Float64Array
  volume: Float64Array
  /** Unix seconds, when the file brings its own. */
  knownAt?: Float64Array
  /** What could not be read, by position in the columns. */
  unreadable: ReadonlyMap<number, string>
}

/**
 * Why a file that can be read holds no usable bars.
 *
 * - `not_bars`: a needed column is missing or named twice, or there is no row
 * - `malformed`: the text is no table
 * - `day_first`: dates written day/month/year, which would be mistaken for month/day/year
 * - `one_day`: all bars fall on one day, as seconds taken for nanoseconds do
 * - `intraday`: bars of different times on one UTC day, where a day has one bar
 * - `several_symbols`: a column names more than one symbol
 */
export type BarFileErrorCode =
  | 'not_bars'
  | 'malformed'
  | 'day_first'
  | 'one_day'
  | 'intraday'
  | 'several_symbols'

/** A file that can be read and holds no usable bars; other files of the import are not touched by it. */
export class BarFileError extends Error {
  override readonly name = 'BarFileError'
  readonly code: BarFileErrorCode

  constructor(code: BarFileErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}
