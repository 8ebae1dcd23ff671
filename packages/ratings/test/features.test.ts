import { expect, test } from 'vitest'
import {
  computeFeatures,
  FEATURES,
  featuresFor,
  FORMULAS,
  label,
  rate,
  type FormulaId,
} from '../src/index.ts'
import { makeBars, mapBars, random } from './series.ts'

const NAMES = Object.keys(FEATURES)
const bars = makeBars({ kind: 'random', seed: 11, length: 1500 })

test('every feature of the original is in the catalogue, described', () => {
  expect(NAMES).toEqual(expect.arrayContaining(ORIGINAL.split(' ')))
  for (const [name, feature] of Object.entries(FEATURES)) {
    expect(feature.name).toBe(name)
    expect(feature.formula.length, name).toBeGreaterThan(5)
    expect(feature.source.length, name).toBeGreaterThan(5)
    expect(feature.stable, name).toBeGreaterThanOrEqual(feature.firstValue)
  }
})

const ORIGINAL =
  'recommend_ma recommend_other recommend_all momentum stability efficiency entropy hurst ' +
  'hurst_clean skew kurtosis cvar returns_1d volatility_20d momentum_60d macd ' +
  'macd_signal mom ao stoch_k stoch_d cci willr uo ' +
  'bb_power ichimoku_kijun sma_50 sma_200 vwma_20 adx_14 dmp_14 dmn_14 ' +
  'donchian_lower_20 donchian_upper_20 bb_width_20'

for (const formula of Object.keys(FORMULAS) as FormulaId[]) {
  test(`each feature begins with the declared bar and stays in its bounds (${formula})`, () => {
    const columns = computeFeatures(bars, NAMES, { formula })
    for (const [name, feature] of Object.entries(featuresFor(formula))) {
      const column = columns[name]!
      const first = column.findIndex((value) => !Number.isNaN(value)) + 1
      expect(first, `${name}: first value`).toBe(feature.firstValue)
      for (const value of column) {
        if (value < (feature.min ?? -Infinity) || value > (feature.max ?? Infinity)) {
          expect(value, `${name}: out of bounds`).toBeNaN()
        }
      }
    }
  })
}

test('bounds hold on flat, jumpy and gappy markets too', () => {
  for (const kind of ['flat', 'jumpy', 'gappy', 'quantised', 'tiny', 'huge'] as const) {
    for (let seed = 1; seed <= 4; seed++) {
      const columns = computeFeatures(makeBars({ kind, seed, length: 600 }), NAMES)
      for (const [name, { min = -Infinity, max = Infinity }] of Object.entries(FEATURES)) {
        const wrong = columns[name]!.find((value) => value < min || value > max)
        expect(wrong, `${name} of a ${kind} market, seed ${seed}`).toBeUndefined()
      }
    }
  }
})

test('the three ratings are those of rate', () => {
  const columns = computeFeatures(bars, ['recommend_ma', 'recommend_other', 'recommend_all'])
  const { ma, other, all } = rate(bars)
  expect(columns).toEqual({ recommend_ma: ma, recommend_other: other, recommend_all: all })
})

test('a feature is the same alone and among others', () => {
  const together = computeFeatures(bars, NAMES)
  for (const name of NAMES) {
    expect(computeFeatures(bars, [name])[name], name).toEqual(together[name])
  }
})

test('annualisation is a parameter', () => {
  const daily = computeFeatures(bars, ['momentum', 'volatility_20d'], { periodsPerYear: 252 })
  const always = computeFeatures(bars, ['momentum', 'volatility_20d'], { periodsPerYear: 365 })
  expect(always.momentum[1000]! / daily.momentum[1000]!).toBeCloseTo(365 / 252, 12)
  expect(always.volatility_20d[1000]! / daily.volatility_20d[1000]!).toBeCloseTo(
    Math.sqrt(365 / 252),
    12,
  )
})

