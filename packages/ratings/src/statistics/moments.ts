import { windowSum } from '../window.ts'

/** Skewness and excess kurtosis over a window. */
export interface Shape {
  skewness: Float64Array
  kurtosis: Float64Array
}

// A variance this small in proportion to the mean is rounding noise, and its third and fourth powers even more so.
const RESOLUTION = 1e-15

/**
 * Averages the last `length` values.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns means; `NaN` until the window is full and while it holds a `NaN`
 */
export function windowMean(source: Float64Array, length: number): Float64Array {
  return windowSum(source, length).map((sum) => sum / length)
}

/**
 * Computes the sample standard deviation, with `length - 1` in the denominator.
 *
 * @param source values, oldest first
 * @param length window in bars, at least 2
 * @returns deviations; `NaN` until the window is full and while it holds a `NaN`
 */
export function sampleDeviation(source: Float64Array, length: number): Float64Array {
  return windowMean(source, length).map((mean, t) => {
    let squares = 0
    // Two passes: a running sum of squares loses all its digits where returns are small and their mean is not.
    for (let k = 0; k < length; k++) squares += (source[t - k]! - mean) ** 2
    return Math.sqrt(squares / (length - 1))
  })
}

/**
 * Computes skewness and excess kurtosis from population moments (biased).
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns m3 / m2^1.5 and m4 / m2² − 3; `NaN` until the window is full, while it holds a `NaN` and while it has no variance
 */
export function shape(source: Float64Array, length: number): Shape {
  const skewness = windowMean(source, length)
  const kurtosis = new Float64Array(source.length)
  for (let t = 0; t < source.length; t++) {
    const mean = skewness[t]!
    let second = 0
    let third = 0
    let fourth = 0
    for (let k = 0; k < length; k++) {
      const apart = source[t - k]! - mean
      const square = apart * apart
      second += square
      third += square * apart
      fourth += square * square
    }
    second /= length
    const varies = second > (RESOLUTION * mean) ** 2
    skewness[t] = varies ? third / length / second ** 1.5 : Number.NaN
    kurtosis[t] = varies ? fourth / length / (second * second) - 3 : Number.NaN
  }
  return { skewness, kurtosis }
}
