import { checkLength, windowSum } from '../window.ts'

/**
 * Computes the simple moving average.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns mean of the last `length` values; `NaN` until bar `length - 1` and while the window holds a `NaN`. A window of
 *   equal values gives that value exactly
 * @throws {RangeError} when `length` is not a positive integer
 */
export function sma(source: Float64Array, length: number): Float64Array {
  checkLength(length)
  const average = windowSum(source, length)
  let equal = 0
  for (let t = 0; t < average.length; t++) {
    equal = t > 0 && source[t] === source[t - 1] ? equal + 1 : 1
    // Dividing a rounded sum misses the value by an ulp in 3-16 % of two-decimal prices.
    average[t] = equal >= length ? source[t]! : average[t]! / length
  }
  return average
}
