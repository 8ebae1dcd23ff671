import { checkPriceBars, gather, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength, highest, lowest } from '../window.ts'

/**
 * Computes Williams %R: how far the close lies below the highest high, in percent of the range.
 *
 * @param bars price columns, oldest first
 * @param length window in bars
 * @returns values from −100 to 0; `NaN` until bar `length - 1` and while the window has no range
 * @throws {RangeError} when `length` is not a positive integer or the columns differ in length
 * @see Larry Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)
 */
export function williamsR(bars: PriceBars, length = 14): Float64Array {
  checkPriceBars(bars)
  checkLength(length)
  const rows = presentRows(bars)
  const high = highest(gather(bars.high, rows), length)
  const low = lowest(gather(bars.low, rows), length)
  const range = gather(bars.close, rows).map((close, t) =>
    // Dividing first keeps the value in its range: 100 · x / x can miss 100 by an ulp.
    high[t] === low[t] ? Number.NaN : 100 * ((close - high[t]!) / (high[t]! - low[t]!)),
  )
  return scatter(range, rows, bars.close.length)
}
