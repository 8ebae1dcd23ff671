import { expect, test } from 'vitest'
import {
  components,
  combine,
  cci,
  awesomeOscillator,
  ema,
  hlc3,
  rate,
  rsi,
  sma,
  stochastic,
  vwma,
  votes,
  type Bars,
  type ComponentName,
  type VoteName,
} from '../src/index.ts'
import { makeBars, mapBars, random } from './series.ts'

const bars = makeBars({ kind: 'random', seed: 3, length: 300 })
const first = (column: Float64Array): number => column.findIndex((value) => !Number.isNaN(value))

test('every component begins at the bar of the specification', () => {
  const expected: Partial<Record<ComponentName, number>> = {
    hma_9: 10,
    vwma_20: 19,
    ichimoku_conversion: 8,
    ichimoku_base: 25,
    ichimoku_lead_b: 51,
    rsi: 14,
    stochastic_k: 15,
    stochastic_d: 17,
    cci: 19,
    adx: 27,
    plus_di: 14,
    ao: 33,
    momentum: 10,
    macd: 25,
    macd_signal: 33,
    stochastic_rsi_k: 29,
    stochastic_rsi_d: 31,
    williams_r: 13,
    bull_power: 12,
    ultimate_oscillator: 28,
  }
  const series = components(bars)
  for (const [name, row] of Object.entries(expected)) {
    expect(first(series[name as ComponentName]), name).toBe(row)
  }
  for (const length of [10, 20, 30, 50, 100, 200] as const) {
    expect(first(series[`sma_${length}`])).toBe(length - 1)
    expect(first(series[`ema_${length}`])).toBe(length - 1)
  }
})

test('every vote counts from the bar of the specification', () => {
  const expected: Partial<Record<VoteName, number>> = {
    hma_9: 10,
    vwma_20: 19,
    ichimoku: 25,
    rsi: 15,
    stochastic: 18,
    cci: 20,
    adx: 27,
    ao: 34,
    momentum: 11,
    macd: 33,
    stochastic_rsi: 49,
    williams_r: 14,
    bull_bear_power: 49,
    ultimate_oscillator: 28,
  }
  const cast = votes(bars)
  for (const [name, row] of Object.entries(expected)) {
    expect(first(cast[name as VoteName]), name).toBe(row)
  }
  expect(first(votes(bars, { formula: 'tradingview' }).ichimoku)).toBe(51)
  expect(first(votes(bars, { formula: 'tradingview-chart' }).ichimoku)).toBe(51)
})

test('all 26 votes count from bar 199, and an empty group is treated as the formula says', () => {
  const institutional = rate(bars)
  const averaged = rate(bars, { formula: 'tradingview' })
  expect(first(averaged.all)).toBe(9)
  expect(first(institutional.all)).toBe(11)
  expect(institutional.maCount[198]! + institutional.otherCount[198]!).toBe(24)
  expect(institutional.maCount[199]! + institutional.otherCount[199]!).toBe(26)
  expect(combine('institutional', Number.NaN, 0.5)).toBeNaN()
  expect(combine('tradingview', Number.NaN, 0.5)).toBe(0.5)
  expect(combine('tradingview', 0.5, Number.NaN)).toBe(0.5)
  expect(combine('pine-v4', Number.NaN, Number.NaN)).toBeNaN()
  expect(combine('institutional', 1, 1)).toBe(0.574 * 1 + 0.3914 * 1)
})

test('the mean of equal values is that value, to the last bit', () => {
  const next = random(1)
  for (let i = 0; i < 200; i++) {
    const price = Math.round(next() * 1e5) / 100
    for (const length of [3, 7, 10, 30, 34]) {
      const source = new Float64Array(60).fill(price)
      source.fill(price * 1.7, 0, 20)
      expect(sma(source, length)[59], `${length} times ${price}`).toBe(price)
      expect(ema(source.subarray(20), length)[39], `ema ${length} of ${price}`).toBe(price)
    }
  }
})

test('a market that stands still is neutral on its averages, and its oscillators say nothing', () => {
  const halted = halt(makeBars({ kind: 'random', seed: 8, length: 300 }), 400)
  const last = halted.close.length - 1
  const series = components(halted)
  for (const length of [10, 20, 30, 50, 100, 200] as const) {
    expect(series[`sma_${length}`][last]).toBe(halted.close[last])
  }
  expect(awesomeOscillator(halted)[last]).toBe(0)
  expect(cci(hlc3(halted))[last]).toBeNaN()
  expect(stochastic(halted).k[last]).toBeNaN()
  const cast = votes(halted)
  for (const name of ['sma_10', 'sma_200', 'hma_9', 'ichimoku', 'ao', 'momentum'] as const) {
    expect(cast[name][last], name).toBe(0)
  }
  for (const name of ['stochastic', 'cci', 'williams_r', 'ultimate_oscillator'] as const) {
    expect(cast[name][last], name).toBeNaN()
  }
})

function halt(of: Bars, rows: number): Bars {
  const price = of.close.at(-1)!
  return mapBars(of, (column, name) => {
    const still = Float64Array.from({ length: rows }, (_, i) =>
      name === 'timestamp' ? column.at(-1)! + 86_400 * (i + 1) : name === 'volume' ? 500 : price,
    )
    return Float64Array.from([...column, ...still])
  })
}

test('without any loss RSI is 100, without any gain 0', () => {
  const up = Float64Array.from({ length: 40 }, (_, i) => 100 + i)
  expect(rsi(up)[39]).toBe(100)
  expect(rsi(up.map((value) => 200 - value))[39]).toBe(0)
  expect(rsi(new Float64Array(40).fill(5))[39]).toBe(100)
})

test('a volume that is missing removes the volume-weighted average while it is in the window', () => {
  const volume = bars.volume.slice()
  volume[100] = Number.NaN
  volume[200] = -1
  const gap = vwma(bars.close, volume, 20)
  const whole = vwma(bars.close, bars.volume, 20)
  for (let t = 19; t < 300; t++) {
    const missing = (t >= 100 && t < 120) || (t >= 200 && t < 220)
    expect(gap[t], `at ${t}`).toBe(missing ? Number.NaN : whole[t])
  }
  expect(vwma(bars.close, volume.fill(0), 20)[299]).toBeNaN()
})

test('a bad print leaves no residue once it has left the window', () => {
  const spiked = bars.close.slice()
  spiked[150] = 1e300
  expect(sma(spiked, 20).subarray(170)).toEqual(sma(bars.close, 20).subarray(170))
  const dirty = {
    ...bars,
    close: spiked,
    high: bars.high.map((value, t) => Math.max(value, spiked[t]!)),
  }
  expect(components(dirty).sma_30.subarray(180)).toEqual(components(bars).sma_30.subarray(180))
  expect(components(dirty).ultimate_oscillator.subarray(180)).toEqual(
    components(bars).ultimate_oscillator.subarray(180),
  )
})

test('a missing value leaves an exponential average where it was', () => {
  const source = bars.close.slice()
  source[50] = Number.NaN
  const gap = ema(source, 10)
  const without = ema(Float64Array.from([...source].filter((value) => !Number.isNaN(value))), 10)
  expect(gap[50]).toBeNaN()
  expect(gap.subarray(51)).toEqual(without.subarray(50))
})
