import { addColumn, addState, type Memory } from './memory.ts'

/** max(value, 0), exactly, without a branch that the processor would guess wrong every other time. */
function positive(value: number): number {
  return (value + Math.abs(value)) * 0.5
}

/** Awesome oscillator, CCI, ultimate oscillator and the sums they are made of. */
export type Oscillators = Record<
  | 'middle'
  | 'middle4'
  | 'middle8'
  | 'middle16'
  | 'middle17'
  | 'ao'
  | 'typical'
  | 'typical5'
  | 'typical10'
  | 'mean'
  | 'cci'
  | 'pressure'
  | 'pressure7'
  | 'pressure14'
  | 'range'
  | 'range7'
  | 'range14'
  | 'ultimate'
  | 'state',
  Float64Array
>

/**
 * Adds the columns of the oscillators.
 *
 * @param memory to add them to
 */
export function createOscillators(memory: Memory): Oscillators {
  return {
    middle: addColumn(memory, 3),
    middle4: addColumn(memory, 4),
    middle8: addColumn(memory, 8),
    middle16: addColumn(memory, 1),
    middle17: addColumn(memory, 17),
    ao: addColumn(memory, 2),
    typical: addColumn(memory, 19),
    typical5: addColumn(memory, 5),
    typical10: addColumn(memory, 10),
    mean: addColumn(memory, 0),
    cci: addColumn(memory, 1),
    pressure: addColumn(memory, 6),
    pressure7: addColumn(memory, 7),
    pressure14: addColumn(memory, 14),
    range: addColumn(memory, 6),
    range7: addColumn(memory, 7),
    range14: addColumn(memory, 14),
    ultimate: addColumn(memory, 0),
    state: addState(memory, 2),
  }
}

/**
 * Computes the awesome oscillator, 5/34.
 *
 * @param oscillators columns
 * @param high prices
 * @param low prices
 * @param from first row
 * @param to row after the last
 */
export function advanceAwesome(
  oscillators: Oscillators,
  high: Float64Array,
  low: Float64Array,
  from: number,
  to: number,
): void {
  const { middle, middle4, middle8, middle16, middle17, ao, state } = oscillators
  let equal = state[0]!
  for (let t = from; t < to; t++) {
    const price = (high[t]! + low[t]!) * 0.5
    middle[t] = price
    const four = price + middle[t - 1]! + (middle[t - 2]! + middle[t - 3]!)
    middle4[t] = four
    const eight = four + middle4[t - 4]!
    middle8[t] = eight
    middle16[t] = eight + middle8[t - 8]!
    const seventeen = price + middle16[t - 1]!
    middle17[t] = seventeen
    equal = price === middle[t - 1] ? equal + 1 : 1
    const fast = equal >= 5 ? price : (price + middle4[t - 1]!) * (1 / 5)
    const slow = equal >= 34 ? price : (seventeen + middle17[t - 17]!) * (1 / 34)
    ao[t] = fast - slow
  }
  state[0] = equal
}

// A mean deviation this small in proportion to the price is rounding noise.
const NO_DEVIATION = 1e-12

/**
 * Computes CCI 20.
 *
 * @param oscillators columns
 * @param high prices
 * @param low prices
 * @param close prices
 * @param ofClose whether the index is of close; otherwise of (high + low + close) / 3
 * @param from first row
 * @param to row after the last
 */
export function advanceChannelIndex(
  oscillators: Oscillators,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  ofClose: boolean,
  from: number,
  to: number,
): void {
  const { typical, typical5, typical10, mean, cci, state } = oscillators
  let equal = state[1]!
  for (let t = from; t < to; t++) {
    const price = ofClose ? close[t]! : (high[t]! + low[t]! + close[t]!) / 3
    typical[t] = price
    const five = price + (typical[t - 1]! + typical[t - 2]! + (typical[t - 3]! + typical[t - 4]!))
    typical5[t] = five
    const ten = five + typical5[t - 5]!
    typical10[t] = ten
    equal = price === typical[t - 1] ? equal + 1 : 1
    mean[t] = equal >= 20 ? price : (ten + typical10[t - 10]!) / 20
  }
  state[1] = equal
  advanceDeviation(typical, mean, cci, from, to)
}

