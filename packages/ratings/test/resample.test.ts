import { expect, test } from 'vitest'
import { barClose, barOpen, rate, resample, TIMEFRAMES, type Bars } from '../src/index.ts'
import { makeBars, mapBars } from './series.ts'

const seconds = (date: string): number => Date.parse(`${date}Z`) / 1000
const iso = (timestamp: number): string => new Date(timestamp * 1000).toISOString().slice(0, 16)

function daily(from: string, count: number): Bars {
  const bars = makeBars({ kind: 'random', seed: 4, length: count })
  return { ...bars, timestamp: bars.timestamp.map((_, t) => seconds(from) + 86_400 * t) }
}

test('buckets open at midnight UTC, on Mondays and on the first of a month', () => {
  const moment = seconds('2024-02-29T13:47')
  const opens = Object.fromEntries(TIMEFRAMES.map((each) => [each, iso(barOpen(moment, each))]))
  expect(opens).toMatchObject({
    '1m': '2024-02-29T13:47',
    '15m': '2024-02-29T13:45',
    '4h': '2024-02-29T12:00',
    '1d': '2024-02-29T00:00',
    '1w': '2024-02-26T00:00',
    '1M': '2024-02-01T00:00',
  })
  expect(iso(barClose(moment, '1w'))).toBe('2024-03-04T00:00')
  expect(iso(barClose(moment, '1M'))).toBe('2024-03-01T00:00')
  expect(iso(barClose(seconds('2023-12-05'), '1M'))).toBe('2024-01-01T00:00')
  expect(iso(barOpen(seconds('1969-12-31T23:00'), '1w'))).toBe('1969-12-29T00:00')
})

test('a week is made of its first open, highest high, lowest low, last close and whole volume', () => {
  const bars = daily('2024-01-01', 14)
  const weeks = resample(bars, '1w')
  expect([...weeks.timestamp].map(iso)).toEqual(['2024-01-01T00:00', '2024-01-08T00:00'])
  const second = mapBars(bars, (column) => column.slice(7))
  expect(weeks.open[1]).toBe(second.open[0])
  expect(weeks.high[1]).toBe(Math.max(...second.high))
  expect(weeks.low[1]).toBe(Math.min(...second.low))
  expect(weeks.close[1]).toBe(second.close[6])
  expect(weeks.volume[1]).toBe(second.volume.reduce((a, b) => a + b, 0))
})

test('an unfinished bucket is left out unless asked for', () => {
  const bars = daily('2024-01-01', 13)
  expect(resample(bars, '1w').close).toHaveLength(1)
  expect(resample(bars, '1w', { unfinished: true }).close).toHaveLength(2)
  // Monday to Friday: the week's bucket ends on Monday, but the clock may say that it is over.
  const stock = mapBars(daily('2024-01-01', 5), (column) => column.slice())
  expect(resample(stock, '1w').close).toHaveLength(0)
  expect(resample(stock, '1w', { until: seconds('2024-01-08') }).close).toHaveLength(1)
})

test('later bars never change a finished bucket', () => {
  const bars = daily('2023-11-07', 200)
  const whole = resample(bars, '1M')
  for (let cut = 0; cut <= 200; cut += 7) {
    const part = resample(
      mapBars(bars, (column) => column.slice(0, cut)),
      '1M',
    )
    expect(part).toEqual(mapBars(whole, (column) => column.slice(0, part.close.length)))
  }
})

test('rows that are no bar are left out; a bucket of them does not appear', () => {
  const bars = daily('2024-01-01', 21)
  for (let t = 7; t < 14; t++) bars.close[t] = Number.NaN
  bars.high[0] = Number.NaN
  bars.volume[15] = Number.NaN
  const weeks = resample(bars, '1w')
  expect([...weeks.timestamp].map(iso)).toEqual(['2024-01-01T00:00', '2024-01-15T00:00'])
  expect(weeks.open[0]).toBe(bars.open[1])
  expect(weeks.volume[1]).toBeNaN()
})

test('the same timeframe gives the same bars, and ratings of weeks come from weeks', () => {
  const bars = daily('2020-01-06', 1400)
  expect(resample(bars, '1d')).toEqual(bars)
  const weeks = resample(bars, '1w')
  expect(rate(weeks).all).toHaveLength(200)
  expect(rate(weeks).maCount[199]).toBe(15)
})
