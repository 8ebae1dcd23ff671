import {
  fetchTechnicals,
  type FetchEvent,
  type FetchOptions,
  type TechnicalsResult,
} from '@fs/tv-client'
import { expect, test } from 'vitest'
import type { Rule, Simulator, SimulatorOptions } from '../src/index.ts'
import { stage, symbolsOf } from './scanner.ts'

const TEN = symbolsOf(10)

async function fetchUnder(
  script: readonly Rule[],
  options: FetchOptions & { symbols?: readonly string[] } = {},
  setting: Partial<SimulatorOptions> = {},
): Promise<{ result: TechnicalsResult; simulator: Simulator; events: FetchEvent[] }> {
  const { symbols = TEN, ...fetchOptions } = options
  const { simulator, client, time } = await stage({ script, ...setting })
  const events: FetchEvent[] = []
  const result = await time.run(
    fetchTechnicals(client, symbols, {
      onProgress: (event) => events.push(event),
      ...fetchOptions,
    }),
  )
  expect(time.pending, 'no timer is left').toBe(0)
  return { result, simulator, events }
}

function messageOf({ events }: { events: readonly FetchEvent[] }): string {
  const failed = events.find((event) => event.type === 'batch' && event.reason !== undefined)
  return failed?.type === 'batch' ? (failed.message ?? '') : ''
}

const hostOf = (simulator: Simulator): string => new URL(simulator.url).host

/** Faults of a whole batch that another attempt can help: seen once, all is well at the second attempt. */
const PASSING: readonly (readonly [
  what: string,
  reason: string,
  status: string,
  fault: Rule['fault'],
])[] = [
  ['status 429', 'rate_limited', 'status 429', { kind: 'status', status: 429 }],
  ['status 408', 'rate_limited', 'status 408', { kind: 'status', status: 408 }],
  ['status 425', 'rate_limited', 'status 425', { kind: 'status', status: 425 }],
  ['status 500', 'http_500', 'status 500', { kind: 'status', status: 500, body: 'oops' }],
  ['status 503', 'http_503', 'status 503', { kind: 'status', status: 503, retryAfter: 1 }],
  ['status 403', 'blocked', 'status 403', { kind: 'status', status: 403, body: '<html>no</html>' }],
  ['an empty body', 'empty_body', 'status 200', { kind: 'empty' }],
  [
    'a blank body that is called JSON',
    'empty_body',
    'status 200',
    { kind: 'empty', body: ' \n', contentType: 'application/json' },
  ],
  ['a page', 'not_json', 'status 200', { kind: 'html' }],
  ['a page under 400', 'not_json', 'status 400', { kind: 'html', status: 400 }],
  ['a text', 'not_json', 'status 200', { kind: 'status', status: 200, body: 'hello' }],
  ['a body cut off', 'not_json', 'status 200', { kind: 'truncate', bytes: 100 }],
  [
    'a shorter body that ends well',
    'not_json',
    'status 200',
    { kind: 'truncate', bytes: 100, how: 'complete' },
  ],
  ['a list', 'shape', 'status 200', { kind: 'status', status: 200, body: [] }],
  ['null', 'shape', 'status 200', { kind: 'status', status: 200, body: null }],
  ['another object', 'shape', 'status 200', { kind: 'status', status: 200, body: { hello: 1 } }],
  [
    'JSON without an error under 422',
    'shape',
    'status 422',
    { kind: 'status', status: 422, body: {} },
  ],
  [
    'a row without a symbol',
    'shape',
    'status 200',
    { kind: 'status', status: 200, body: { totalCount: 1, data: [{ d: [] }] } },
  ],
  ['a reset', 'network', 'without a status', { kind: 'reset' }],
  ['a reset in the body', 'network', 'status 200', { kind: 'reset', at: 'body' }],
  ['no answer', 'timeout', 'without a status', { kind: 'stall' }],
  ['half an answer', 'timeout', 'status 200', { kind: 'stall', at: 'body' }],
]

