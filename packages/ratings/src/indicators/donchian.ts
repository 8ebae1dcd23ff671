import { checkPriceBars, gather, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength, highest, lowest } from '../window.ts'

/** The range of prices over a window. */
export interface Donchian {
  lower: Float64Array
  upper: Float64Array
}

/**
 * Computes the Donchian channel: lowest low and highest high.
 *
 * @param bars price columns, oldest first
 * @param length window in bars, the current one included
 * @returns `lower` and `upper`; `NaN` until bar `length - 1`
 * @throws {RangeError} when `length` is not a positive integer or the columns differ in length
 */
export function donchian(bars: PriceBars, length = 20): Donchian {
  checkPriceBars(bars)
  checkLength(length)
  const rows = presentRows(bars)
  return {
    lower: scatter(lowest(gather(bars.low, rows), length), rows, bars.close.length),
    upper: scatter(highest(gather(bars.high, rows), length), rows, bars.close.length),
  }
}
