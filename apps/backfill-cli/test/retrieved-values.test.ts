import { parseCandidates } from '@fs/tv-client'
import { expect, test } from 'vitest'
import { collectRetrieved, onHeldBar, retrievedValues } from '../src/retrieved-values.ts'

const BTC = 'BINANCE:BTCUSDT'
const AAPL = 'NASDAQ:AAPL'
const RATINGS = ['recommend_ma', 'recommend_other', 'recommend_all']
const NOW = at('2026-01-30T00:00:00Z')

function at(time: string): number {
  return Date.parse(time) / 1000
}

function taken(entry: object, features: readonly string[] = RATINGS, runStart = NOW) {
  const { candidates } = parseCandidates(JSON.stringify([entry]))
  return retrievedValues(candidates[0]!, features, runStart)
}

test.each([
  ['at noon', BTC, '2026-01-29T12:00:00Z', '2026-01-29'],
  ['at midnight: the new bar has just opened', BTC, '2026-01-29T00:00:00Z', '2026-01-29'],
  ['a second before midnight', BTC, '2026-01-28T23:59:59Z', '2026-01-28'],
  ['a market that never closes, on a Sunday', BTC, '2026-01-25T12:00:00Z', '2026-01-25'],
  ['a share on a Wednesday', AAPL, '2026-01-28T15:00:00Z', '2026-01-28'],
  ['a share on a Friday night', AAPL, '2026-01-30T23:59:59Z', '2026-01-30'],
  ['a share on Saturday at midnight', AAPL, '2026-01-31T00:00:00Z', '2026-01-30'],
  ['a share on a Sunday night', AAPL, '2026-02-01T23:59:59Z', '2026-01-30'],
  ['a share on Monday at midnight', AAPL, '2026-02-02T00:00:00Z', '2026-01-30'],
  ['a share a second before the earliest open', AAPL, '2026-01-29T13:29:59Z', '2026-01-28'],
  ['a share at the earliest open', AAPL, '2026-01-29T13:30:00Z', '2026-01-29'],
  ['a share in London before the open', 'LSE:VOD', '2026-01-29T06:59:59Z', '2026-01-28'],
  ['a share in London at the open', 'LSE:VOD', '2026-01-29T07:00:00Z', '2026-01-29'],
  ['a share in Mumbai on Monday morning', 'NSE:TCS', '2026-02-02T03:44:59Z', '2026-01-30'],
  ['a share in Tokyo at midnight', 'TSE:7203', '2026-01-29T00:00:00Z', '2026-01-29'],
  ['before 1970', AAPL, '1970-01-01T00:00:01Z', '1969-12-31'],
])('%s the values are of the bar that is open, or closed last', (_, symbol, time, day) => {
  const values = taken({ symbol, 'Recommend.All': 0.5, retrieved_at: at(time) })
  expect(values).toEqual({
    symbol,
    timestamp: at(`${day}T00:00:00Z`),
    knownAt: at(time),
    values: { recommend_all: 0.5 },
  })
})

test('values of a day on which nothing traded are of the bar before, once there is a later one', () => {
  const values = taken({ symbol: AAPL, 'Recommend.All': 0.5, retrieved_at: NOW - 3600 })!
  const day = values.timestamp
  const bars = (...days: number[]) => Float64Array.from(days, (n) => day + n * 86_400)
  expect(onHeldBar(values, bars(-3, -2, 1)).timestamp).toBe(day - 2 * 86_400)
  for (const held of [bars(), bars(-2, -1), bars(-1, 0, 1), bars(0), bars(1, 2)]) {
    expect(onHeldBar(values, held), 'its own bar, one to come, or none before').toBe(values)
  }
})

test('without retrieved_at the run itself is the time', () => {
  expect(taken({ symbol: BTC, 'Recommend.All': 0.5 }, RATINGS, NOW + 0.75)).toMatchObject({
    knownAt: NOW,
    timestamp: NOW,
  })
})

