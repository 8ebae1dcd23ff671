import { fetchTechnicals, planColumns } from '@fs/tv-client'
import { expect, test } from 'vitest'
import type { Rule } from '../src/index.ts'
import { CELLS, stage, symbolsOf } from './scanner.ts'

const TEN = symbolsOf(10)
const { columns } = planColumns(['1d'])

/** A refusal that names nothing, whenever a column or a symbol is in the request. */
function refuse(when: Rule['when'] = {}): Rule {
  const body = { totalCount: 0, error: 'cannot process the request', data: null }
  return { when: { path: '/scan', ...when }, fault: { kind: 'status', status: 400, body } }
}

test('a refusal for one symbol fails that symbol, and the others go on', async () => {
  const { simulator, client, time } = await stage({ script: [refuse({ ticker: 'X:S6' })] })
  const result = await time.run(fetchTechnicals(client, TEN))
  expect(result.outcomes['X:S6']).toBe('failed:rejected')
  expect(result.rows).toHaveLength(9)
  expect(result.attempts).toHaveLength(1)
  expect(
    simulator.requests.length - 2,
    'questions between the batch and its repetition',
  ).toBeLessThanOrEqual(2 * 4 + 2)
  for (const part of ['127.0.0.1', 'status 400', 'X:S6', 'attempt 1', 'cannot process']) {
    expect(result.failures[0]?.message).toContain(part)
  }
})

test('a refused symbol is not asked again when others are', async () => {
  const script = [
    { when: { nth: 1 }, fault: { kind: 'cut', rows: 1 } },
    refuse({ ticker: 'X:S6' }),
  ] as const
  const { simulator, client, time } = await stage({ script })
  const symbols = ['X:S6', 'X:S7']
  // The first answer lacks a row, so there is a second attempt; by then the script refuses the symbol.
  simulator.setScript([
    { times: 1, ...refuse({ ticker: 'X:S6' }) },
    refuse({ ticker: 'X:S6' }),
    { times: 1, fault: { kind: 'status', status: 503 } },
  ])
  const result = await time.run(fetchTechnicals(client, symbols, { batchSize: 1 }))
  expect(result.attempts).toMatchObject([
    { fetched: 0, failed: 2 },
    { fetched: 1, failed: 1, reasons: { 'X:S6': 'failed:rejected' } },
  ])
  expect(simulator.requests.at(-1)?.tickers).toEqual(['X:S7'])
})

test('three refused symbols are found; a fourth fails what is left of its batch', async () => {
  const bad = ['X:S1', 'X:S4', 'X:S9']
  const three = await stage({ script: bad.map((ticker) => refuse({ ticker })) })
  const found = await three.time.run(fetchTechnicals(three.client, TEN))
  expect(found.rows).toHaveLength(7)
  expect(Object.keys(found.attempts[0]?.reasons ?? {})).toEqual(bad)
  const four = await stage({ script: [...bad, 'X:S0'].map((ticker) => refuse({ ticker })) })
  const result = await four.time.run(fetchTechnicals(four.client, TEN))
  expect(new Set(Object.values(result.outcomes))).toEqual(new Set(['failed:rejected']))
  expect(four.simulator.requests.length).toBeLessThanOrEqual(3 * (2 * 4 + 2) + 4)
})

test('a refusal for one column is an unknown column, found by halving', async () => {
  for (const column of ['Recommend.All', 'AO', 'update_mode']) {
    const { simulator, client, time } = await stage({ script: [refuse({ column })] })
    const result = await time.run(fetchTechnicals(client, TEN))
    expect(result.error).toMatchObject({ code: 'unknown_column', column })
    expect(result.outcomes['X:S0']).toBe('failed:unknown_column')
    expect(simulator.requests.length - 1).toBeLessThanOrEqual(2 * 4 + 2)
  }
})

test('a refusal of everything is blamed on nobody for ever', async () => {
  const { simulator, client, time } = await stage({ script: [refuse()] })
  const symbols = symbolsOf(200)
  const result = await time.run(fetchTechnicals(client, symbols))
  expect(new Set(Object.values(result.outcomes))).toEqual(new Set(['failed:rejected']))
  expect(result.attempts).toHaveLength(1)
  expect(simulator.requests.length).toBeLessThanOrEqual(3 * (2 * 8 + 2) + 4)
})

test('a failure in the middle of the search is the reason of the batch', async () => {
  const { client, time } = await stage({
    script: [
      { when: { nth: 3 }, fault: { kind: 'status', status: 503 } },
      refuse({ ticker: 'X:S6' }),
    ],
  })
  const result = await time.run(fetchTechnicals(client, TEN))
  expect(result.attempts[0]?.reasons['X:S0']).toBe('failed:http_503')
  expect(result.attempts[1]?.reasons).toEqual({ 'X:S6': 'failed:rejected' })
})

