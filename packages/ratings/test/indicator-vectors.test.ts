import { expect, test } from 'vitest'
import * as ratings from '../src/index.ts'
import { readBars, readShared, sharedData, withoutData } from './shared-data.ts'

const {
  awesomeOscillator,
  bullBearPower,
  cci,
  directionalMovement,
  donchian,
  ema,
  hlc3,
  hma,
  ichimoku,
  macd,
  rma,
  rsi,
  sma,
  stochastic,
  stochasticRsi,
  ultimateOscillator,
  vwma,
  williamsR,
  wma,
} = ratings

type Row = Record<string, number | null>

const bars = sharedData ? readBars('indicator-vectors/quotes.default.csv') : undefined

/** Displaces a series to later rows, as charts draw it. */
const later = (source: Float64Array, by: number): Float64Array =>
  source.map((_, t) => source[t - by] ?? Number.NaN)

const VECTORS: Record<string, (of: ratings.Bars) => Record<string, Float64Array>> = {
  adx(of) {
    const { plus, minus, adx } = directionalMovement(of)
    return { pdi: plus, mdi: minus, adx }
  },
  awesome: (of) => ({ oscillator: awesomeOscillator(of) }),
  cci: (of) => ({ cci: cci(hlc3(of)) }),
  donchian(of) {
    // Theirs ends before the current bar.
    const { lower, upper } = donchian(of)
    return { lowerBand: later(lower, 1), upperBand: later(upper, 1) }
  },
  'elder-ray'(of) {
    const { bull, bear } = bullBearPower(of)
    return { bullPower: bull, bearPower: bear, ema: ema(of.close, 13) }
  },
  ema: (of) => ({ ema: ema(of.close, 20) }),
  hma: (of) => ({ hma: hma(of.close, 14) }),
  ichimoku(of) {
    const { conversion, base, leadA, leadB } = ichimoku(of)
    return {
      tenkanSen: conversion,
      kijunSen: base,
      senkouSpanA: later(leadA, 26),
      senkouSpanB: later(leadB, 26),
    }
  },
  macd(of) {
    const lines = macd(of.close)
    return { macd: lines.macd, signal: lines.signal }
  },
  rsi: (of) => ({ rsi: rsi(of.close) }),
  sma: (of) => ({ sma: sma(of.close, 20) }),
  smma: (of) => ({ smma: rma(of.close, 20) }),
  stoch(of) {
    const { k, d } = stochastic(of)
    return { k, d }
  },
  'stoch-rsi'(of) {
    // Theirs has no smoothing of K: its signal is our K.
    return { stochRsi: stochasticRsi(of.close, 14, 14, 1, 3).k, signal: stochasticRsi(of.close).k }
  },
  uo: (of) => ({ ultimate: ultimateOscillator(of) }),
  vwma: (of) => ({ vwma: vwma(of.close, of.volume, 14) }),
  willr: (of) => ({ williamsR: williamsR(of) }),
  wma: (of) => ({ wma: wma(of.close, 14) }),
}

for (const [name, compute] of Object.entries(VECTORS)) {
  test.skipIf(!bars)(
    `${name} agrees with the public vectors, warm-up included${withoutData}`,
    () => {
      const rows = JSON.parse(readShared(`indicator-vectors/${name}.standard.json`)) as Row[]
      expect(rows).toHaveLength(502)
      for (const [field, column] of Object.entries(compute(bars!))) {
        for (const [t, row] of rows.entries()) {
          const expected = row[field] ?? Number.NaN
          if (Number.isNaN(expected)) expect(column[t], `${field} at ${t}`).toBeNaN()
          else expect(Math.abs(column[t]! - expected), `${field} at ${t}`).toBeLessThan(2e-11)
        }
      }
    },
  )
}

test.skipIf(!bars)(`the reported traps of other libraries stay in range${withoutData}`, () => {
  const willr = williamsR(readBars('indicator-vectors/quotes._issue1127.williamr.original.csv'))
  for (const value of willr.filter((each) => !Number.isNaN(each))) {
    expect(value).toBeGreaterThanOrEqual(-100)
    expect(value).toBeLessThanOrEqual(0)
  }
  const { adx } = directionalMovement(readBars('indicator-vectors/quotes._issue0859.adx.nan.csv'))
  expect(adx.subarray(27).every((value) => value >= 0 && value <= 100)).toBe(true)
  const zeros = readBars('indicator-vectors/quotes.zeros.csv')
  expect(rsi(zeros.close).at(-1)).toBe(100)
  expect(ultimateOscillator(zeros).at(-1)).toBeNaN()
  expect(directionalMovement(zeros).plus.at(-1)).toBeNaN()
  expect(vwma(zeros.close, zeros.volume, 20).at(-1)).toBeNaN()
})
