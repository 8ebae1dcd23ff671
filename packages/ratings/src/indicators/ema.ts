import { checkLength } from '../window.ts'

/**
 * Computes the exponential moving average, α = 2 / (length + 1).
 *
 * @param source values, oldest first
 * @param length in bars
 * @returns averages, seeded with the mean of the first `length` values: `NaN` until that many have been seen. A value that
 *   is not finite gives `NaN` there and changes nothing after it
 * @throws {RangeError} when `length` is not a positive integer
 */
export function ema(source: Float64Array, length: number): Float64Array {
  checkLength(length)
  return smooth(source, length, 2 / (length + 1))
}

/**
 * Computes an exponential average with a given weight of the newest value.
 *
 * @param source values, oldest first
 * @param length values in the seed
 * @param alpha weight of the newest value, between 0 and 1
 * @returns averages, seeded with the mean of the first `length` values
 */
export function smooth(source: Float64Array, length: number, alpha: number): Float64Array {
  const average = new Float64Array(source.length)
  let seen = 0
  let state = 0
  for (let t = 0; t < source.length; t++) {
    const value = source[t]!
    if (!Number.isFinite(value)) {
      average[t] = Number.NaN
      continue
    }
    seen++
    // The seed is a running mean. Both weights move the state by a share of the distance: it stands still with the price.
    state += (seen > length ? alpha : 1 / seen) * (value - state)
    average[t] = seen < length ? Number.NaN : state
  }
  return average
}
