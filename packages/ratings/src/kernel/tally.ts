import type { Engine } from '../engine.ts'
import type { Formula } from '../formula.ts'
import {
  adxCross,
  adxRising,
  awesomeRule,
  ichimokuL3,
  ichimokuV4,
  known,
  powerRule,
  PRICE_TOLERANCE,
  reversal,
  side,
  stochasticRsiRule,
  stochasticRule,
  ultimateRule,
} from '../rules.ts'
import { HISTORY } from './memory.ts'

/** Sums and counts of the votes of a block, and the ratings made of them. Rows are those of the engine's columns. */
export interface Tally {
  maSum: Int32Array
  maCount: Int32Array
  otherSum: Int32Array
  otherCount: Int32Array
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
    maCount: new Int32Array(rows),
    otherSum: new Int32Array(rows),
    otherCount: new Int32Array(rows),
    all: new Float64Array(rows),
    ma: new Float64Array(rows),
    other: new Float64Array(rows),
  }
}

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
  tallyAverages(tally, engine, from, to)
  tallyIchimoku(tally, engine, formula.ichimoku, from, to)
  tallyOscillators(tally, engine, formula, from, to)
  tallyMovement(tally, engine, formula.stochastic === 'cross', from, to)
  const { maWeight, otherWeight } = formula
  if (maWeight !== undefined && otherWeight !== undefined) {
    rateWeighted(tally, maWeight, otherWeight, from, to)
  } else rateAveraged(tally, from, to)
}

function tallyAverages(tally: Tally, engine: Engine, from: number, to: number): void {
  const { maSum, maCount } = tally
  const { close, averages, volumeAverage } = engine
  const { sma10, sma20, sma30, sma50, sma100, sma200, hma9 } = averages
  const { ema10, ema20, ema30, ema50, ema100, ema200 } = averages
  const { vwma20 } = volumeAverage
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const tolerance = PRICE_TOLERANCE * Math.abs(price)
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
      side(price, vwma20[t]!, tolerance)
  }
  for (let t = from; t < to; t++) {
    // All are known when the two that take longest are; only a bar in warm-up is counted one by one.
    maCount[t] =
      sma200[t]! + ema200[t]! + hma9[t]! === sma200[t]! + ema200[t]! + hma9[t]!
        ? 13 + known(vwma20[t]!)
        : known(sma10[t]!) +
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
  tally: Tally,
  engine: Engine,
  rule: Formula['ichimoku'],
  from: number,
  to: number,
): void {
  const { maSum, maCount } = tally
  const { close } = engine
  const { conversion, base, leadA, leadB } = engine.ranges.lines
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const tolerance = PRICE_TOLERANCE * Math.abs(price)
    if (rule === 'base') {
      maSum[t] = maSum[t]! + side(price, base[t]!, tolerance)
      maCount[t] = maCount[t]! + known(base[t]!)
      continue
    }
    maSum[t] =
      maSum[t]! +
      (rule === 'v4'
        ? ichimokuV4(
            price,
            close[t - 1]!,
            conversion[t]!,
            base[t]!,
            leadA[t]!,
            leadB[t]!,
            tolerance,
          )
        : ichimokuL3(price, conversion[t]!, base[t]!, leadA[t - 26]!, leadB[t - 26]!, tolerance))
    maCount[t] = maCount[t]! + known(leadB[t]!)
  }
}

function tallyOscillators(
  tally: Tally,
  engine: Engine,
  formula: Readonly<Formula>,
  from: number,
  to: number,
): void {
  const { otherSum, otherCount } = tally
  const { rsi, plus, minus, adx } = engine.trend
  const { k, d, williamsR } = engine.ranges.lines
  const { cci } = engine.oscillators
  const fresh = formula.stochastic === 'cross'
  const cross = formula.adx === 'cross'
  for (let t = from; t < to; t++) {
    // Where the check value is missing most rules are 0 by themselves; the two that are not are multiplied by it.
    otherSum[t] =
      reversal(rsi[t]!, rsi[t - 1]!, 30, 70) +
      known(d[t - 1]!) * stochasticRule(k[t]!, d[t]!, k[t - 1]!, d[t - 1]!, fresh) +
      reversal(cci[t]!, cci[t - 1]!, -100, 100) +
      (cross
        ? adxCross(adx[t]!, plus[t]!, minus[t]!, plus[t - 1]!, minus[t - 1]!)
        : adxRising(adx[t]!, adx[t - 1]!, plus[t]!, minus[t]!)) +
      reversal(williamsR[t]!, williamsR[t - 1]!, -80, -20)
    otherCount[t] =
      known(rsi[t - 1]!) +
      known(d[t - 1]!) +
      known(cci[t - 1]!) +
      known(adx[t]!) +
      known(williamsR[t - 1]!)
  }
}

function tallyMovement(
  tally: Tally,
  engine: Engine,
  fresh: boolean,
  from: number,
  to: number,
): void {
  const { otherSum, otherCount } = tally
  const { close } = engine
  const { ema50, momentum10 } = engine.averages
  const { macd, signal, bull, bear } = engine.trend
  const { k, d } = engine.strength.lines
  const { ao, ultimate } = engine.oscillators
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const tolerance = PRICE_TOLERANCE * Math.abs(price)
    const middle = ema50[t]!
    otherSum[t] =
      otherSum[t]! +
      known(ao[t - 1]!) * awesomeRule(ao[t]!, ao[t - 1]!, ao[t - 2]!, tolerance) +
      side(momentum10[t]!, momentum10[t - 1]!, tolerance) +
      side(macd[t]!, signal[t]!, tolerance) +
      stochasticRsiRule(price, middle, k[t]!, d[t]!, k[t - 1]!, d[t - 1]!, fresh, tolerance) +
      powerRule(price, middle, bull[t]!, bull[t - 1]!, bear[t]!, bear[t - 1]!, tolerance) +
      ultimateRule(ultimate[t]!)
    otherCount[t] =
      otherCount[t]! +
      known(ao[t - 1]!) +
      known(momentum10[t - 1]!) +
      known(signal[t]!) +
      2 * known(middle) +
      known(ultimate[t]!)
  }
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
