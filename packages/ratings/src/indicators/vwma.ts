import { checkLength, checkSameLength, windowSum } from '../window.ts'

/**
 * Computes the volume-weighted moving average, Σ(x · v) / Σv.
 *
 * @param source values, oldest first
 * @param volume traded amount of each row; negative or not finite is not available
 * @param length window in bars
 * @returns averages; `NaN` until bar `length - 1`, while the window holds a row without volume, and while nothing was traded
 * @throws {RangeError} when `length` is not a positive integer or the columns differ in length
 */
export function vwma(source: Float64Array, volume: Float64Array, length: number): Float64Array {
  checkLength(length)
  checkSameLength(volume, 'volume', source)
  const traded = volume.map((value) => (value >= 0 && value < Infinity ? value : Number.NaN))
  const weighted = windowSum(
    traded.map((value, t) => source[t]! * value),
    length,
  )
  const total = windowSum(traded, length)
  return weighted.map((sum, t) => (total[t] === 0 ? Number.NaN : sum / total[t]!))
}
