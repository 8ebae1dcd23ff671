import { checkLength } from '../window.ts'
import { wma } from './wma.ts'

/**
 * Computes the Hull moving average: wma(2 · wma(⌊n/2⌋) − wma(n), ⌊√n⌋).
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns averages; for a length of 9 `NaN` until bar 10
 * @throws {RangeError} when `length` is not a positive integer
 * @see https://alanhull.com/hull-moving-average
 */
export function hma(source: Float64Array, length: number): Float64Array {
  checkLength(length)
  const half = wma(source, Math.max(1, Math.floor(length / 2)))
  const full = wma(source, length)
  const raw = full.map((value, t) => 2 * half[t]! - value)
  return wma(raw, Math.floor(Math.sqrt(length)))
}
