import { checkPriceBars, gather, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength, windowSum } from '../window.ts'

/**
 * Computes the ultimate oscillator: buying pressure over true range, over three windows weighted 4, 2 and 1.
 *
 * @param bars price columns, oldest first
 * @param fast shortest window, in bars
 * @param middle window, in bars
 * @param slow longest window, in bars
 * @returns values from 0 to 100; `NaN` until bar 28 (7/14/28) and while a window has no range
 * @throws {RangeError} when a length is not a positive integer or the columns differ in length
 * @see Larry Williams, The Ultimate Oscillator (1985)
 */
export function ultimateOscillator(
  bars: PriceBars,
  fast = 7,
  middle = 14,
  slow = 28,
): Float64Array {
  checkPriceBars(bars)
  checkLength(fast, 'fast')
  checkLength(middle, 'middle')
  checkLength(slow, 'slow')
  const rows = presentRows(bars)
  const high = gather(bars.high, rows)
  const low = gather(bars.low, rows)
  const close = gather(bars.close, rows)
  const pressure = new Float64Array(close.length).fill(Number.NaN)
  const range = pressure.slice()
  for (let t = 1; t < close.length; t++) {
    const bottom = Math.min(low[t]!, close[t - 1]!)
    pressure[t] = close[t]! - bottom
    range[t] = Math.max(high[t]!, close[t - 1]!) - bottom
  }
  const share = (length: number): Float64Array => {
    const total = windowSum(range, length)
    return windowSum(pressure, length).map((sum, t) =>
      total[t] === 0 ? Number.NaN : sum / total[t]!,
    )
  }
  const second = share(middle)
  const third = share(slow)
  const oscillator = share(fast).map(
    (value, t) => (100 * (4 * value + 2 * second[t]! + third[t]!)) / 7,
  )
  return scatter(oscillator, rows, bars.close.length)
}
