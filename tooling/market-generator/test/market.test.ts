import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateMarket, type Bars, type GeneratedSymbol } from '../src/index.ts'

const DAY = 86_400
const COLUMNS = ['timestamp', 'open', 'high', 'low', 'close', 'volume'] as const
const market = generateMarket({ seed: 7, symbols: 60, bars: 1_000 })
const optionsArbitrary = fc.record({
  seed: fc.integer(),
  symbols: fc.integer({ min: 1, max: 30 }),
  bars: fc.integer({ min: 3, max: 300 }),
})

function digest(symbols: readonly GeneratedSymbol[]): string {
  const hash = createHash('sha256')
  for (const { symbol, bars, events, vendor } of symbols) {
    hash.update(JSON.stringify([symbol, events, vendor]))
    for (const name of COLUMNS) hash.update(new Uint8Array(bars[name].buffer))
  }
  return hash.digest('hex')
}

function closeReturns(bars: Bars): number[] {
  return [...bars.close].slice(1).map((close, index) => close / bars.close[index]! - 1)
}

function correlation(left: readonly number[], right: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanLeft, meanRight] = [mean(left), mean(right)]
  const covariance = mean(left.map((value, i) => (value - meanLeft) * (right[i]! - meanRight)))
  const variance = (values: readonly number[], center: number): number =>
    mean(values.map((value) => (value - center) ** 2))
  return covariance / Math.sqrt(variance(left, meanLeft) * variance(right, meanRight))
}

test('the bytes of a small market are pinned', () => {
  expect(digest(generateMarket({ seed: 7, symbols: 24, bars: 400 }))).toBe(
    '7de730ab0ab7f610906ea4ddf1ecc2ec4e9f71e6194f3cad3b96b911a35235ee',
  )
})

test('the same options give the same bytes, another seed gives others', () => {
  fc.assert(
    fc.property(optionsArbitrary, (options) => {
      const once = digest(generateMarket(options))
      expect(digest(generateMarket(options))).toBe(once)
      expect(digest(generateMarket({ ...options, seed: options.seed + 1 }))).not.toBe(once)
    }),
    { numRuns: 20 },
  )
})

test('more symbols leave the first ones as they are', () => {
  expect(digest(generateMarket({ seed: 3, symbols: 40, bars: 200 }).slice(0, 10))).toBe(
    digest(generateMarket({ seed: 3, symbols: 10, bars: 200 })),
  )
})

test('future days continue every symbol without touching a bar that was there', () => {
  const until = (length: number) => (column: Float64Array) => column.slice(0, length)
  const later = generateMarket({ seed: 7, symbols: 60, bars: 1_000, futureDays: 30 })
  let added = 0
  for (const [index, { bars, symbol }] of market.entries()) {
    const continued = later[index]!.bars
    const length = bars.timestamp.length
    for (const name of COLUMNS) {
      expect(until(length)(continued[name]), `${symbol} ${name}`).toEqual(bars[name])
    }
    added += continued.timestamp.length - length
  }
  expect(added).toBeGreaterThan(60 * 20)
})

test('every bar is consistent: low <= open, close <= high, all above zero, volume not negative', () => {
  fc.assert(
    fc.property(optionsArbitrary, (options) => {
      for (const { symbol, bars } of generateMarket(options)) {
        for (let bar = 0; bar < bars.timestamp.length; bar++) {
          const [open, high, low, close] = [
            bars.open[bar]!,
            bars.high[bar]!,
            bars.low[bar]!,
            bars.close[bar]!,
          ]
          const volume = bars.volume[bar]!
          const holds =
            low > 0 &&
            low <= Math.min(open, close) &&
            Math.max(open, close) <= high &&
            high < Infinity &&
            (Number.isNaN(volume) || (volume >= 0 && volume < Infinity))
          expect(holds, `${symbol}, bar ${bar}`).toBe(true)
        }
      }
    }),
    { numRuns: 30 },
  )
})

