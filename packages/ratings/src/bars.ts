/**
 * OHLCV bars of one symbol and one timeframe as columns, oldest first.
 *
 * A row whose high, low or close is not finite is no bar: it gets `NaN` and every other row is what it would be without
 * it. A volume that is not finite or negative is not available, which only removes the volume-weighted average.
 */
export interface Bars {
  /** Open of the bar in Unix seconds, UTC, strictly ascending. */
  timestamp: Float64Array
  open: Float64Array
  high: Float64Array
  low: Float64Array
  close: Float64Array
  volume: Float64Array
}

/** The columns that indicators over a price range read. */
export type PriceBars = Pick<Bars, 'high' | 'low' | 'close'>

const COLUMNS = ['timestamp', 'open', 'high', 'low', 'close', 'volume'] as const

/**
 * Checks that bars are columns of one length in ascending order of time.
 *
 * @param bars columns, oldest first
 * @throws {RangeError} when a column is missing or of another length, or a timestamp is not after the one before it;
 *   the message names the column and the row
 */
export function checkBars(bars: Bars): void {
  const rows = bars.timestamp?.length
  for (const name of COLUMNS) checkColumn(bars[name], `bars.${name}`, 'bars.timestamp', rows)
  const { timestamp } = bars
  if (timestamp.length === 0) return
  let before = timestamp[0]!
  if (!Number.isFinite(before)) {
    throw new RangeError(`bars.timestamp must be finite, was ${before} at index 0`)
  }
  for (let row = 1; row < timestamp.length; row++) {
    const moment = timestamp[row]!
    if (!(moment > before)) {
      throw new RangeError(
        `bars.timestamp must ascend, was ${moment} at index ${row} after ${before}`,
      )
    }
    before = moment
  }
}

/**
 * Checks that the price columns have one length.
 *
 * @param bars columns, oldest first
 * @throws {RangeError} when a column is missing or of another length; the message names it
 */
export function checkPriceBars(bars: PriceBars): void {
  const rows = bars.close?.length
  for (const name of ['high', 'low', 'close'] as const) {
    checkColumn(bars[name], `bars.${name}`, 'bars.close', rows)
  }
}

function checkColumn(
  column: Float64Array | undefined,
  name: string,
  yardstick: string,
  rows: number | undefined,
): void {
  if (!(column instanceof Float64Array)) throw new RangeError(`${name} must be a Float64Array`)
  if (column.length !== rows) {
    throw new RangeError(`${name} must have ${rows} rows like ${yardstick}, had ${column.length}`)
  }
}

/**
 * Lists the rows that are bars, or returns `undefined` when all of them are.
 *
 * @param bars price columns of one length
 * @returns ascending row numbers, or `undefined` in the usual case that no row has to be left out
 */
export function presentRows(bars: PriceBars): Int32Array | undefined {
  const { high, low, close } = bars
  const rows = close.length
  let first = 0
  while (first < rows && isPresent(high[first]!, low[first]!, close[first]!)) first++
  if (first === rows) return undefined
  const present = new Int32Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    if (isPresent(high[row]!, low[row]!, close[row]!)) present[count++] = row
  }
  return present.subarray(0, count)
}

/**
 * Says whether a row is a bar: its high, low and close are finite.
 *
 * @param high price
 * @param low price
 * @param close price
 */
export function isPresent(high: number, low: number, close: number): boolean {
  // x - x is 0 for every finite number and NaN for all others.
  return high - high + (low - low) + (close - close) === 0
}

/**
 * Picks rows of a column.
 *
 * @param column values, oldest first
 * @param rows ascending row numbers, or `undefined` for all
 * @returns the column itself when all rows are wanted, else a new one
 */
export function gather(column: Float64Array, rows: Int32Array | undefined): Float64Array {
  if (rows === undefined) return column
  const picked = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) picked[i] = column[rows[i]!]!
  return picked
}

/**
 * Puts values back to the rows they came from.
 *
 * @param values one for each of `rows`
 * @param rows ascending row numbers, or `undefined` for all
 * @param length rows of the result
 * @returns `values` itself when all rows are wanted, else a new column that is `NaN` everywhere else
 */
export function scatter(
  values: Float64Array,
  rows: Int32Array | undefined,
  length: number,
): Float64Array {
  if (rows === undefined) return values
  const column = new Float64Array(length).fill(Number.NaN)
  for (let i = 0; i < rows.length; i++) column[rows[i]!] = values[i]!
  return column
}

/**
 * Averages high and low.
 *
 * @param bars price columns of one length
 * @returns (high + low) / 2 of each row
 */
export function hl2(bars: PriceBars): Float64Array {
  checkPriceBars(bars)
  const { high, low } = bars
  const source = new Float64Array(high.length)
  for (let t = 0; t < source.length; t++) source[t] = (high[t]! + low[t]!) / 2
  return source
}

/**
 * Averages high, low and close, the typical price.
 *
 * @param bars price columns of one length
 * @returns (high + low + close) / 3 of each row
 */
export function hlc3(bars: PriceBars): Float64Array {
  checkPriceBars(bars)
  const { high, low, close } = bars
  const source = new Float64Array(close.length)
  for (let t = 0; t < source.length; t++) source[t] = (high[t]! + low[t]! + close[t]!) / 3
  return source
}