for (const unknownColumns of ['400', '200'] as const) {
  test(`an unknown column (${unknownColumns}) can be dropped: null in every row, and a warning`, async () => {
    const error = 'Unknown field "AO"'
    const body = { totalCount: 0, error, data: null }
    const status = Number(unknownColumns)
    const { simulator, client, time } = await stage({
      script: [{ when: { column: 'AO' }, fault: { kind: 'status', status, body } }],
    })
    const result = await time.run(
      fetchTechnicals(client, TEN, { unknownColumns: 'drop', batchSize: 5 }),
    )
    expect(result.error).toBeUndefined()
    expect(result.rows.map(({ values }) => values.AO)).toEqual(Array(10).fill(null))
    expect(result.rows[0]?.values.RSI).toBe(CELLS.RSI)
    expect(result.warnings).toMatchObject([{ code: 'unknown_column', column: 'AO' }])
    expect(result.attempts).toHaveLength(1)
    expect(simulator.requests.at(-1)?.columns).toEqual(columns.filter((name) => name !== 'AO'))
  })
}

test('a column that nobody asked for cannot be dropped: the run stops', async () => {
  const { client, time } = await stage({
    script: [{ fault: { kind: 'error200', error: 'Unknown field "other"' } }],
  })
  const result = await time.run(fetchTechnicals(client, TEN, { unknownColumns: 'drop' }))
  expect(result.error).toMatchObject({ code: 'unknown_column', column: 'other' })
})

test('a column that is null everywhere and listed is a warning', async () => {
  const { simulator, client, time } = await stage({
    script: [{ fault: { kind: 'null_column', column: 'AO' } }],
  })
  const result = await time.run(fetchTechnicals(client, TEN))
  expect(result.error).toBeUndefined()
  expect(result.rows).toHaveLength(10)
  expect(result.warnings).toMatchObject([{ code: 'all_null_column', column: 'AO' }])
  await time.run(fetchTechnicals(client, TEN))
  expect(simulator.requests.filter(({ path }) => path === '/global/metainfo')).toHaveLength(1)
})

test('a column that is null everywhere while metainfo cannot be asked is a warning too', async () => {
  const { client, time } = await stage({
    script: [
      { when: { path: '/metainfo' }, fault: { kind: 'status', status: 503 } },
      { fault: { kind: 'null_column', column: 'update_mode' } },
    ],
  })
  const result = await time.run(fetchTechnicals(client, TEN))
  expect(result.rows).toHaveLength(10)
  expect(result.warnings).toMatchObject([{ code: 'all_null_column', column: 'update_mode' }])
})

test('a column that is null everywhere and not listed is unknown: nothing of the attempt counts', async () => {
  const script: Rule[] = [
    { fault: { kind: 'null_column', column: 'AO' }, when: { path: '/scan' } },
    {
      when: { path: '/metainfo' },
      fault: { kind: 'status', status: 200, body: { fields: [{ n: 'RSI', t: 'number' }] } },
    },
  ]
  const { client, time } = await stage({ script })
  const result = await time.run(fetchTechnicals(client, TEN))
  expect(result.error).toMatchObject({ code: 'unknown_column', column: 'AO' })
  expect(result.rows).toEqual([])
  expect(result.attempts).toMatchObject([{ fetched: 0, failed: 10 }])
  const kept = await time.run(fetchTechnicals(client, TEN, { unknownColumns: 'drop' }))
  expect(kept.rows).toHaveLength(10)
  expect(kept.warnings).toMatchObject([{ code: 'unknown_column', column: 'AO' }])
})

test('four rows are too few to suspect a column', async () => {
  const { simulator, client, time } = await stage({
    script: [{ fault: { kind: 'null_column', column: 'AO' } }],
  })
  const result = await time.run(fetchTechnicals(client, symbolsOf(4)))
  expect(result.warnings).toEqual([])
  expect(simulator.requests).toHaveLength(1)
})

test('several timeframes travel together; the worst counts, and the good ones are returned', async () => {
  const cells = { ...CELLS, 'RSI|60': 40, 'AO|60': 1 }
  const { simulator, client, time } = await stage({
    universe: { 'X:A': { cells }, 'X:B': { cells: CELLS } },
    unknownColumns: 'null',
  })
  const result = await time.run(
    fetchTechnicals(client, ['X:B', 'X:A'], { timeframes: ['1d', '1h'] }),
  )
  expect(simulator.requests).toHaveLength(1)
  expect(simulator.requests[0]?.columns).toHaveLength(26)
  expect(result.outcomes).toEqual({ 'X:A': 'ok', 'X:B': 'empty' })
  expect(result.outcomesByTimeframe).toEqual({
    '1d': { 'X:A': 'ok', 'X:B': 'ok' },
    '1h': { 'X:A': 'ok', 'X:B': 'empty' },
  })
  expect(result.rows.map(({ symbol, timeframe }) => `${symbol} ${timeframe}`)).toEqual([
    'X:B 1d',
    'X:A 1d',
    'X:A 1h',
  ])
  expect(result.rows[2]?.values).toMatchObject({ RSI: 40, AO: 1, ADX: null, 'Perf.W': 3 })
})
