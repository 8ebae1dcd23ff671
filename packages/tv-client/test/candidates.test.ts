import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CandidatesError, parseCandidates, VALUE_COLUMNS } from '../src/index.ts'

const symbolsOf = (content: unknown) =>
  parseCandidates(JSON.stringify(content)).candidates.map((candidate) => candidate.symbol)

function refusal(text: string): CandidatesError {
  try {
    parseCandidates(text)
  } catch (error) {
    if (error instanceof CandidatesError) return error
    throw error
  }
  throw new Error('the text was accepted')
}

test.each([
  ['a list of symbols', ['BINANCE:BTCUSDT', 'BINANCE:ETHUSDT']],
  ['a list of objects', [{ symbol: 'BINANCE:BTCUSDT' }, { symbol: 'BINANCE:ETHUSDT' }]],
  ['strings and objects', ['BINANCE:BTCUSDT', { symbol: 'BINANCE:ETHUSDT' }]],
  ['an envelope named data', { data: ['BINANCE:BTCUSDT', { symbol: 'BINANCE:ETHUSDT' }] }],
  ['an envelope with meta', { meta: { run: 1 }, data: ['BINANCE:BTCUSDT', 'BINANCE:ETHUSDT'] }],
  ['an envelope named symbols', { symbols: ['BINANCE:BTCUSDT', 'BINANCE:ETHUSDT'] }],
  [
    'physical symbols, which win',
    [
      { symbol: 'BTC_LONG', physical_symbol: 'BINANCE:BTCUSDT' },
      { physical_symbol: 'BINANCE:ETHUSDT' },
    ],
  ],
  [
    'the aliases Symbol and Exchange, where a prefix wins',
    [
      { Symbol: 'BTCUSDT', Exchange: 'BINANCE' },
      { Symbol: 'BINANCE:ETHUSDT', Exchange: 'OKX' },
    ],
  ],
])('%s is accepted', (_shape, content) => {
  expect(symbolsOf(content)).toEqual(['BINANCE:BTCUSDT', 'BINANCE:ETHUSDT'])
})

test('values are the numbers of metadata and of the top level, which wins; null is no value', () => {
  const [candidate] = parseCandidates(
    JSON.stringify([
      {
        symbol: 'BINANCE:BTCUSDT',
        'Recommend.All': 0.5,
        ADX: null,
        metadata: { 'Recommend.All': 0.1, RSI: 61.5, name: 'Bitcoin' },
        rank: 3,
        desk: 'crypto',
      },
    ]),
  ).candidates
  expect(candidate?.values).toEqual({ 'Recommend.All': 0.5, RSI: 61.5, rank: 3 })
  expect(candidate?.raw, 'unknown keys are kept').toMatchObject({ desk: 'crypto', rank: 3 })
})

test('the time of retrieval is the own one of an entry, else that of the envelope', () => {
  const { candidates, envelope } = parseCandidates(
    JSON.stringify({
      retrieved_at: 1_700_000_000,
      market: 'crypto',
      data: [{ symbol: 'A:X', retrieved_at: 1_700_000_060 }, 'A:Y'],
    }),
  )
  expect(candidates.map((candidate) => candidate.retrievedAt)).toEqual([
    1_700_000_060, 1_700_000_000,
  ])
  expect(envelope).toEqual({ retrieved_at: 1_700_000_000, market: 'crypto' })
  expect(parseCandidates('["A:X"]').candidates[0]).not.toHaveProperty('retrievedAt')
})

test('duplicates collapse onto the first place and are named', () => {
  const { candidates, duplicates } = parseCandidates(
    JSON.stringify([{ symbol: 'A:X', RSI: 1 }, 'A:Y', { symbol: 'a:x', RSI: 2 }]),
  )
  expect(candidates.map(({ symbol, values }) => [symbol, values])).toEqual([
    ['A:X', { RSI: 1 }],
    ['A:Y', {}],
  ])
  expect(duplicates).toEqual([{ symbol: 'A:X', index: 2 }])
})

test('a byte order mark is no obstacle', () => {
  expect(parseCandidates('\uFEFF["A:X"]').candidates).toHaveLength(1)
})

test.each([
  ['', 'invalid_json'],
  ['[1', 'invalid_json'],
  ['[]', 'empty_list'],
  ['{"data":[]}', 'empty_list'],
  ['{}', 'not_candidates'],
  ['"BINANCE:BTCUSDT"', 'not_candidates'],
  ['null', 'not_candidates'],
  ['{"data":["A:X"],"symbols":["A:Y"]}', 'not_candidates'],
  ['{"retrieved_at":"today","data":["A:X"]}', 'not_candidates'],
  ['[1]', 'malformed_entry'],
  ['[null]', 'malformed_entry'],
  ['[[]]', 'malformed_entry'],
  ['["BTCUSDT"]', 'malformed_entry'],
  ['[{"name":"x"}]', 'malformed_entry'],
  ['[{"symbol":3}]', 'malformed_entry'],
  ['[{"symbol":"A:X","metadata":[1]}]', 'malformed_entry'],
  ['[{"symbol":"A:X","retrieved_at":1700000000000}]', 'malformed_entry'],
])('%s is refused as %s', (text, code) => {
  expect(refusal(text).code).toBe(code)
})

test('a malformed entry is named by its index', () => {
  const error = refusal('["A:X", {"symbol":"A:Y","metadata":{"Recommend.All":"strong"}}]')
  expect(error).toMatchObject({ code: 'malformed_entry', index: 1 })
  expect(error.message).toBe('candidate at index 1: Recommend.All must be a number or null')
})

test('any mix of accepted entries keeps order, first values and every key', () => {
  const symbol = fc.constantFrom('A:X', 'A:Y', 'B:X', 'B:Z')
  const value = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((v) => !Object.is(v, -0))
  const entry = fc.oneof(
    symbol,
    fc.record({ symbol, metadata: fc.dictionary(fc.constantFrom(...VALUE_COLUMNS), value) }),
  )
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1 }), fc.boolean(), (entries, wrapped) => {
      const { candidates, duplicates } = parseCandidates(
        JSON.stringify(wrapped ? { data: entries } : entries),
      )
      const names: string[] = entries.map((one) => (typeof one === 'string' ? one : one.symbol))
      expect(candidates.map((candidate) => candidate.symbol)).toEqual([...new Set(names)])
      expect(candidates.length + duplicates.length).toBe(entries.length)
      for (const candidate of candidates) {
        const first = entries[names.indexOf(candidate.symbol)]
        expect(candidate.values).toEqual(typeof first === 'string' ? {} : first?.metadata)
      }
    }),
  )
})
