import { checkBars, type Bars } from './bars.ts'
import { runSeries, type Engine } from './engine.ts'
import { FORMULAS, formulaOf, type Formula, type FormulaId } from './formula.ts'
import { createTally, tallyVotes } from './kernel/tally.ts'
import { label, type RatingLabel } from './label.ts'
import { ratingAt, type Rating } from './rate.ts'
import { MA_VOTES, OTHER_VOTES, type VoteName } from './vote-names.ts'
import { castVote } from './votes.ts'

/** One vote and why. */
export interface ExplainedVote {
  name: VoteName
  group: 'ma' | 'other'
  /** 1 buy, 0 neutral, -1 sell, `NaN` when the vote does not count. */
  vote: number
  /** The values the rule looked at; `…[1]` is the value of the bar before. */
  inputs: Record<string, number>
  /** What makes the vote 1; -1 is the mirror image unless it says otherwise. */
  rule: string
}

/** The rating of one bar under one formula, with everything that led to it. */
export interface Explanation {
  formula: FormulaId
  title: string
  timestamp: number
  rating: Rating
  label: RatingLabel
  /** Whether votes are missing: a rating of fewer than 26 votes is not comparable with a complete one. */
  partial: boolean
  /** Votes that do not count. */
  missing: VoteName[]
  votes: ExplainedVote[]
}

/**
 * Explains the rating of one bar.
 *
 * @param bars columns, oldest first
 * @param options.formula id of the rating formula, `institutional` by default
 * @param options.index row to explain, the last one by default; later rows are not looked at
 * @returns the rating, its votes and the values each of them looked at
 * @throws {RangeError} when the bars are not ascending columns of one length, there is no such formula, or the row does not
 *   exist or is no bar
 */
export function explain(
  bars: Bars,
  options: { formula?: FormulaId; index?: number } = {},
): Explanation {
  checkBars(bars)
  const formula = formulaOf(options.formula)
  const index = options.index ?? bars.close.length - 1
  if (!Number.isInteger(index) || index < 0 || index >= bars.close.length) {
    throw new RangeError(`index must be a row of the ${bars.close.length} bars, was ${index}`)
  }
  let row = -1
  const past = {
    timestamp: bars.timestamp.subarray(0, index + 1),
    open: bars.open.subarray(0, index + 1),
    high: bars.high.subarray(0, index + 1),
    low: bars.low.subarray(0, index + 1),
    close: bars.close.subarray(0, index + 1),
    volume: bars.volume.subarray(0, index + 1),
  }
  const engine = runSeries(past, formula.cci === 'close', (_, from, to, rowOf) => {
    if (to > from && rowOf[to - from - 1] === index) row = to - 1
  })
  if (row < 0)
    throw new RangeError(`index ${index} is no bar: its high, low or close is not finite`)
  const tally = createTally(engine.memory.capacity)
  tallyVotes(tally, engine, formula, row, row + 1)
  const rating = ratingAt(tally, row)
  const describe = (group: 'ma' | 'other', name: VoteName): ExplainedVote => ({
    name,
    group,
    vote: castVote(name, engine, row, formula),
    ...describeVote(name, engine, row, formula),
  })
  const votes = [
    ...MA_VOTES.map((name) => describe('ma', name)),
    ...OTHER_VOTES.map((name) => describe('other', name)),
  ]
  const missing = votes.filter(({ vote }) => Number.isNaN(vote)).map(({ name }) => name)
  return {
    formula: formula.id,
    title: formula.title,
    timestamp: bars.timestamp[index]!,
    rating,
    label: label(rating.all),
    partial: missing.length > 0,
    missing,
    votes,
  }
}

/**
 * Explains one bar under every formula, side by side.
 *
 * @param bars columns, oldest first
 * @param options.index row to explain, the last one by default
 * @returns one explanation a formula
 * @throws {RangeError} as `explain` does
 */
export function explainFormulas(
  bars: Bars,
  options: { index?: number } = {},
): Record<FormulaId, Explanation> {
  const explanations = {} as Record<FormulaId, Explanation>
  for (const formula of Object.keys(FORMULAS) as FormulaId[]) {
    explanations[formula] = explain(bars, { ...options, formula })
  }
  return explanations
}

const BOTH_LOW = 'k < 20, d < 20, k > d; -1: both above 80, k < d'
const FRESH_LOW = 'k < 20, d < 20, k > d, k[1] < d[1]; -1: both above 80, k < d, k[1] > d[1]'

