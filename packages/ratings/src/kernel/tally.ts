import type { Engine } from '../engine.ts'
import type { Formula } from '../formula.ts'
import {
  adxCross,
  adxRising,
  againstTrend,
  awesomeRule,
  ichimokuL3,
  ichimokuV4,
  known,
  powerRule,
  PRICE_TOLERANCE,
  reversal,
  side,
  stochasticRule,
  ultimateRule,
  whenFresh,
} from '../rules.ts'
import { HISTORY } from './memory.ts'

/** Sums and counts of the votes of a block, and the ratings made of them. Rows are those of the engine's columns. */
export interface Tally {
  maSum: Int32Array
  maCount: Uint8Array
  otherSum: Int32Array
  otherCount: Uint8Array
  all: Float64Array
  ma: Float64Array
  other: Float64Array
}

/**
 * Creates a tally for an engine.
 *
 * @param capacity bars in a block of the engine
 */
export function createTally(capacity: number): Tally {
  const rows = HISTORY + capacity
  return {
    maSum: new Int32Array(rows),
    maCount: new Uint8Array(rows),
    otherSum: new Int32Array(rows),
    otherCount: new Uint8Array(rows),
    all: new Float64Array(rows),
    ma: new Float64Array(rows),
    other: new Float64Array(rows),
  }
}

type Step = (
  tally: Tally,
  engine: Engine,
  formula: Readonly<Formula>,
  from: number,
  to: number,
) => void

// Several short loops, called through a list: in one function they would use up what the compiler is willing to inline.
const STEPS: readonly Step[] = [
  tallyAverages,
  countAverages,
  tallyIchimoku,
  tallyReversals,
  tallyStochastics,
  tallyTrend,
  tallyPower,
  rateBars,
]

/**
 * Counts the votes and rates the bars.
 *
 * @param tally that receives the ratings
 * @param engine whose components are computed
 * @param formula of the rating
 * @param from first row
 * @param to row after the last
 */
export function tallyVotes(
  tally: Tally,
  engine: Engine,
  formula: Readonly<Formula>,
  from: number,
  to: number,
): void {
  for (const step of STEPS) step(tally, engine, formula, from, to)
}

function tallyAverages(
  { maSum, maCount }: Tally,
  { close, averages, volumeAverage }: Engine,
  _: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const { sma10, sma20, sma30, sma50, sma100, sma200, hma9 } = averages
  const { ema10, ema20, ema30, ema50, ema100, ema200 } = averages
  const { vwma20 } = volumeAverage
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const tolerance = PRICE_TOLERANCE * Math.abs(price)
    const longest = sma200[t]! + ema200[t]!
    const ofVolume = vwma20[t]!
    maCount[t] = 13 * known(longest) + known(ofVolume)
    maSum[t] =
      side(price, sma10[t]!, tolerance) +
      side(price, sma20[t]!, tolerance) +
      side(price, sma30[t]!, tolerance) +
      side(price, sma50[t]!, tolerance) +
      side(price, sma100[t]!, tolerance) +
      side(price, sma200[t]!, tolerance) +
      side(price, ema10[t]!, tolerance) +
      side(price, ema20[t]!, tolerance) +
      side(price, ema30[t]!, tolerance) +
      side(price, ema50[t]!, tolerance) +
      side(price, ema100[t]!, tolerance) +
      side(price, ema200[t]!, tolerance) +
      side(price, hma9[t]!, tolerance) +
      side(price, ofVolume, tolerance)
  }
}

function countAverages(
  { maCount }: Tally,
  { averages, volumeAverage }: Engine,
  _: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const { sma10, sma20, sma30, sma50, sma100, sma200, hma9 } = averages
  const { ema10, ema20, ema30, ema50, ema100, ema200 } = averages
  const { vwma20 } = volumeAverage
  for (let t = from; t < to; t++) {
    // All averages are known once the longest are; bars in warm-up are counted one by one.
    if (maCount[t]! >= 13) continue
    maCount[t] =
      known(sma10[t]!) +
      known(sma20[t]!) +
      known(sma30[t]!) +
      known(sma50[t]!) +
      known(sma100[t]!) +
      known(sma200[t]!) +
      known(ema10[t]!) +
      known(ema20[t]!) +
      known(ema30[t]!) +
      known(ema50[t]!) +
      known(ema100[t]!) +
      known(ema200[t]!) +
      known(hma9[t]!) +
      known(vwma20[t]!)
  }
}

function tallyIchimoku(
  { maSum, maCount }: Tally,
  { close, ranges }: Engine,
  formula: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const { conversion, base, leadA, leadB } = ranges.lines
  if (formula.ichimoku === 'base') {
    for (let t = from; t < to; t++) {
      const price = close[t]!
      const line = base[t]!
      maSum[t] = maSum[t]! + side(price, line, PRICE_TOLERANCE * Math.abs(price))
      maCount[t] = maCount[t]! + known(line)
    }
    return
  }
  const v4 = formula.ichimoku === 'v4'
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const tolerance = PRICE_TOLERANCE * Math.abs(price)
    const middle = conversion[t]!
    const line = base[t]!
    maSum[t] =
      maSum[t]! +
      (v4
        ? ichimokuV4(price, close[t - 1]!, middle, line, leadA[t]!, leadB[t]!, tolerance)
        : ichimokuL3(price, middle, line, leadA[t - 26]!, leadB[t - 26]!, tolerance))
    maCount[t] = maCount[t]! + known(leadB[t]!)
  }
}

