import { checkLength } from '../window.ts'

/**
 * Computes the change over `length` bars.
 *
 * @param source values, oldest first
 * @param length look-back in bars
 * @returns x − x[length] in units of the source; `NaN` until bar `length`
 * @throws {RangeError} when `length` is not a positive integer
 */
export function momentum(source: Float64Array, length = 10): Float64Array {
  checkLength(length)
  return source.map((value, t) => (t < length ? Number.NaN : value - source[t - length]!))
}
