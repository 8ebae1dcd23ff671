import { checkLength } from '../window.ts'
import { rma } from './rma.ts'

/**
 * Computes Wilder's relative strength index, 100 − 100 / (1 + average gain / average loss).
 *
 * @param source values, oldest first
 * @param length of both averages, in bars
 * @returns values from 0 to 100; `NaN` until bar `length`. Without any loss 100, also when there is no gain either
 * @throws {RangeError} when `length` is not a positive integer
 * @see J. Welles Wilder, New Concepts in Technical Trading Systems (1978)
 */
export function rsi(source: Float64Array, length = 14): Float64Array {
  checkLength(length)
  const change = source.map((value, t) => (t === 0 ? Number.NaN : value - source[t - 1]!))
  const gain = rma(
    change.map((value) => Math.max(value, 0)),
    length,
  )
  const loss = rma(
    change.map((value) => Math.max(-value, 0)),
    length,
  )
  // 100 − 100 / (1 + U / D) with one division, and 0 without any gain to the last bit.
  return loss.map((down, t) => (down === 0 ? 100 : 100 - 100 * (down / (gain[t]! + down))))
}
