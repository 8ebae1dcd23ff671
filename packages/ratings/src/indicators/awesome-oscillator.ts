import { checkPriceBars, gather, hl2, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength } from '../window.ts'
import { sma } from './sma.ts'

/**
 * Computes the awesome oscillator: a fast minus a slow simple average of (high + low) / 2.
 *
 * @param bars price columns, oldest first
 * @param fast length of the fast average, in bars
 * @param slow length of the slow average, in bars
 * @returns values in price units; `NaN` until bar 33 (5/34). Exactly 0 after `slow` equal bars
 * @throws {RangeError} when a length is not a positive integer or the columns differ in length
 * @see Bill Williams, New Trading Dimensions (1998)
 */
export function awesomeOscillator(bars: PriceBars, fast = 5, slow = 34): Float64Array {
  checkPriceBars(bars)
  checkLength(fast, 'fast')
  checkLength(slow, 'slow')
  const rows = presentRows(bars)
  const middle = gather(hl2(bars), rows)
  const average = sma(middle, slow)
  const oscillator = sma(middle, fast).map((value, t) => value - average[t]!)
  return scatter(oscillator, rows, bars.close.length)
}
