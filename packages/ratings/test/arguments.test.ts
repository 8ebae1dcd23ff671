import { expect, test } from 'vitest'
import * as ratings from '../src/index.ts'
import { makeBars } from './series.ts'

const bars = makeBars({ kind: 'random', seed: 1, length: 60 })
const { close } = bars

const BAD_LENGTHS: Record<string, (length: number) => unknown> = {
  sma: (length) => ratings.sma(close, length),
  ema: (length) => ratings.ema(close, length),
  rma: (length) => ratings.rma(close, length),
  wma: (length) => ratings.wma(close, length),
  hma: (length) => ratings.hma(close, length),
  vwma: (length) => ratings.vwma(close, bars.volume, length),
  rsi: (length) => ratings.rsi(close, length),
  stochastic: (length) => ratings.stochastic(bars, length),
  stochasticRsi: (length) => ratings.stochasticRsi(close, 14, length),
  cci: (length) => ratings.cci(close, length),
  directionalMovement: (length) => ratings.directionalMovement(bars, length),
  awesomeOscillator: (length) => ratings.awesomeOscillator(bars, length),
  momentum: (length) => ratings.momentum(close, length),
  macd: (length) => ratings.macd(close, length),
  williamsR: (length) => ratings.williamsR(bars, length),
  bullBearPower: (length) => ratings.bullBearPower(bars, length),
  ultimateOscillator: (length) => ratings.ultimateOscillator(bars, 7, length),
  ichimoku: (length) => ratings.ichimoku(bars, 9, length),
  donchian: (length) => ratings.donchian(bars, length),
  bollingerWidth: (length) => ratings.bollingerWidth(close, length),
}

for (const [name, call] of Object.entries(BAD_LENGTHS)) {
  test(`${name} refuses a length that is no positive integer`, () => {
    for (const length of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => call(length)).toThrow(RangeError)
      expect(() => call(length)).toThrow(`must be a positive integer, was ${length}`)
    }
    expect(() => call(1)).not.toThrow()
    expect(() => call(1000), 'longer than the bars is fine').not.toThrow()
  })
}

const TAKING_BARS: Record<string, (of: ratings.Bars) => unknown> = {
  rate: (of) => ratings.rate(of),
  rateLast: (of) => ratings.rateLast(of),
  votes: (of) => ratings.votes(of),
  components: (of) => ratings.components(of),
  computeFeatures: (of) => ratings.computeFeatures(of, ['rsi']),
  explain: (of) => ratings.explain(of),
  resample: (of) => ratings.resample(of, '1w'),
}

for (const [name, call] of Object.entries(TAKING_BARS)) {
  test(`${name} refuses bars of unequal length or out of order, naming column and row`, () => {
    expect(() => call({ ...bars, volume: bars.volume.slice(1) })).toThrow(
      new RangeError('bars.volume must have 60 rows like bars.timestamp, had 59'),
    )
    const timestamp = bars.timestamp.slice()
    timestamp[7] = timestamp[6]!
    expect(() => call({ ...bars, timestamp })).toThrow(
      new RangeError('bars.timestamp must ascend, was 604800 at index 7 after 604800'),
    )
    timestamp[7] = Number.NaN
    expect(() => call({ ...bars, timestamp })).toThrow('was NaN at index 7')
    timestamp[0] = Number.NaN
    expect(() => call({ ...bars, timestamp })).toThrow('was NaN at index 0')
    const { open: _, ...incomplete } = bars
    expect(() => call(incomplete as ratings.Bars)).toThrow('bars.open must be a Float64Array')
  })
}

test('an unknown formula, feature, component or timeframe is refused by name', () => {
  const formula = 'median' as ratings.FormulaId
  for (const call of [
    () => ratings.rate(bars, { formula }),
    () => ratings.combine(formula, 0, 0),
    () => ratings.createRatingStream({ formula }),
    () => ratings.computeFeatures(bars, [], { formula }),
    () => ratings.featuresFor(formula),
    () => ratings.rate(bars, { formula: 'toString' as ratings.FormulaId }),
  ]) {
    expect(call).toThrow(RangeError)
    expect(call).toThrow(
      /formula must be one of institutional, tradingview, .* was (median|toString)/,
    )
  }
  expect(() => ratings.computeFeatures(bars, ['rsi', 'rsj'])).toThrow(/names\[1\] .* was rsj/)
  expect(() => ratings.computeFeatures(bars, ['constructor'])).toThrow(/names\[0\]/)
  expect(() => ratings.components(bars, { names: ['sma_11' as 'sma_10'] })).toThrow(/names\[0\]/)
  expect(() => ratings.resample(bars, '2d' as '1d')).toThrow(/timeframe must be one of .* was 2d/)
  expect(() => ratings.computeFeatures(bars, [], { periodsPerYear: 0 })).toThrow('was 0')
  expect(() => ratings.bollingerWidth(close, 20, -1)).toThrow(
    'deviations must be a positive number',
  )
  expect(() => ratings.vwma(close, bars.volume.slice(1), 5)).toThrow('volume must have 60 rows')
})

test('components fills columns of an earlier result, and refuses ones that do not fit', () => {
  const into = ratings.components(bars)
  const other = makeBars({ kind: 'jumpy', seed: 9, length: 60 })
  const filled = ratings.components(other, { into })
  expect(filled.rsi).toBe(into.rsi)
  expect(filled).toEqual(ratings.components(other))
  const longer = makeBars({ kind: 'random', seed: 2, length: 61 })
  expect(() => ratings.components(longer, { into })).toThrow('into.sma_10 must have 61 rows')
})

test('no bars give empty columns, and one bar gives no rating', () => {
  const none = makeBars({ kind: 'random', seed: 1, length: 0 })
  expect(ratings.rate(none).all).toHaveLength(0)
  expect(ratings.sma(none.close, 5)).toHaveLength(0)
  expect(ratings.resample(none, '1w').close).toHaveLength(0)
  expect(ratings.rateLast(none)).toEqual({
    all: Number.NaN,
    ma: Number.NaN,
    other: Number.NaN,
    maCount: 0,
    otherCount: 0,
  })
  const one = makeBars({ kind: 'random', seed: 1, length: 1 })
  expect(ratings.rateLast(one).all).toBeNaN()
})
