import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cutBatches,
  fetchTechnicals,
  formatCoverage,
  planColumns,
  SCANNER_TIMEFRAMES,
  type FetchEvent,
  type FetchOptions,
} from '../src/index.ts'
import { backoffOf } from '../src/technicals/backoff.ts'
import { clientOf, json, rowsFor } from './fake-scanner.ts'

const symbol = fc.stringMatching(/^[A-Z]{1,6}:[A-Z0-9!&/._é€]{1,20}$/)

test('batches are the symbols in their order, cut by count and by bytes', () => {
  fc.assert(
    fc.property(
      fc.array(symbol),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 2_000 }),
      (symbols, batchSize, maxBytes) => {
        const columns = ['RSI', 'ADX']
        const batches = cutBatches(symbols, { batchSize, columns, maxBytes })
        expect(batches.flat()).toEqual(symbols)
        for (const [index, batch] of batches.entries()) {
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(batchSize)
          const bytes = Buffer.byteLength(JSON.stringify({ tickers: batch, columns }))
          if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes)
          const next = batches[index + 1]
          if (next === undefined) continue
          const isFull = batch.length === batchSize
          const wouldBe = Buffer.byteLength(JSON.stringify([...batch, next[0], ...columns])) + 300
          expect(isFull || wouldBe > maxBytes, 'no batch is cut early').toBe(true)
        }
      },
    ),
  )
})

test('ten thousand long symbols stay below half a mebibyte a request', async () => {
  const symbols = Array.from({ length: 10_000 }, (_, index) => `X:${'L'.repeat(100)}${index}`)
  let largest = 0
  const client = clientOf((request) => {
    largest = Math.max(largest, JSON.stringify(request.body).length)
    return rowsFor(request)
  })
  const { rows } = await fetchTechnicals(client, symbols, { batchSize: 10_000 })
  expect(rows).toHaveLength(10_000)
  expect(largest).toBeLessThanOrEqual(512 * 1024)
  expect(client.seen).toHaveLength(3)
})

test('waits grow whatever is drawn, up to the cap', () => {
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.array(draw, { minLength: 2, maxLength: 12 }), (draws) => {
      const backoff = { backoffMs: 2_000, backoffCapMs: 30_000 }
      const waits = draws.map((each, index) => backoffOf(index + 2, backoff, each))
      for (const [index, wait] of waits.entries()) {
        const span = Math.min(30_000, 2_000 * 2 ** index)
        expect(wait).toBeGreaterThanOrEqual(span / 2)
        expect(wait).toBeLessThanOrEqual(span)
        if (span * 2 <= 30_000) expect(waits[index + 1] ?? Infinity).toBeGreaterThanOrEqual(wait)
      }
    }),
  )
})

test('a plan asks for each column once, and finds each value where it is', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...SCANNER_TIMEFRAMES], { minLength: 1 }),
      fc.subarray(['RSI', 'RSI|60', 'Perf.W', 'update_mode']),
      (timeframes, dropped) => {
        const plan = planColumns(timeframes, new Set(dropped))
        expect(new Set(plan.columns).size).toBe(plan.columns.length)
        const full = 11 * timeframes.length + 4
        expect(plan.columns.length).toBeGreaterThanOrEqual(full - dropped.length)
        for (const { values } of plan.timeframes) {
          expect(values).toHaveLength(14)
          for (const { column, place } of values) {
            expect(plan.columns[place]).toBe(dropped.includes(column) ? undefined : column)
          }
        }
      },
    ),
  )
  expect(planColumns(['1mo', '1m']).columns).toEqual(
    expect.arrayContaining(['RSI|1M', 'RSI|1', 'Perf.1M', 'update_mode']),
  )
})

test('symbols are read, and duplicates collapse at their first place', async () => {
  const client = clientOf(rowsFor)
  const { requested, rows } = await fetchTechnicals(client, [' x:b', 'X:A', 'X:B', 'X:A'])
  expect(requested).toEqual(['X:B', 'X:A'])
  expect(rows.map((row) => row.symbol)).toEqual(['X:B', 'X:A'])
})

test('what cannot be is refused before anything is asked', async () => {
  const client = clientOf(rowsFor)
  const refused: [string[], FetchOptions, RegExp][] = [
    [[], {}, /symbols/],
    [['X:A', 'nonsense'], {}, /symbols\[1\]/],
    [['X:A'], { timeframes: ['1M'] }, /timeframe must be one of 1m, .*1mo, was "1M"/],
    [['X:A'], { timeframes: [] }, /timeframes/],
    [['X:A'], { batchSize: 0 }, /batchSize/],
    [['X:A'], { attempts: 0 }, /attempts/],
    [['X:A'], { firstAttempt: 0 }, /firstAttempt/],
    [['X:A'], { totalMs: 2 ** 31 }, /totalMs/],
    [['X:A'], { backoffMs: -1 }, /backoffMs/],
    [['X:A'], { market: 'U S' }, /market/],
    [['X:A'], { unknownColumns: 'ignore' as 'drop' }, /unknownColumns/],
  ]
  for (const [symbols, options, message] of refused) {
    await expect(fetchTechnicals(client, symbols, options)).rejects.toThrow(message)
  }
  expect(client.seen).toEqual([])
})

