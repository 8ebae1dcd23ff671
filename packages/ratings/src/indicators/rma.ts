import { checkLength } from '../window.ts'
import { smooth } from './ema.ts'

/**
 * Computes Wilder's moving average, an exponential one with α = 1 / length.
 *
 * @param source values, oldest first
 * @param length in bars
 * @returns averages, seeded with the mean of the first `length` values: `NaN` until that many have been seen. A value that
 *   is not finite gives `NaN` there and changes nothing after it
 * @throws {RangeError} when `length` is not a positive integer
 */
export function rma(source: Float64Array, length: number): Float64Array {
  checkLength(length)
  return smooth(source, length, 1 / length)
}