for (const [what, reason, status, fault] of PASSING) {
  test(`${what} is ${reason}: all are asked again, and then all is well`, async () => {
    const run = await fetchUnder([{ times: 1, fault }])
    const { result, simulator } = run
    expect(result.attempts).toMatchObject([
      { index: 1, fetched: 0, failed: 10 },
      { index: 2, fetched: 10, failed: 0 },
    ])
    expect(new Set(Object.values(result.attempts[0]?.reasons ?? {}))).toEqual(
      new Set([`failed:${reason}`]),
    )
    expect(result.rows).toHaveLength(10)
    expect(result.failures).toEqual([])
    expect(simulator.requests.map(({ tickers }) => tickers)).toEqual([TEN, TEN])
    const message = messageOf(run)
    for (const part of [hostOf(simulator), status, 'X:S0 and 9 more symbols', 'attempt 1']) {
      expect(message).toContain(part)
    }
  })

  test(`${what} for ever ends as failed:${reason} after three attempts, and says why`, async () => {
    const { result, simulator } = await fetchUnder([{ fault }])
    expect(result.attempts.map(({ failed }) => failed)).toEqual([10, 10, 10])
    expect(result.outcomes['X:S3']).toBe(`failed:${reason}`)
    expect(result.rows).toEqual([])
    expect(simulator.requests).toHaveLength(3)
    expect(result.failures).toHaveLength(1)
    expect(result.failures[0]).toMatchObject({ reason, attempt: 3, symbols: TEN })
    for (const part of [hostOf(simulator), status, 'X:S0', 'attempt 3']) {
      expect(result.failures[0]?.message).toContain(part)
    }
  })
}

/** Faults that every further request would meet too. */
const FINAL: readonly (readonly [what: string, code: string, fault: Rule['fault']])[] = [
  [
    'an unknown column under 400',
    'unknown_column',
    {
      kind: 'status',
      status: 400,
      body: { totalCount: 0, error: 'Unknown field "RSI"', data: null },
    },
  ],
  [
    'an unknown column under 200',
    'unknown_column',
    { kind: 'error200', error: 'Unknown field "RSI"' },
  ],
  ['status 404', 'unknown_market', { kind: 'status', status: 404 }],
  ['status 401', 'unauthorized', { kind: 'status', status: 401, body: { code: 'no' } }],
  ['a redirect', 'redirected', { kind: 'status', status: 302, location: 'http://127.0.0.1:1/' }],
]

for (const [what, code, fault] of FINAL) {
  test(`${what} stops the run as ${code}, at attempt 1`, async () => {
    const { result, simulator } = await fetchUnder([{ fault }], { batchSize: 2 })
    expect(result.error).toMatchObject({ code, retryable: false })
    expect(result.attempts).toMatchObject([{ index: 1, fetched: 0, failed: 10 }])
    expect(new Set(Object.values(result.outcomes))).toEqual(new Set([`failed:${code}`]))
    expect(simulator.requests.length, 'what was in flight, no more').toBeLessThanOrEqual(3)
    for (const part of [hostOf(simulator), 'status', 'X:S', 'attempt 1']) {
      expect(result.error?.message).toContain(part)
    }
    if (code === 'unknown_column') {
      expect(result.error?.column).toBe('RSI')
      expect(result.error?.message).toContain('"RSI"')
    }
  })
}

/** Faults of single rows: only their symbols are asked again. */
const ROWS: readonly (readonly [what: string, fault: Rule['fault']])[] = [
  ['a short row', { kind: 'short_row', tickers: ['X:S4'] }],
  ['a long row', { kind: 'long_row', tickers: ['X:S4'] }],
  ['a text for a number', { kind: 'wrong_type', tickers: ['X:S4'] }],
  ['a list for a number', { kind: 'wrong_type', tickers: ['X:S4'], value: [1] }],
  ['a truth for a number', { kind: 'wrong_type', tickers: ['X:S4'], value: true }],
  [
    'a number for update_mode',
    { kind: 'wrong_type', tickers: ['X:S4'], column: 'update_mode', value: 1 },
  ],
  ['a number that no double holds', { kind: 'huge', tickers: ['X:S4'], column: 'MACD.macd' }],
]

