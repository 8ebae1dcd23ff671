import { checkPriceBars, gather, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength, highest, lowest } from '../window.ts'
import { rsi } from './rsi.ts'
import { sma } from './sma.ts'

/** The two lines of a stochastic oscillator, from 0 to 100. */
export interface Stochastic {
  k: Float64Array
  d: Float64Array
}

// A range of RSI below this is rounding noise.
const RSI_RANGE = 1e-10

/**
 * Computes the slow stochastic: where the close lies between the lowest low and the highest high, in percent.
 *
 * @param bars price columns, oldest first
 * @param length window of the range, in bars
 * @param smoothK length of the average that makes K
 * @param smoothD length of the average of K that makes D
 * @returns `k`, `NaN` until bar 15, and `d`, until bar 17 (14/3/3); `NaN` also while a window without range is averaged
 * @throws {RangeError} when a length is not a positive integer or the columns differ in length
 * @see George C. Lane, Lane's Stochastics (1984)
 */
export function stochastic(bars: PriceBars, length = 14, smoothK = 3, smoothD = 3): Stochastic {
  checkPriceBars(bars)
  checkLength(length)
  checkLength(smoothK, 'smoothK')
  checkLength(smoothD, 'smoothD')
  const rows = presentRows(bars)
  const close = gather(bars.close, rows)
  const high = highest(gather(bars.high, rows), length)
  const low = lowest(gather(bars.low, rows), length)
  const raw = close.map((value, t) =>
    high[t] === low[t] ? Number.NaN : 100 * ((value - low[t]!) / (high[t]! - low[t]!)),
  )
  const k = sma(raw, smoothK)
  const d = sma(k, smoothD)
  return {
    k: scatter(k, rows, bars.close.length),
    d: scatter(d, rows, bars.close.length),
  }
}

/**
 * Computes the stochastic of the relative strength index.
 *
 * @param source values, oldest first
 * @param rsiLength of the relative strength index, in bars
 * @param length window of the range, in bars
 * @param smoothK length of the average that makes K
 * @param smoothD length of the average of K that makes D
 * @returns `k`, `NaN` until bar 29, and `d`, until bar 31 (14/14/3/3); `NaN` also while a window without range is averaged
 * @throws {RangeError} when a length is not a positive integer
 * @see Tushar Chande and Stanley Kroll, The New Technical Trader (1994)
 */
export function stochasticRsi(
  source: Float64Array,
  rsiLength = 14,
  length = 14,
  smoothK = 3,
  smoothD = 3,
): Stochastic {
  checkLength(rsiLength, 'rsiLength')
  checkLength(length)
  checkLength(smoothK, 'smoothK')
  checkLength(smoothD, 'smoothD')
  const strength = rsi(source, rsiLength)
  const high = highest(strength, length)
  const low = lowest(strength, length)
  const raw = strength.map((value, t) => {
    const range = high[t]! - low[t]!
    return range > RSI_RANGE ? 100 * ((value - low[t]!) / range) : Number.NaN
  })
  const k = sma(raw, smoothK)
  return { k, d: sma(k, smoothD) }
}