function describeVote(
  name: VoteName,
  engine: Engine,
  t: number,
  formula: Readonly<Formula>,
): { inputs: Record<string, number>; rule: string } {
  const { averages, trend, oscillators, strength } = engine
  const close = engine.close[t]!
  const lines = engine.ranges.lines
  const fresh = formula.stochastic === 'cross'
  const ofAverage = (average: number) => ({
    inputs: { close, average },
    rule: 'close > average',
  })
  switch (name) {
    case 'sma_10':
      return ofAverage(averages.sma10[t]!)
    case 'sma_20':
      return ofAverage(averages.sma20[t]!)
    case 'sma_30':
      return ofAverage(averages.sma30[t]!)
    case 'sma_50':
      return ofAverage(averages.sma50[t]!)
    case 'sma_100':
      return ofAverage(averages.sma100[t]!)
    case 'sma_200':
      return ofAverage(averages.sma200[t]!)
    case 'ema_10':
      return ofAverage(averages.ema10[t]!)
    case 'ema_20':
      return ofAverage(averages.ema20[t]!)
    case 'ema_30':
      return ofAverage(averages.ema30[t]!)
    case 'ema_50':
      return ofAverage(averages.ema50[t]!)
    case 'ema_100':
      return ofAverage(averages.ema100[t]!)
    case 'ema_200':
      return ofAverage(averages.ema200[t]!)
    case 'hma_9':
      return ofAverage(averages.hma9[t]!)
    case 'vwma_20':
      return ofAverage(engine.volumeAverage.vwma20[t]!)
    case 'ichimoku':
      return describeIchimoku(engine, t, formula.ichimoku)
    case 'rsi':
      return {
        inputs: { rsi: trend.rsi[t]!, 'rsi[1]': trend.rsi[t - 1]! },
        rule: 'rsi < 30, rsi > rsi[1]; -1: rsi > 70, rsi < rsi[1]',
      }
    case 'stochastic':
      return {
        inputs: {
          k: lines.k[t]!,
          d: lines.d[t]!,
          'k[1]': lines.k[t - 1]!,
          'd[1]': lines.d[t - 1]!,
        },
        rule: fresh ? FRESH_LOW : BOTH_LOW,
      }
    case 'cci':
      return {
        inputs: { cci: oscillators.cci[t]!, 'cci[1]': oscillators.cci[t - 1]! },
        rule: 'cci < -100, cci > cci[1]; -1: cci > 100, cci < cci[1]',
      }
    case 'adx':
      return {
        inputs: {
          adx: trend.adx[t]!,
          'adx[1]': trend.adx[t - 1]!,
          plus: trend.plus[t]!,
          minus: trend.minus[t]!,
          'plus[1]': trend.plus[t - 1]!,
          'minus[1]': trend.minus[t - 1]!,
        },
        rule:
          formula.adx === 'cross'
            ? 'adx > 20, plus[1] < minus[1], plus > minus'
            : 'adx > 20, adx > adx[1], plus > minus; -1: adx > 20, adx > adx[1], plus < minus',
      }
    case 'ao':
      return {
        inputs: {
          ao: oscillators.ao[t]!,
          'ao[1]': oscillators.ao[t - 1]!,
          'ao[2]': oscillators.ao[t - 2]!,
        },
        rule: 'ao > 0, and ao[1] <= 0 or ao[2] > ao[1] < ao',
      }
    case 'momentum':
      return {
        inputs: {
          momentum: averages.momentum10[t]!,
          'momentum[1]': averages.momentum10[t - 1]!,
        },
        rule: 'momentum > momentum[1]',
      }
    case 'macd':
      return {
        inputs: { macd: trend.macd[t]!, signal: trend.signal[t]! },
        rule: 'macd > signal',
      }
    case 'stochastic_rsi':
      return {
        inputs: {
          close,
          ema_50: averages.ema50[t]!,
          k: strength.lines.k[t]!,
          d: strength.lines.d[t]!,
          'k[1]': strength.lines.k[t - 1]!,
          'd[1]': strength.lines.d[t - 1]!,
        },
        rule: `close < ema_50, ${fresh ? FRESH_LOW : BOTH_LOW}, close > ema_50`,
      }
    case 'williams_r':
      return {
        inputs: { williams_r: lines.williamsR[t]!, 'williams_r[1]': lines.williamsR[t - 1]! },
        rule: 'williams_r < -80, rising; -1: williams_r > -20, falling',
      }
    case 'bull_bear_power':
      return {
        inputs: {
          close,
          ema_50: averages.ema50[t]!,
          bull: trend.bull[t]!,
          'bull[1]': trend.bull[t - 1]!,
          bear: trend.bear[t]!,
          'bear[1]': trend.bear[t - 1]!,
        },
        rule: 'close > ema_50, bear < 0, bear > bear[1]; -1: close < ema_50, bull > 0, bull < bull[1]',
      }
    case 'ultimate_oscillator':
      return {
        inputs: { ultimate_oscillator: oscillators.ultimate[t]! },
        rule: 'ultimate_oscillator > 70; -1: below 30',
      }
  }
}

function describeIchimoku(
  engine: Engine,
  t: number,
  rule: Formula['ichimoku'],
): { inputs: Record<string, number>; rule: string } {
  const { conversion, base, leadA, leadB } = engine.ranges.lines
  const close = engine.close[t]!
  if (rule === 'base') return { inputs: { close, base: base[t]! }, rule: 'close > base' }
  if (rule === 'v4') {
    return {
      inputs: {
        close,
        'close[1]': engine.close[t - 1]!,
        conversion: conversion[t]!,
        base: base[t]!,
        lead_a: leadA[t]!,
        lead_b: leadB[t]!,
      },
      rule: 'a > b, close > a, close < base, close[1] < conversion, close > conversion; -1: b > a, close < b, close > base, close[1] > conversion, close < conversion',
    }
  }
  return {
    inputs: {
      close,
      conversion: conversion[t]!,
      base: base[t]!,
      'lead_a[26]': leadA[t - 26]!,
      'lead_b[26]': leadB[t - 26]!,
    },
    rule: 'a[26] > b[26], base > a[26], conversion > base, close > conversion',
  }
}