for (const [what, fault] of ROWS) {
  test(`${what} is bad_row: that symbol alone is asked again`, async () => {
    const { result, simulator } = await fetchUnder([{ times: 1, fault }])
    expect(result.attempts[0]?.reasons).toEqual({ 'X:S4': 'failed:bad_row' })
    expect(simulator.requests.map(({ tickers }) => tickers)).toEqual([TEN, ['X:S4']])
    expect(result.rows.map(({ symbol }) => symbol)).toEqual(TEN)
    const last = await fetchUnder([{ fault }])
    expect(last.result.outcomes['X:S4']).toBe('failed:bad_row')
    for (const part of [hostOf(last.simulator), 'status 200', 'X:S4', 'attempt 3']) {
      expect(last.result.failures[0]?.message).toContain(part)
    }
  })
}

test('a page that was cut is page_cut: the absent ones alone are asked again', async () => {
  const { result, simulator } = await fetchUnder([{ times: 1, fault: { kind: 'cut', rows: 3 } }])
  const absent = simulator.requests[1]?.tickers ?? []
  expect(absent).toHaveLength(3)
  expect(new Set(Object.values(result.attempts[0]?.reasons ?? {}))).toEqual(
    new Set(['failed:page_cut']),
  )
  expect(Object.keys(result.attempts[0]?.reasons ?? {})).toEqual(absent.toSorted())
  expect(result.rows).toHaveLength(10)
})

test('a symbol that the scanner does not know is missing, and no reason to ask again', async () => {
  const { result, simulator } = await fetchUnder([], { symbols: [...TEN, 'X:NONE'] })
  expect(result.outcomes['X:NONE']).toBe('missing')
  expect(result.attempts).toMatchObject([{ fetched: 10, failed: 1 }])
  expect(simulator.requests).toHaveLength(1)
})

test('a row of nulls is empty, and no reason to ask again', async () => {
  const { result } = await fetchUnder([{ fault: { kind: 'null_row', tickers: ['X:S2'] } }])
  expect(result.outcomes['X:S2']).toBe('empty')
  expect(result.attempts).toHaveLength(1)
  expect(result.rows).toHaveLength(9)
})

test('missing and empty ride along with a further attempt, and its answer replaces them', async () => {
  const { result, simulator } = await fetchUnder(
    [
      { times: 1, fault: { kind: 'drop', tickers: ['X:S1'] } },
      { when: { nth: 2 }, fault: { kind: 'status', status: 503 } },
    ],
    { batchSize: 5 },
  )
  expect(result.attempts[0]?.reasons['X:S1']).toBe('missing')
  expect(simulator.requests[2]?.tickers).toEqual(['X:S1', 'X:S5', 'X:S6', 'X:S7', 'X:S8'])
  expect(Object.values(result.outcomes)).toEqual(Array(10).fill('ok'))
})

test('a batch of five without a single row is suspicious once, and missing the second time', async () => {
  const symbols = symbolsOf(5)
  const universe = {}
  const { result } = await fetchUnder([], { symbols }, { universe })
  expect(result.attempts[0]?.reasons['X:S0']).toBe('failed:no_rows')
  expect(result.attempts[1]?.reasons['X:S0']).toBe('missing')
  expect(result.attempts).toHaveLength(2)
  const few = await fetchUnder([], { symbols: symbolsOf(4) }, { universe })
  expect(few.result.attempts).toHaveLength(1)
  expect(few.result.outcomes['X:S0']).toBe('missing')
})

test('a body over the bound is too_large, gives its socket back, and is not asked again', async () => {
  const { simulator, client, time } = await stage({}, { maxBodyBytes: 500 })
  const result = await time.run(fetchTechnicals(client, TEN))
  expect(new Set(Object.values(result.outcomes))).toEqual(new Set(['failed:too_large']))
  expect(simulator.requests).toHaveLength(1)
  const [request] = simulator.requests
  while (request?.endedAt === undefined) await new Promise((resolve) => setImmediate(resolve))
  expect(result.failures[0]?.message).toMatch(/127\.0\.0\.1:\d+, attempt 1, ended with status 200/)
})

