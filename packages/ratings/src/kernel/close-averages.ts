import { addColumn, addState, type Memory } from './memory.ts'

/** Averages of close and what they are made of. */
export type CloseAverages = Record<
  | 'sum5'
  | 'sum10'
  | 'sum30'
  | 'sum50'
  | 'sum100'
  | 'sma10'
  | 'sma20'
  | 'sma30'
  | 'sma50'
  | 'sma100'
  | 'sma200'
  | 'ema10'
  | 'ema20'
  | 'ema30'
  | 'ema50'
  | 'ema100'
  | 'ema200'
  | 'hma9'
  | 'momentum10'
  | 'state',
  Float64Array
>

/**
 * Adds the columns of the close averages.
 *
 * @param memory to add them to
 */
export function createCloseAverages(memory: Memory): CloseAverages {
  return {
    sum5: addColumn(memory, 5),
    sum10: addColumn(memory, 20),
    sum30: addColumn(memory, 20),
    sum50: addColumn(memory, 50),
    sum100: addColumn(memory, 100),
    sma10: addColumn(memory, 0),
    sma20: addColumn(memory, 0),
    sma30: addColumn(memory, 0),
    sma50: addColumn(memory, 0),
    sma100: addColumn(memory, 0),
    sma200: addColumn(memory, 0),
    ema10: addColumn(memory, 0),
    ema20: addColumn(memory, 0),
    ema30: addColumn(memory, 0),
    ema50: addColumn(memory, 0),
    ema100: addColumn(memory, 0),
    ema200: addColumn(memory, 0),
    hma9: addColumn(memory, 0),
    momentum10: addColumn(memory, 1),
    state: addState(memory, 7),
  }
}

/**
 * Computes the six simple averages: sums over 10 to 200 bars put together from shorter ones, so that no running sum exists
 * which could keep a residue.
 *
 * @param averages columns
 * @param close prices
 * @param from first row
 * @param to row after the last
 */
export function advanceSimpleAverages(
  averages: CloseAverages,
  close: Float64Array,
  from: number,
  to: number,
): void {
  const { sum5, sum10, sum30, sum50, sum100 } = averages
  const { sma10, sma20, sma30, sma50, sma100, sma200, state } = averages
  let equal = state[6]!
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const before = close[t - 1]!
    const five = price + (before + close[t - 2]! + (close[t - 3]! + close[t - 4]!))
    sum5[t] = five
    const ten = five + sum5[t - 5]!
    sum10[t] = ten
    const twenty = ten + sum10[t - 10]!
    const thirty = twenty + sum10[t - 20]!
    sum30[t] = thirty
    const fifty = twenty + sum30[t - 20]!
    sum50[t] = fifty
    const hundred = fifty + sum50[t - 50]!
    sum100[t] = hundred
    sma10[t] = ten * (1 / 10)
    sma20[t] = twenty * (1 / 20)
    sma30[t] = thirty * (1 / 30)
    sma50[t] = fifty * (1 / 50)
    sma100[t] = hundred * (1 / 100)
    sma200[t] = (hundred + sum100[t - 100]!) * (1 / 200)
    equal = price === before ? equal + 1 : 1
    if (equal >= 10) {
      // The mean of equal prices is that price; their rounded sum divided misses it by an ulp now and then.
      sma10[t] = price
      if (equal >= 20) sma20[t] = price
      if (equal >= 30) sma30[t] = price
      if (equal >= 50) sma50[t] = price
      if (equal >= 100) sma100[t] = price
      if (equal >= 200) sma200[t] = price
    }
  }
  state[6] = equal
}

/**
 * Computes the six exponential averages.
 *
 * @param averages columns
 * @param close prices
 * @param from first row
 * @param to row after the last
 * @param bar number of the bar in row `from`, counted from 0
 */
export function advanceExponentialAverages(
  averages: CloseAverages,
  close: Float64Array,
  from: number,
  to: number,
  bar: number,
): void {
  const { ema10, ema20, ema30, ema50, ema100, ema200, state } = averages
  const warm = Math.min(to, from + Math.max(0, 200 - bar))
  for (let t = from; t < warm; t++) {
    const price = close[t]!
    const seen = bar + 1 + t - from
    const first = 1 / seen
    ema10[t] = seed(state, 0, price, first, seen, 10)
    ema20[t] = seed(state, 1, price, first, seen, 20)
    ema30[t] = seed(state, 2, price, first, seen, 30)
    ema50[t] = seed(state, 3, price, first, seen, 50)
    ema100[t] = seed(state, 4, price, first, seen, 100)
    ema200[t] = seed(state, 5, price, first, seen, 200)
  }
  let s10 = state[0]!
  let s20 = state[1]!
  let s30 = state[2]!
  let s50 = state[3]!
  let s100 = state[4]!
  let s200 = state[5]!
  for (let t = warm; t < to; t++) {
    const price = close[t]!
    s10 += (2 / 11) * (price - s10)
    s20 += (2 / 21) * (price - s20)
    s30 += (2 / 31) * (price - s30)
    s50 += (2 / 51) * (price - s50)
    s100 += (2 / 101) * (price - s100)
    s200 += (2 / 201) * (price - s200)
    ema10[t] = s10
    ema20[t] = s20
    ema30[t] = s30
    ema50[t] = s50
    ema100[t] = s100
    ema200[t] = s200
  }
  state[0] = s10
  state[1] = s20
  state[2] = s30
  state[3] = s50
  state[4] = s100
  state[5] = s200
}

/** Moves one exponential average by one bar while it may still be warming up; see `smooth` in `ema.ts`. */
function seed(
  state: Float64Array,
  slot: number,
  value: number,
  first: number,
  seen: number,
  length: number,
): number {
  const before = state[slot]!
  const average = before + (seen > length ? 2 / (length + 1) : first) * (value - before)
  state[slot] = average
  return seen < length ? Number.NaN : average
}

/**
 * Computes the Hull average of 9, whose three weighted averages are one filter over 11 closes, and the momentum of 10.
 *
 * @param averages columns
 * @param close prices
 * @param from first row
 * @param to row after the last
 */
export function advanceHull(
  averages: CloseAverages,
  close: Float64Array,
  from: number,
  to: number,
): void {
  const { hma9, momentum10 } = averages
  for (let t = from; t < to; t++) {
    const newest = 81 * close[t]! + 111 * close[t - 1]! + (98 * close[t - 2]! + 50 * close[t - 3]!)
    const middle =
      2 * close[t - 4]! - 19 * close[t - 5]! - (22 * close[t - 6]! + 16 * close[t - 7]!)
    const oldest = 10 * close[t - 8]! + 4 * close[t - 9]! + close[t - 10]!
    hma9[t] = (newest + (middle - oldest)) * (1 / 270)
    momentum10[t] = close[t]! - close[t - 10]!
  }
}
