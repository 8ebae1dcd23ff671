import { addColumn, addState, type Memory } from './memory.ts'

/** RSI, directional movement, MACD and bull and bear power: everything recursive but the averages of close. */
export type Trend = Record<
  'rsi' | 'negatedRsi' | 'plus' | 'minus' | 'adx' | 'macd' | 'signal' | 'bull' | 'bear' | 'state',
  Float64Array
>

/**
 * Adds the columns of the trend lines.
 *
 * @param memory to add them to
 * @param rsi column of another kernel that receives RSI
 * @param negatedRsi column of another kernel that receives −RSI
 */
export function createTrend(memory: Memory, rsi: Float64Array, negatedRsi: Float64Array): Trend {
  return {
    rsi,
    negatedRsi,
    plus: addColumn(memory, 1),
    minus: addColumn(memory, 1),
    adx: addColumn(memory, 1),
    macd: addColumn(memory, 0),
    signal: addColumn(memory, 0),
    bull: addColumn(memory, 1),
    bear: addColumn(memory, 1),
    state: addState(memory, 11),
  }
}

const WILDER = 1 / 14

/** max(value, 0), exactly, without a branch that the processor would guess wrong every other time. */
function positive(value: number): number {
  return (value + Math.abs(value)) * 0.5
}

/**
 * Computes RSI 14 and the directional movement of 14/14. Wilder's averages start as running means of their first 14 values.
 *
 * @param trend columns
 * @param high prices
 * @param low prices
 * @param close prices
 * @param trueRange of the bars, as the ultimate oscillator has it
 * @param from first row
 * @param to row after the last
 * @param bar number of the bar in row `from`, counted from 0
 */
export function advanceWilder(
  trend: Trend,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  trueRange: Float64Array,
  from: number,
  to: number,
  bar: number,
): void {
  const { rsi, negatedRsi, plus, minus, adx, state } = trend
  let gain = state[0]!
  let loss = state[1]!
  let averageRange = state[2]!
  let upward = state[3]!
  let downward = state[4]!
  let index = state[5]!
  let indexed = state[6]!
  let t = from
  if (bar === 0 && t < to) {
    rsi[t] = negatedRsi[t] = plus[t] = minus[t] = adx[t] = Number.NaN
    t++
  }
  for (let seen = bar + t - from; t < to; t++, seen++) {
    const weight = seen > 14 ? WILDER : 1 / seen
    const before = close[t - 1]!
    const change = close[t]! - before
    gain += weight * (positive(change) - gain)
    loss += weight * (positive(-change) - loss)

    averageRange += weight * (trueRange[t]! - averageRange)
    const rise = high[t]! - high[t - 1]!
    const fall = low[t - 1]! - low[t]!
    upward += weight * (Number(rise > fall) * positive(rise) - upward)
    downward += weight * (Number(fall > rise) * positive(fall) - downward)

    if (seen < 14) {
      rsi[t] = negatedRsi[t] = plus[t] = minus[t] = adx[t] = Number.NaN
      continue
    }
    const strength = loss === 0 ? 100 : 100 - 100 * (loss / (gain + loss))
    rsi[t] = strength
    negatedRsi[t] = -strength
    const up = averageRange === 0 ? Number.NaN : 100 * (upward / averageRange)
    const down = averageRange === 0 ? Number.NaN : 100 * (downward / averageRange)
    plus[t] = up
    minus[t] = down
    const sum = up + down
    const apart = 100 * (Math.abs(up - down) / (sum === 0 ? 1 : sum))
    if (indexed >= 14) {
      index += WILDER * (apart - index)
      adx[t] = index
    } else {
      // Without any range yet there is no index, and the average of indices waits for 14 of them.
      if (apart === apart) {
        indexed++
        index += (1 / indexed) * (apart - index)
      }
      adx[t] = indexed === 14 ? index : Number.NaN
    }
  }
  state[0] = gain
  state[1] = loss
  state[2] = averageRange
  state[3] = upward
  state[4] = downward
  state[5] = index
  state[6] = indexed
}

/**
 * Computes MACD 12/26/9 and bull and bear power of 13.
 *
 * @param trend columns
 * @param high prices
 * @param low prices
 * @param close prices
 * @param from first row
 * @param to row after the last
 * @param bar number of the bar in row `from`, counted from 0
 */
export function advanceConvergence(
  trend: Trend,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  from: number,
  to: number,
  bar: number,
): void {
  const { macd, signal, bull, bear, state } = trend
  let fast = state[7]!
  let slow = state[8]!
  let smoothed = state[9]!
  let middle = state[10]!
  const warm = Math.min(to, from + Math.max(0, 34 - bar))
  for (let t = from; t < warm; t++) {
    const price = close[t]!
    const seen = bar + 1 + t - from
    fast += (seen > 12 ? 2 / 13 : 1 / seen) * (price - fast)
    slow += (seen > 26 ? 2 / 27 : 1 / seen) * (price - slow)
    middle += (seen > 13 ? 2 / 14 : 1 / seen) * (price - middle)
    // The signal is an average of 9 whose first value is that of bar 25.
    if (seen >= 26) smoothed += (1 / (seen - 25)) * (fast - slow - smoothed)
    macd[t] = seen < 26 ? Number.NaN : fast - slow
    signal[t] = seen < 34 ? Number.NaN : smoothed
    bull[t] = seen < 13 ? Number.NaN : high[t]! - middle
    bear[t] = seen < 13 ? Number.NaN : low[t]! - middle
  }
  for (let t = warm; t < to; t++) {
    const price = close[t]!
    fast += (2 / 13) * (price - fast)
    slow += (2 / 27) * (price - slow)
    middle += (2 / 14) * (price - middle)
    const difference = fast - slow
    smoothed += (2 / 10) * (difference - smoothed)
    macd[t] = difference
    signal[t] = smoothed
    bull[t] = high[t]! - middle
    bear[t] = low[t]! - middle
  }
  state[7] = fast
  state[8] = slow
  state[9] = smoothed
  state[10] = middle
}