test('a host that is not there is network', async () => {
  const { simulator, client, time } = await stage()
  await simulator.close()
  const result = await time.run(fetchTechnicals(client, TEN, { attempts: 2 }))
  expect(result.attempts.map(({ failed }) => failed)).toEqual([10, 10])
  expect(result.outcomes['X:S0']).toBe('failed:network')
  expect(result.failures[0]?.message).toContain('ECONNREFUSED')
})

test('rows that nobody asked for are ignored with a warning, and a renamed symbol is missing', async () => {
  const { result } = await fetchUnder([{ fault: { kind: 'rename', from: 'X:S0', to: 'X:NEW' } }])
  expect(result.outcomes['X:S0']).toBe('missing')
  expect(result.rows).toHaveLength(9)
  expect(result.warnings).toMatchObject([{ code: 'unrequested_row', symbols: ['X:NEW'], count: 1 }])
  const extra = await fetchUnder([{ fault: { kind: 'extra' } }])
  expect(extra.result.rows).toHaveLength(10)
  expect(extra.result.warnings).toMatchObject([{ code: 'unrequested_row' }])
})

test('equal rows of a symbol collapse; of different ones the first stays, with a warning', async () => {
  const tickers = ['X:S7']
  const same = await fetchUnder([{ fault: { kind: 'duplicate', tickers } }])
  expect(same.result.rows).toHaveLength(10)
  expect(same.result.warnings).toEqual([])
  const other = await fetchUnder([{ fault: { kind: 'duplicate', tickers, differs: true } }])
  expect(other.result.rows[7]?.values.AO).toBe(7)
  expect(other.result.warnings).toMatchObject([{ code: 'duplicate_row', symbols: tickers }])
})

test('values beyond their bounds are kept, with a warning that names the column', async () => {
  const fault = { kind: 'wrong_type', tickers: ['X:S1'], column: 'RSI', value: 140 } as const
  const { result } = await fetchUnder([{ fault }])
  expect(result.rows[1]?.values.RSI).toBe(140)
  expect(result.warnings).toMatchObject([
    { code: 'out_of_bounds', column: 'RSI', symbols: ['X:S1'] },
  ])
})

test('rows come in the order of the input, whatever that of the answer', async () => {
  const symbols = TEN.toReversed()
  const { result } = await fetchUnder([{ fault: { kind: 'reorder' } }], { symbols })
  expect(result.rows.map(({ symbol }) => symbol)).toEqual(symbols)
})

test('429, 429, 200 is three attempts with growing waits', async () => {
  const { result, events } = await fetchUnder([
    { times: 2, fault: { kind: 'status', status: 429 } },
  ])
  expect(result.attempts.map(({ fetched }) => fetched)).toEqual([0, 0, 10])
  const waits = events.filter((event) => event.type === 'wait')
  expect(waits).toMatchObject([
    { attempt: 2, ms: 1_000, remaining: 10, cause: 'rate_limited' },
    { attempt: 3, ms: 2_000 },
  ])
})

test('one of five hundred fetched: the rest, and only the rest, is asked again', async () => {
  const symbols = symbolsOf(500)
  const { result, simulator } = await fetchUnder(
    [{ times: 1, fault: { kind: 'cut', rows: 499 } }],
    { symbols, batchSize: 500 },
    { universe: Object.fromEntries(symbols.map((symbol) => [symbol, { cells: { RSI: 50 } }])) },
  )
  expect(result.attempts).toMatchObject([
    { fetched: 1, failed: 499 },
    { fetched: 499, failed: 0 },
  ])
  expect(simulator.requests[1]?.tickers).toHaveLength(499)
  expect(result.rows.map(({ symbol }) => symbol)).toEqual(symbols)
})