test('the statistical columns agree with their definitions, computed anew for one window', () => {
  const t = 700
  const close = [...bars.close]
  const returns = close.map((price, i) => (i === 0 ? Number.NaN : price / close[i - 1]! - 1))
  const window = (length: number): number[] => returns.slice(t - length + 1, t + 1)
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const moment = (values: number[], power: number): number =>
    mean(values.map((value) => (value - mean(values)) ** power))
  const deviation = (values: number[]): number =>
    Math.sqrt((moment(values, 2) * values.length) / (values.length - 1))
  const at = (name: string): number => computeFeatures(bars, [name])[name]![t]!

  expect(at('returns_1d')).toBe(returns[t])
  expect(at('momentum_60d')).toBeCloseTo(close[t]! / close[t - 60]! - 1, 14)
  expect(at('momentum')).toBeCloseTo(mean(window(252)) * 252, 12)
  expect(at('volatility_20d')).toBeCloseTo(deviation(window(20)) * Math.sqrt(252), 12)
  expect(at('stability')).toBeCloseTo(1 / (deviation(window(252)) * Math.sqrt(252) + 1e-9), 9)
  const path = window(120)
  const distance = path.reduce((a, b) => a + b, 0)
  expect(at('efficiency')).toBeCloseTo(
    Math.abs(distance) / path.reduce((a, b) => a + Math.abs(b), 0),
    12,
  )
  expect(at('skew')).toBeCloseTo(Math.abs(moment(path, 3) / moment(path, 2) ** 1.5), 10)
  expect(at('kurtosis')).toBeCloseTo(moment(path, 4) / moment(path, 2) ** 2 - 3, 10)
  // The 5 % quantile of 120 values lies between the sixth and the seventh.
  expect(at('cvar')).toBeCloseTo(mean(path.toSorted((a, b) => a - b).slice(0, 6)), 14)
  expect(at('hurst_clean')).toBeCloseTo(1 - 2 * Math.abs(at('hurst') - 0.5), 14)
  expect(at('bb_power')).toBeCloseTo(
    bars.high[t]! + bars.low[t]! - 2 * (close[t]! - (close[t]! - ema13(close, t))),
    9,
  )
})

function ema13(close: number[], t: number): number {
  let state = close.slice(0, 13).reduce((a, b) => a + b, 0) / 13
  for (let i = 13; i <= t; i++) state += (2 / 14) * (close[i]! - state)
  return state
}

test('entropy is 0 for one pattern, near 1 for noise, and 1 where values are missing', () => {
  const next = random(5)
  const noise = makeCloses(Array.from({ length: 400 }, () => 50 + 50 * next()))
  expect(computeFeatures(noise, ['entropy']).entropy[399]).toBeGreaterThan(0.8)
  // Returns that always fall: one order of five neighbours out of 120.
  const slowing = makeCloses(Array.from({ length: 400 }, (_, i) => 1000 + 10 * i))
  const { entropy } = computeFeatures(slowing, ['entropy'])
  expect(entropy[399]).toBe(0)
  expect(entropy.slice(0, 120).every((value) => value === 1)).toBe(true)
  expect(entropy[120]).toBe(0)
})

test('the Hurst exponent tells a trend from a return to the mean, and knows when it does not know', () => {
  const next = random(9)
  const trend = makeCloses(Array.from({ length: 200 }, (_, i) => 100 + i + next()))
  const back = makeCloses(Array.from({ length: 200 }, (_, i) => 100 + (i % 2) + 0.1 * next()))
  const flat = makeCloses(Array.from({ length: 200 }, () => 100))
  expect(computeFeatures(trend, ['hurst']).hurst[199]).toBeGreaterThan(0.8)
  expect(computeFeatures(back, ['hurst']).hurst[199]).toBeLessThan(0.4)
  expect(computeFeatures(flat, ['hurst']).hurst[199]).toBe(0.5)
})

test('a standing price has no efficiency and no shape', () => {
  const flat = makeCloses(Array.from({ length: 400 }, () => 100))
  const columns = computeFeatures(flat, [
    'efficiency',
    'skew',
    'kurtosis',
    'volatility_20d',
    'cvar',
  ])
  expect(columns.efficiency[399]).toBe(0)
  expect(columns.skew[399]).toBeNaN()
  expect(columns.kurtosis[399]).toBeNaN()
  expect(columns.volatility_20d[399]).toBe(0)
  expect(columns.cvar[399]).toBe(0)
})

function makeCloses(prices: number[]) {
  const close = Float64Array.from(prices)
  const timestamp = close.map((_, t) => 86_400 * t)
  const volume = close.map(() => 1000)
  return mapBars({ timestamp, open: close, high: close, low: close, close, volume }, (column) =>
    column.slice(),
  )
}

test('labels follow ratings of every formula', () => {
  const { all } = rate(bars, { formula: 'tradingview' })
  for (const rating of all) {
    const expected = Number.isNaN(rating)
      ? '-'
      : rating > 0.5 + 1e-9
        ? 'Strong Buy'
        : rating > 0.1 + 1e-9
          ? 'Buy'
          : rating < -0.5 - 1e-9
            ? 'Strong Sell'
            : rating < -0.1 - 1e-9
              ? 'Sell'
              : 'Neutral'
    expect(label(rating)).toBe(expected)
  }
})
