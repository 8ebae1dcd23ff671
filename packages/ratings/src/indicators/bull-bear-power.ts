import { checkPriceBars, gather, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength } from '../window.ts'
import { ema } from './ema.ts'

/** How far the extremes of a bar lie from the average price, in price units. TradingView's `BBPower` is their sum. */
export interface BullBearPower {
  bull: Float64Array
  bear: Float64Array
}

/**
 * Computes bull and bear power: high and low minus the exponential average of close.
 *
 * @param bars price columns, oldest first
 * @param length of the average, in bars
 * @returns `bull` and `bear`; `NaN` until bar `length - 1`
 * @throws {RangeError} when `length` is not a positive integer or the columns differ in length
 * @see Alexander Elder, Trading for a Living (1993)
 */
export function bullBearPower(bars: PriceBars, length = 13): BullBearPower {
  checkPriceBars(bars)
  checkLength(length)
  const rows = presentRows(bars)
  const average = ema(gather(bars.close, rows), length)
  const above = (price: number, t: number): number => price - average[t]!
  return {
    bull: scatter(gather(bars.high, rows).map(above), rows, bars.close.length),
    bear: scatter(gather(bars.low, rows).map(above), rows, bars.close.length),
  }
}