for (const [form, retryAfter, atLeast, atMost] of [
  ['seconds', 7, 7_000, 7_000],
  ['a date', 'Wed, 01 Jan 2025 00:00:09 GMT', 9_000, 9_000],
  ['a date that is past', 'Tue, 31 Dec 2024 00:00:00 GMT', 1_000, 1_000],
  ['a negative number', -5, 1_000, 1_000],
  ['rubbish', 'soon', 1_000, 1_000],
  ['an hour', 3_600, 60_000, 60_000],
] as const) {
  test(`Retry-After as ${form}: the scanner is left alone for ${atLeast} ms`, async () => {
    const { simulator, events } = await fetchUnder([
      { times: 1, fault: { kind: 'status', status: 429, retryAfter } },
    ])
    expect(events.find(({ type }) => type === 'wait')).toMatchObject({ ms: atLeast })
    const [first, second] = simulator.requests
    const silence = (second?.startedAt ?? 0) - (first?.endedAt ?? 0)
    expect(silence).toBeGreaterThanOrEqual(atLeast)
    expect(silence).toBeLessThanOrEqual(atMost)
  })
}

test('a Retry-After shuts the client for the other batches of the pass too', async () => {
  const { simulator, client, time } = await stage(
    { script: [{ times: 1, fault: { kind: 'status', status: 429, retryAfter: 5 } }] },
    { concurrency: 1 },
  )
  await time.run(fetchTechnicals(client, TEN, { batchSize: 5 }))
  expect(simulator.requests.map(({ startedAt }) => startedAt)).toEqual([0, 5_000, 6_000])
})

test('at most three requests are in flight, and starts keep their distance', async () => {
  const symbols = symbolsOf(40)
  const { simulator, client, time } = await stage({}, { spacingMs: 500 })
  await time.run(fetchTechnicals(client, symbols, { batchSize: 4 }))
  expect(simulator.maxInFlight).toBeLessThanOrEqual(3)
  expect(simulator.requests.map(({ startedAt }) => startedAt)).toEqual(
    Array.from({ length: 10 }, (_, index) => index * 500),
  )
  const eager = await stage({ script: [{ fault: { kind: 'slow', ms: 3 } }] })
  await eager.time.run(fetchTechnicals(eager.client, symbols, { batchSize: 4 }))
  expect(eager.simulator.maxInFlight).toBe(3)
})

test('after five failures in a row the rest of the pass is not sent, and asked in the next', async () => {
  const symbols = symbolsOf(40)
  const { simulator, client, time } = await stage(
    { universe: {}, script: [{ when: { to: 5 }, fault: { kind: 'status', status: 503 } }] },
    { concurrency: 1 },
  )
  const result = await time.run(fetchTechnicals(client, symbols, { batchSize: 4, attempts: 2 }))
  expect(simulator.requests.map(({ tickers }) => tickers[0])).toEqual([
    'X:S0',
    'X:S4',
    'X:S8',
    'X:S12',
    'X:S16',
    ...symbols.filter((_, index) => index % 4 === 0),
  ])
  expect(result.attempts[0]?.reasons['X:S39']).toBe('failed:not_sent')
  expect(result.attempts[1]?.reasons['X:S39']).toBe('missing')
})

test('a wait that would pass the bound of the whole fetch is not begun', async () => {
  const { result, events } = await fetchUnder([{ fault: { kind: 'status', status: 503 } }], {
    totalMs: 2_500,
  })
  expect(events.filter(({ type }) => type === 'wait')).toHaveLength(1)
  expect(result.attempts).toHaveLength(2)
  expect(result.outcomes['X:S0']).toBe('failed:http_503')
})

test('requests that are running at the bound of the whole fetch end as failed:deadline', async () => {
  const { result } = await fetchUnder([{ when: { ticker: 'X:S0' }, fault: { kind: 'stall' } }], {
    batchSize: 5,
    totalMs: 3_000,
  })
  expect(result.outcomes['X:S0']).toBe('failed:deadline')
  expect(result.outcomes['X:S5']).toBe('ok')
  expect(result.attempts).toMatchObject([{ fetched: 5, failed: 5, durationMs: 3_000 }])
  expect(result.failures[0]?.message).toContain('exceeded 3000 ms')
})