/**
 * Divides the distance from the mean by the mean distance of the last 20. Four bars at a time: each value is read once for the
 * four windows that hold it. Every window is summed from its oldest value to its newest, however the bars are grouped.
 */
function advanceDeviation(
  typical: Float64Array,
  mean: Float64Array,
  cci: Float64Array,
  from: number,
  to: number,
): void {
  let t = from
  for (; t + 3 < to; t += 4) {
    const mean0 = mean[t]!
    const mean1 = mean[t + 1]!
    const mean2 = mean[t + 2]!
    const mean3 = mean[t + 3]!
    let sum0 = Math.abs(typical[t - 19]! - mean0)
    sum0 += Math.abs(typical[t - 18]! - mean0)
    let sum1 = Math.abs(typical[t - 18]! - mean1)
    sum0 += Math.abs(typical[t - 17]! - mean0)
    sum1 += Math.abs(typical[t - 17]! - mean1)
    let sum2 = Math.abs(typical[t - 17]! - mean2)
    let sum3 = 0
    for (let k = t - 16; k <= t; k++) {
      const value = typical[k]!
      sum0 += Math.abs(value - mean0)
      sum1 += Math.abs(value - mean1)
      sum2 += Math.abs(value - mean2)
      sum3 += Math.abs(value - mean3)
    }
    sum1 += Math.abs(typical[t + 1]! - mean1)
    sum2 += Math.abs(typical[t + 1]! - mean2)
    sum3 += Math.abs(typical[t + 1]! - mean3)
    sum2 += Math.abs(typical[t + 2]! - mean2)
    sum3 += Math.abs(typical[t + 2]! - mean3)
    sum3 += Math.abs(typical[t + 3]! - mean3)
    cci[t] = channelIndex(typical[t]!, mean0, sum0)
    cci[t + 1] = channelIndex(typical[t + 1]!, mean1, sum1)
    cci[t + 2] = channelIndex(typical[t + 2]!, mean2, sum2)
    cci[t + 3] = channelIndex(typical[t + 3]!, mean3, sum3)
  }
  for (; t < to; t++) {
    const center = mean[t]!
    let sum = 0
    for (let k = t - 19; k <= t; k++) sum += Math.abs(typical[k]! - center)
    cci[t] = channelIndex(typical[t]!, center, sum)
  }
}

function channelIndex(value: number, mean: number, sum: number): number {
  return sum > NO_DEVIATION * 20 * Math.abs(mean)
    ? (value - mean) / ((0.015 / 20) * sum)
    : Number.NaN
}

/**
 * Computes the ultimate oscillator, 7/14/28.
 *
 * @param oscillators columns
 * @param high prices
 * @param low prices
 * @param close prices
 * @param from first row
 * @param to row after the last
 */
export function advanceUltimate(
  oscillators: Oscillators,
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  from: number,
  to: number,
): void {
  const { pressure, pressure7, pressure14 } = oscillators
  const { range, range7, range14, ultimate } = oscillators
  for (let t = from; t < to; t++) {
    const before = close[t - 1]!
    const below = positive(low[t]! - before)
    const above = positive(before - high[t]!)

    const bought = close[t]! - low[t]! + below
    pressure[t] = bought
    const bought7 =
      bought +
      (pressure[t - 1]! +
        (pressure[t - 2]! + pressure[t - 3]!) +
        (pressure[t - 4]! + (pressure[t - 5]! + pressure[t - 6]!)))
    pressure7[t] = bought7
    const bought14 = bought7 + pressure7[t - 7]!
    pressure14[t] = bought14
    const bought28 = bought14 + pressure14[t - 14]!

    const ranged = high[t]! - low[t]! + below + above
    range[t] = ranged
    const ranged7 =
      ranged +
      (range[t - 1]! +
        (range[t - 2]! + range[t - 3]!) +
        (range[t - 4]! + (range[t - 5]! + range[t - 6]!)))
    range7[t] = ranged7
    const ranged14 = ranged7 + range7[t - 7]!
    range14[t] = ranged14
    const ranged28 = ranged14 + range14[t - 14]!

    ultimate[t] =
      ranged7 === 0
        ? Number.NaN
        : (100 / 7) * (4 * (bought7 / ranged7) + 2 * (bought14 / ranged14) + bought28 / ranged28)
  }
}
