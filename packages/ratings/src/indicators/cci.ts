import { checkLength } from '../window.ts'
import { sma } from './sma.ts'

// A mean deviation this small in proportion to the price is rounding noise.
const NO_DEVIATION = 1e-12

/**
 * Computes the commodity channel index, (x − mean) / (0.015 · mean absolute deviation).
 *
 * @param source values, oldest first; usually `hlc3(bars)`
 * @param length window in bars
 * @returns values around 0; `NaN` until bar `length - 1` and while the window has no deviation
 * @throws {RangeError} when `length` is not a positive integer
 * @see Donald R. Lambert, Commodities Channel Index (1980)
 */
export function cci(source: Float64Array, length = 20): Float64Array {
  checkLength(length)
  const average = sma(source, length)
  const index = new Float64Array(source.length)
  for (let t = 0; t < source.length; t++) {
    const mean = average[t]!
    let sum = 0
    for (let k = length - 1; k >= 0; k--) sum += Math.abs(source[t - k]! - mean)
    index[t] =
      sum > NO_DEVIATION * length * Math.abs(mean)
        ? (source[t]! - mean) / ((0.015 / length) * sum)
        : Number.NaN
  }
  return index
}