test('the time of a fraction of a second is the second it lies in', () => {
  const values = taken({ symbol: BTC, 'Recommend.All': 0.5, retrieved_at: NOW - 0.25 })
  expect(values).toMatchObject({ knownAt: NOW - 1, timestamp: NOW - 86_400 })
})

test("only columns of the table's features are taken, and only numbers", () => {
  const entry = {
    symbol: BTC,
    'Recommend.MA': 0.25,
    'Recommend.Other': null,
    RSI: 55,
    ADX: 20,
    Sector: 'Finance',
    'Recommend.All|60': 0.9,
    retrieved_at: NOW,
  }
  expect(taken(entry)!.values).toEqual({ recommend_ma: 0.25 })
  expect(taken(entry, ['rsi', 'momentum_60d'])!.values).toEqual({ rsi: 55 })
})

test('values under metadata count, those at the top win', () => {
  const entry = {
    symbol: BTC,
    metadata: { 'Recommend.All': 0.1, 'Recommend.MA': 0.2 },
    'Recommend.All': 0.3,
  }
  expect(taken(entry)!.values).toEqual({ recommend_ma: 0.2, recommend_all: 0.3 })
})

test('a candidate that says nothing of the features has no values', () => {
  expect(taken({ symbol: BTC })).toBeNull()
  expect(taken({ symbol: BTC, 'Recommend.All': null })).toBeNull()
  expect(taken({ symbol: BTC, RSI: 55, name: 'Bitcoin' })).toBeNull()
  expect(taken({ symbol: BTC, 'Recommend.All': 0.5 }, ['returns_1d'])).toBeNull()
})

const list = parseCandidates(
  JSON.stringify([
    { symbol: 'A:A', 'Recommend.All': 0.1 },
    { symbol: 'A:B', 'Recommend.All': 0.2, retrieved_at: NOW },
    { symbol: 'A:C', 'Recommend.All': 0.3, retrieved_at: NOW + 300 },
    { symbol: 'A:D', 'Recommend.All': 0.4, retrieved_at: NOW + 301 },
    { symbol: 'A:E' },
  ]),
).candidates

test('what lies more than a few minutes in the future is not taken, and a person hears of it', () => {
  const { retrieved, notices } = collectRetrieved(list, RATINGS, { runStart: NOW, now: NOW })
  expect(retrieved.map(({ symbol }) => symbol)).toEqual(['A:A', 'A:B', 'A:C'])
  expect(notices).toEqual([
    '1 candidate carries vendor values without retrieved_at: taken as retrieved at the start of this run',
    '1 candidate carries vendor values retrieved after 2026-01-30T00:05:00Z: not used (A:D)',
  ])
})

test("values that the feature cannot have are named, and the candidate's others are used", () => {
  const { candidates } = parseCandidates(
    JSON.stringify([
      { symbol: BTC, 'Recommend.All': 1.5, 'Recommend.MA': -1, 'Recommend.Other': 1 },
      { symbol: AAPL, 'Recommend.MA': -1.0001 },
    ]),
  )
  const times = { runStart: NOW, now: NOW }
  const { retrieved, notices } = collectRetrieved(candidates, RATINGS, times)
  expect(retrieved.map(({ symbol, values }) => [symbol, values])).toEqual([
    [BTC, { recommend_ma: -1, recommend_other: 1 }],
  ])
  expect(notices).toContain(
    `2 vendor values are out of range and not used: ${BTC} Recommend.All = 1.5, ${AAPL} Recommend.MA = -1.0001`,
  )
})

test('a run that looks from an earlier time does not know what was retrieved later', () => {
  const times = { runStart: NOW, now: NOW, asOf: NOW - 1 }
  const { retrieved, notices } = collectRetrieved(list, RATINGS, times)
  expect(retrieved).toEqual([])
  expect(notices).toEqual([
    '4 candidates carry vendor values retrieved after 2026-01-29T23:59:59Z: not used (A:A, A:B, A:C, …)',
  ])
})