test('prices are whole ticks: their decimals say them exactly', () => {
  for (const { symbol, bars, priceDecimals } of market) {
    for (const name of ['open', 'high', 'low', 'close'] as const) {
      for (const price of bars[name]) {
        expect(Number(price.toFixed(priceDecimals)), `${symbol} ${name}`).toBe(price)
      }
    }
  }
})

test('bars lie on midnights of the calendar, ascending, and only planted holes are missing', () => {
  for (const { symbol, calendar, bars, events } of market) {
    const holes = new Map(
      events.flatMap((event) =>
        event.kind === 'missing-bars' ? [[event.first, event.count]] : [],
      ),
    )
    for (let bar = 0; bar < bars.timestamp.length; bar++) {
      const timestamp = bars.timestamp[bar]!
      expect(timestamp % DAY, symbol).toBe(0)
      const weekday = new Date(timestamp * 1_000).getUTCDay()
      if (calendar === 'sessions') expect(weekday % 6, `${symbol} trades on a weekend`).not.toBe(0)
      if (bar === 0) continue
      let missing = 0
      for (let day = bars.timestamp[bar - 1]! + DAY; day < timestamp; day += DAY) {
        const isWeekend = new Date(day * 1_000).getUTCDay() % 6 === 0
        if (calendar === 'continuous' || !isWeekend) missing += 1
      }
      expect(missing, `${symbol}, before bar ${bar}`).toBe(holes.get(bar) ?? 0)
    }
  }
})

test('the last bar of a continuous symbol without a hole at its end is the end date', () => {
  const [first] = generateMarket({
    seed: 1,
    symbols: 1,
    bars: 10,
    endDate: '2024-02-29',
    disturbances: [],
  })
  expect(first!.bars.timestamp.at(-1)).toBe(Date.UTC(2024, 1, 29) / 1_000)
  expect(first!.bars.timestamp.length).toBe(10)
})

test('symbols correlate: the market factor is in all of them', () => {
  const coins = generateMarket({ seed: 5, symbols: 12, bars: 1_000, disturbances: [] })
    .filter(({ calendar, bars }) => calendar === 'continuous' && bars.timestamp.length === 1_000)
    .map(({ bars }) => closeReturns(bars))
  for (const [index, returns] of coins.entries()) {
    for (const other of coins.slice(0, index)) {
      expect(correlation(returns, other)).toBeGreaterThan(0.2)
      expect(correlation(returns, other)).toBeLessThan(0.95)
    }
  }
})

test('volatility clusters: large moves follow large moves', () => {
  const sizes = market
    .filter(({ bars }) => bars.timestamp.length > 500)
    .map(({ bars }) => closeReturns(bars).map(Math.abs))
  const autocorrelations = sizes.map((size) => correlation(size.slice(1), size.slice(0, -1)))
  const positive = autocorrelations.filter((value) => value > 0.02).length
  expect(positive / sizes.length).toBeGreaterThan(0.8)
})

test('symbols are unique and named EXCHANGE:TICKER', () => {
  const symbols = generateMarket({ seed: 1, symbols: 8_000, bars: 3 }).map(({ symbol }) => symbol)
  expect(new Set(symbols).size).toBe(8_000)
  for (const symbol of symbols)
    expect(symbol).toMatch(/^(BINANCE:[A-Z]+USDT|(NASDAQ|NYSE):[A-Z.]+)$/)
})

test('an option out of range is refused by name', () => {
  const valid = { seed: 1, symbols: 1, bars: 10 }
  const invalid = [
    [{ seed: 0.5 }, 'seed must be an integer, was 0.5'],
    [{ symbols: -1 }, 'symbols must be an integer of at least 0, was -1'],
    [{ bars: 2 }, 'bars must be an integer of at least 3, was 2'],
    [{ futureDays: Number.NaN }, 'futureDays must be an integer of at least 0, was NaN'],
    [{ endDate: '2025-02-29' }, "endDate must be a day like 2025-12-31, was '2025-02-29'"],
    [{ disturbances: ['flood' as 'gap'] }, "unknown disturbance 'flood'"],
  ] as const
  for (const [change, message] of invalid) {
    expect(() => generateMarket({ ...valid, ...change })).toThrow(new RangeError(message))
  }
})
