import { checkLength } from '../window.ts'
import { ema } from './ema.ts'

/** Moving average convergence/divergence, in price units. */
export interface Macd {
  macd: Float64Array
  signal: Float64Array
}

/**
 * Computes the moving average convergence/divergence: a fast minus a slow exponential average, and its own average.
 *
 * @param source values, oldest first
 * @param fast length of the fast average, in bars
 * @param slow length of the slow average, in bars
 * @param signalLength length of the average of the difference
 * @returns `macd`, `NaN` until bar 25, and `signal`, until bar 33 (12/26/9)
 * @throws {RangeError} when a length is not a positive integer
 * @see Gerald Appel, Technical Analysis: Power Tools for Active Investors (2005)
 */
export function macd(source: Float64Array, fast = 12, slow = 26, signalLength = 9): Macd {
  checkLength(fast, 'fast')
  checkLength(slow, 'slow')
  checkLength(signalLength, 'signalLength')
  const average = ema(source, slow)
  const difference = ema(source, fast).map((value, t) => value - average[t]!)
  return { macd: difference, signal: ema(difference, signalLength) }
}
