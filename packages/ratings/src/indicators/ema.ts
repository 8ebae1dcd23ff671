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
  let equal = 0
  let last = Number.NaN
  let state = 0
  for (let t = 0; t < source.length; t++) {
    const value = source[t]!
    if (!Number.isFinite(value)) {
      average[t] = Number.NaN
      continue
    }
    seen++
    if (seen > length) {
      // This form, unlike α·x + (1 − α)·s, does not move at all while prices stand still.
      state += alpha * (value - state)
    } else {
      equal = value === last ? equal + 1 : 1
      last = value
      state += value
      if (seen === length) state = equal === length ? value : state / length
    }
    average[t] = seen < length ? Number.NaN : state
  }
  return average
}