test('a timestamp is when the answer was complete, rounded up: never before the request', async () => {
  for (const [now, timestamp] of [
    [1_700_000_000_000, 1_700_000_000],
    [1_700_000_000_001, 1_700_000_001],
    [1_700_000_000_999, 1_700_000_001],
  ] as const) {
    const { rows, startedAt, finishedAt } = await fetchTechnicals(
      clientOf(rowsFor, { now: () => now, elapsed: () => 0 }),
      ['X:A'],
    )
    expect(rows[0]?.timestamp).toBe(timestamp)
    expect(startedAt).toBe(1_700_000_000)
    expect(finishedAt).toBe(timestamp)
  }
})

test('a batch that is refused for its size has no culprit, and none is made up', async () => {
  const client = clientOf((request) => {
    const { length } = request.body.symbols?.tickers ?? []
    return length > 3 ? json({ error: 'too many' }, { status: 400 }) : rowsFor(request)
  })
  const symbols = Array.from({ length: 8 }, (_, index) => `X:S${index}`)
  const { failures, rows } = await fetchTechnicals(client, symbols)
  expect(failures).toMatchObject([{ reason: 'rejected', symbols }])
  expect(rows).toEqual([])
  expect(client.seen.length).toBeLessThanOrEqual(1 + 2 * 3 + 2)
})

test('progress tells the whole story, and a listener that throws does no harm', async () => {
  const events: FetchEvent[] = []
  let answers = 0
  const client = clientOf((request) => {
    answers += 1
    return answers === 2 ? new Response('', { status: 503 }) : rowsFor(request, 0.5)
  })
  const onProgress = (event: FetchEvent): Promise<void> => {
    events.push(event)
    if (events.length % 2 === 0) throw new Error('the display is broken')
    return Promise.reject(new Error('and so is its promise'))
  }
  const symbols = ['X:A', 'X:B', 'X:C']
  const result = await fetchTechnicals(client, symbols, { batchSize: 1, onProgress })
  expect(Object.values(result.outcomes)).toEqual(['ok', 'ok', 'ok'])
  expect(events).toMatchObject([
    { type: 'start', requested: 3, batches: 3 },
    { type: 'batch', attempt: 1, of: 3, ok: 1, failed: 0 },
    { type: 'batch', attempt: 1, of: 3, ok: 0, failed: 1, reason: 'http_503' },
    { type: 'batch', attempt: 1, of: 3, ok: 1, failed: 0 },
    { type: 'wait', attempt: 2, ms: 1_000, remaining: 1, cause: 'http_503' },
    { type: 'batch', attempt: 2, batch: 1, of: 1, ok: 1, failed: 0 },
    { type: 'done', requested: 3, ok: 3, failed: 0, attempts: 2 },
  ])
})

test('attempts that change nothing share their lists, so many of them cost no memory', async () => {
  const symbols = Array.from({ length: 1_000 }, (_, index) => `X:S${index}`)
  const client = clientOf(() => new Response('', { status: 503 }))
  const { attempts } = await fetchTechnicals(client, symbols, {
    attempts: 50,
    totalMs: 2 ** 31 - 1,
  })
  expect(attempts).toHaveLength(50)
  expect(new Set(attempts.map(({ failedSymbols }) => failedSymbols)).size).toBe(1)
  expect(new Set(attempts.map(({ reasons }) => reasons)).size).toBe(1)
})

test('an unexpected error of the injected parts is not swallowed', async () => {
  const client = clientOf(rowsFor)
  const broken = {
    ...client,
    scan: () => Promise.reject(new TypeError('a programming error')),
  }
  await expect(fetchTechnicals(broken, ['X:A'])).rejects.toThrow('a programming error')
})

test('the coverage artefact is the one of the contract', async () => {
  let answers = 0
  const client = clientOf(
    ({ body }) => {
      answers += 1
      if (answers === 1) {
        const d = body.columns.map(() => null)
        return json({
          totalCount: 2,
          data: [
            { s: 'A:Z', d: body.columns.map(() => 0.1).with(-1, null as never) },
            { s: 'A:Q', d },
          ],
        })
      }
      return new Response('')
    },
    { now: () => 1_789_000_000_500, elapsed: () => 0 },
  )
  const result = await fetchTechnicals(client, ['A:Z', 'A:X', 'A:Q', 'B:A'], {
    attempts: 2,
    batchSize: 3,
  })
  const coverage = formatCoverage(result, {
    runId: 'r1',
    profile: 'spot',
    candidatesSha256: 'f'.repeat(64),
    excluded: ['C:B', 'C:A'],
  })
  expect(coverage).toEqual({
    schema: 'fs.coverage/1',
    run_id: 'r1',
    profile: 'spot',
    requested: 4,
    candidates_sha256: 'f'.repeat(64),
    started_at: 1_789_000_000,
    finished_at: 1_789_000_001,
    attempts: [
      {
        idx: 1,
        fetched: 1,
        failed: 3,
        duration_s: 0,
        failed_symbols: ['A:Q', 'A:X', 'B:A'],
        reasons: { 'A:Q': 'empty', 'A:X': 'missing', 'B:A': 'failed:empty_body' },
      },
      {
        idx: 2,
        fetched: 0,
        failed: 3,
        duration_s: 0,
        failed_symbols: ['A:Q', 'A:X', 'B:A'],
        reasons: { 'A:Q': 'empty', 'A:X': 'missing', 'B:A': 'failed:empty_body' },
      },
    ],
    failed_symbols: ['A:Q', 'A:X', 'B:A'],
    excluded: ['C:A', 'C:B'],
    outcomes: { 'A:Q': 'empty', 'A:X': 'missing', 'A:Z': 'ok', 'B:A': 'failed:empty_body' },
    warnings: [],
  })
})
