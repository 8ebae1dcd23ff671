import { checkLength } from '../window.ts'

/**
 * Computes the linearly weighted moving average: the newest value weighs `length`, the oldest 1.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns averages; `NaN` until bar `length - 1` and while the window holds a `NaN`
 * @throws {RangeError} when `length` is not a positive integer
 */
export function wma(source: Float64Array, length: number): Float64Array {
  checkLength(length)
  const average = new Float64Array(source.length).fill(Number.NaN)
  const divisor = (length * (length + 1)) / 2
  for (let t = length - 1; t < source.length; t++) {
    let sum = 0
    for (let k = 0; k < length; k++) sum += source[t - k]! * (length - k)
    average[t] = sum / divisor
  }
  return average
}
