import { checkLength } from '../window.ts'
import { sma } from './sma.ts'

/**
 * Computes the width of the Bollinger bands in proportion to their middle.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @param deviations distance of each band from the middle, in population standard deviations
 * @returns (upper − lower) / middle; `NaN` until bar `length - 1`
 * @throws {RangeError} when `length` is not a positive integer or `deviations` not a positive number
 * @see John Bollinger, Bollinger on Bollinger Bands (2001)
 */
export function bollingerWidth(source: Float64Array, length = 20, deviations = 2): Float64Array {
  checkLength(length)
  if (!(deviations > 0 && deviations < Infinity)) {
    throw new RangeError(`deviations must be a positive number, was ${deviations}`)
  }
  const average = sma(source, length)
  return average.map((mean, t) => {
    let squares = 0
    for (let k = 0; k < length; k++) squares += (source[t - k]! - mean) ** 2
    return (2 * deviations * Math.sqrt(squares / length)) / mean
  })
}