function tallyReversals(
  { otherSum, otherCount }: Tally,
  { trend, ranges, oscillators }: Engine,
  _: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const { rsi } = trend
  const { williamsR } = ranges.lines
  const { cci, ultimate } = oscillators
  for (let t = from; t < to; t++) {
    const strength = rsi[t - 1]!
    const channel = cci[t - 1]!
    const range = williamsR[t - 1]!
    const pressure = ultimate[t]!
    otherSum[t] =
      reversal(rsi[t]!, strength, 30, 70) +
      reversal(cci[t]!, channel, -100, 100) +
      reversal(williamsR[t]!, range, -80, -20) +
      ultimateRule(pressure)
    const checks = strength + channel + range + pressure
    otherCount[t] =
      checks === checks ? 4 : known(strength) + known(channel) + known(range) + known(pressure)
  }
}

function tallyStochastics(
  { otherSum, otherCount }: Tally,
  { close, averages, ranges, strength }: Engine,
  formula: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const fresh = formula.stochastic === 'cross'
  const { ema50 } = averages
  const { k, d } = ranges.lines
  const { k: strengthK, d: strengthD } = strength.lines
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const tolerance = PRICE_TOLERANCE * Math.abs(price)
    const middle = ema50[t]!
    const before = d[t - 1]!
    let vote = stochasticRule(k[t]!, d[t]!)
    let ofStrength = stochasticRule(strengthK[t]!, strengthD[t]!)
    if (fresh) {
      vote = whenFresh(vote, k[t - 1]!, before)
      ofStrength = whenFresh(ofStrength, strengthK[t - 1]!, strengthD[t - 1]!)
    }
    // Most rules are 0 by themselves where their check value is missing; the stochastic's is not.
    const counted = known(before)
    otherSum[t] = otherSum[t]! + counted * vote + againstTrend(ofStrength, price, middle, tolerance)
    otherCount[t] = otherCount[t]! + counted + known(middle)
  }
}

function tallyTrend(
  { otherSum, otherCount }: Tally,
  { close, trend, oscillators }: Engine,
  formula: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const cross = formula.adx === 'cross'
  const { adx, plus, minus } = trend
  const { ao } = oscillators
  for (let t = from; t < to; t++) {
    const tolerance = PRICE_TOLERANCE * Math.abs(close[t]!)
    const index = adx[t]!
    const before = ao[t - 1]!
    // As with the stochastic: a missing value before now is not above zero, which alone would make a vote.
    const counted = known(before)
    otherSum[t] =
      otherSum[t]! +
      (cross
        ? adxCross(index, plus[t]!, minus[t]!, plus[t - 1]!, minus[t - 1]!)
        : adxRising(index, adx[t - 1]!, plus[t]!, minus[t]!)) +
      counted * awesomeRule(ao[t]!, before, ao[t - 2]!, tolerance)
    otherCount[t] = otherCount[t]! + known(index) + counted
  }
}

function tallyPower(
  { otherSum, otherCount }: Tally,
  { close, averages, trend }: Engine,
  _: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const { macd, signal, bull, bear } = trend
  const { ema50, momentum10 } = averages
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const tolerance = PRICE_TOLERANCE * Math.abs(price)
    const middle = ema50[t]!
    const smoothed = signal[t]!
    const before = momentum10[t - 1]!
    otherSum[t] =
      otherSum[t]! +
      side(momentum10[t]!, before, tolerance) +
      side(macd[t]!, smoothed, tolerance) +
      powerRule(price, middle, bull[t]!, bull[t - 1]!, bear[t]!, bear[t - 1]!, tolerance)
    const checks = before + smoothed + middle
    otherCount[t] =
      otherCount[t]! + (checks === checks ? 3 : known(before) + known(smoothed) + known(middle))
  }
}

function rateBars(
  tally: Tally,
  _: Engine,
  { maWeight, otherWeight }: Readonly<Formula>,
  from: number,
  to: number,
): void {
  if (maWeight !== undefined && otherWeight !== undefined) {
    rateWeighted(tally, maWeight, otherWeight, from, to)
  } else rateAveraged(tally, from, to)
}

function rateWeighted(
  tally: Tally,
  maWeight: number,
  otherWeight: number,
  from: number,
  to: number,
): void {
  const { maSum, maCount, otherSum, otherCount, all, ma, other } = tally
  for (let t = from; t < to; t++) {
    const averages = maSum[t]! / maCount[t]!
    const oscillators = otherSum[t]! / otherCount[t]!
    ma[t] = averages
    other[t] = oscillators
    // Without a vote in one group this is NaN, as it should be: the weights mean nothing on one group.
    all[t] = maWeight * averages + otherWeight * oscillators
  }
}

function rateAveraged(tally: Tally, from: number, to: number): void {
  const { maSum, maCount, otherSum, otherCount, all, ma, other } = tally
  for (let t = from; t < to; t++) {
    const averages = maSum[t]! / maCount[t]!
    const oscillators = otherSum[t]! / otherCount[t]!
    ma[t] = averages
    other[t] = oscillators
    all[t] =
      maCount[t] === 0 ? oscillators : otherCount[t] === 0 ? averages : (averages + oscillators) / 2
  }
}
