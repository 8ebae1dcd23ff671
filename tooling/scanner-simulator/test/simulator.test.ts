import { generateMarket } from '@fs/market-generator'
import { components, rateLast, resample } from '@fs/ratings'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import {
  startSimulator,
  universeOfMarket,
  type Fault,
  type Simulator,
  type SimulatorOptions,
} from '../src/index.ts'
import { CELLS, symbolsOf, universeOf } from './scanner.ts'

const TEN = symbolsOf(10)

async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ universe: universeOf(TEN), ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

interface ScanBody {
  totalCount: number
  data: { s: string; d: unknown[] }[] | null
  error?: string
}

async function post(
  simulator: Simulator,
  body: unknown,
  path = '/global/scan',
): Promise<{ status: number; json: ScanBody; text: string; headers: Headers }> {
  const response = await fetch(simulator.url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
  })
  const text = await response.text()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return { status: response.status, json: json as ScanBody, text, headers: response.headers }
}

const ask = (tickers: readonly string[], columns: readonly string[] = ['name', 'RSI', 'AO']) => ({
  symbols: { tickers, query: { types: [] } },
  columns,
  range: [0, tickers.length],
})

test('without a range fifty rows come, silently, even for more tickers', async () => {
  const symbols = symbolsOf(120)
  const simulator = await start({ universe: universeOf(symbols) })
  const { range: _, ...unbounded } = ask(symbols)
  const { json } = await post(simulator, unbounded)
  expect(json.data).toHaveLength(50)
  expect(json.totalCount).toBe(120)
})

test('a range ends before its second number, and must not be negative', async () => {
  const simulator = await start()
  const { json } = await post(simulator, { ...ask(TEN), range: [2, 5] })
  expect(json.data).toHaveLength(3)
  expect((await post(simulator, { ...ask(TEN), range: [0, -1] })).status).toBe(400)
})

test('rows come in an order of the server’s own, the same for the same seed', async () => {
  const orders = await Promise.all(
    [1, 1, 2].map(async (seed) => {
      const { json } = await post(await start({ seed }), ask(TEN))
      return json.data?.map(({ s }) => s).join()
    }),
  )
  expect(orders[0]).toBe(orders[1])
  expect(orders[0]).not.toBe(orders[2])
  expect(orders[0]).not.toBe(TEN.join())
})

test('what is no JSON is refused, an unknown market is 404, unknown tickers are absent', async () => {
  const simulator = await start()
  expect(await post(simulator, '{')).toMatchObject({
    status: 400,
    json: { totalCount: 0, error: 'json parse error', data: null },
  })
  expect((await post(simulator, ask(TEN), '/atlantis/scan')).status).toBe(404)
  expect((await fetch(`${simulator.url}/global/scan`)).status).toBe(405)
  expect((await post(simulator, ask(TEN), '/global/scan/more')).status).toBe(404)
  const { json } = await post(simulator, ask(['X:S1', 'X:NONE']))
  expect(json).toMatchObject({ totalCount: 1, data: [{ s: 'X:S1' }] })
})

test('a symbol of one market is found there and on global', async () => {
  const universe = { 'X:A': { cells: CELLS, market: 'crypto' }, 'X:B': { cells: CELLS } }
  const simulator = await start({ universe })
  const found = async (path: string, more = {}): Promise<unknown> =>
    (await post(simulator, { ...ask(['X:A', 'X:B']), ...more }, path)).json.data
      ?.map(({ s }) => s)
      .toSorted()
  expect(await found('/global/scan')).toEqual(['X:A', 'X:B'])
  expect(await found('/crypto/scan')).toEqual(['X:A', 'X:B'])
  expect(await found('/america/scan')).toEqual(['X:B'])
  expect(await found('/global/scan', { markets: ['america'] })).toEqual(['X:B'])
})

test('an unknown column is refused under 400, under 200, or answered with null', async () => {
  const query = ask(TEN, ['RSI', 'RSI|3'])
  const body = { totalCount: 0, error: 'Unknown field "RSI|3"', data: null }
  expect(await post(await start(), query)).toMatchObject({ status: 400, json: body })
  expect(await post(await start({ unknownColumns: '200' }), query)).toMatchObject({
    status: 200,
    json: body,
  })
  const { json } = await post(await start({ unknownColumns: 'null' }), query)
  expect(json.data?.[0]?.d).toEqual([61.5, null])
})

test('filters and sorts', async () => {
  const universe = {
    'X:A': { cells: { RSI: 30, type: 'stock', close: 10, EMA20: 8 } },
    'X:B': { cells: { RSI: 50, type: 'spot', close: 10, EMA20: 12 } },
    'X:C': { cells: { RSI: 70, type: 'spot', close: 10, EMA20: null } },
    'X:D': { cells: { RSI: null, type: 'spot', close: 10, EMA20: 10 } },
  }
  const simulator = await start({ universe })
  const found = async (more: object): Promise<string | undefined> =>
    (await post(simulator, { columns: [], range: [0, 9], ...more })).json.data
      ?.map(({ s }) => s.slice(2))
      .toSorted()
      .join('')
  const by = (left: string, operation: string, right?: unknown): object => ({
    filter: [{ left, operation, right }],
  })
  expect(await found(by('RSI', 'greater', 50))).toBe('C')
  expect(await found(by('RSI', 'egreater', 50))).toBe('BC')
  expect(await found(by('RSI', 'less', 50))).toBe('A')
  expect(await found(by('RSI', 'eless', 50))).toBe('AB')
  expect(await found(by('close', 'greater', 'EMA20'))).toBe('A')
  expect(await found(by('RSI', 'in_range', [30, 50]))).toBe('AB')
  expect(await found(by('RSI', 'not_in_range', [30, 50]))).toBe('C')
  expect(await found(by('type', 'in_range', ['stock', 'fund']))).toBe('A')
  expect(await found(by('type', 'equal', 'spot'))).toBe('BCD')
  expect(await found(by('type', 'nequal', 'spot'))).toBe('A')
  expect(await found(by('type', 'match', 'STO'))).toBe('A')
  expect(await found(by('type', 'has', ['spot']))).toBe('BCD')
  expect(await found(by('type', 'has_none_of', ['spot']))).toBe('A')
  expect(await found(by('RSI', 'empty'))).toBe('D')
  expect(await found(by('RSI', 'nempty'))).toBe('ABC')
  expect(await found(by('close', 'above%', ['EMA20', 1.2]))).toBe('A')
  expect(await found(by('close', 'below%', ['EMA20', 0.9]))).toBe('B')
  const expression = (left: string, operation: string, right: unknown): object => ({
    expression: { left, operation, right },
  })
  const operands = [expression('RSI', 'greater', 60), expression('type', 'equal', 'stock')]
  expect(await found({ filter2: { operator: 'or', operands } })).toBe('AC')
  expect(await found({ filter2: { operator: 'and', operands } })).toBe('')
  expect(
    (await post(simulator, { range: [0, 9], ...by('RSI', 'wobbles', 1) })).json.error,
  ).toContain('wobbles')
  const sorted = async (sortOrder: string): Promise<string | undefined> =>
    (
      await post(simulator, { columns: [], range: [0, 9], sort: { sortBy: 'RSI', sortOrder } })
    ).json.data
      ?.map(({ s }) => s.slice(2))
      .join('')
  expect(await sorted('desc')).toBe('CBAD')
  expect(await sorted('asc')).toBe('ABCD')
})

test('scan2 gives its fields in an order of its own, its clock, and no symbols when there are none', async () => {
  const simulator = await start({ now: 1_775_570_400 })
  const { text } = await post(simulator, ask(['X:S1']), '/global/scan2')
  expect(JSON.parse(text)).toEqual({
    totalCount: 1,
    fields: ['AO', 'RSI', 'name'],
    symbols: [{ s: 'X:S1', f: [1, 61.5, 'S1'] }],
    time: '2026-04-07T14:00:00Z',
  })
  const none = await post(simulator, ask(['X:NONE']), '/global/scan2')
  expect(JSON.parse(none.text)).not.toHaveProperty('symbols')
})

test('/symbol answers under the requested names, and knows when not to say 404', async () => {
  const simulator = await start()
  const symbolOf = async (query: string): Promise<[number, unknown]> => {
    const response = await fetch(`${simulator.url}/symbol?${query}`)
    return [response.status, await response.json()]
  }
  const fields = `fields=${encodeURIComponent('RSI,update_mode,nonsense')}`
  expect(await symbolOf(`symbol=X%3AS1&${fields}`)).toEqual([
    200,
    { RSI: 61.5, update_mode: 'streaming' },
  ])
  expect(await symbolOf(`symbol=X%3ANONE&${fields}`)).toEqual([404, { code: 'symbol_not_exists' }])
  expect(await symbolOf(`symbol=X%3ANONE&${fields}&no_404=true`)).toEqual([200, null])
})

test('metainfo lists every column, suffixes included', async () => {
  const simulator = await start()
  const response = await fetch(`${simulator.url}/america/metainfo`)
  const { fields } = (await response.json()) as { fields: { n: string; t: string; r: null }[] }
  const names = fields.map(({ n }) => n)
  expect(names).toEqual(expect.arrayContaining([...Object.keys(CELLS), 'RSI|60', 'ADX+DI|1W']))
  expect(names).not.toContain('RSI|1D')
  expect(new Set(names).size).toBe(names.length)
})

test('numbers can be written with exponents, as some answers are', async () => {
  const { text, json } = await post(await start({ exponents: true }), ask(['X:S1'], ['RSI', 'AO']))
  expect(text).toContain('[6.15e+01,1e+00]')
  expect(json.data?.[0]?.d).toEqual([61.5, 1])
})

test('technicals are computed from the bars up to now, by the formula of the scanner', async () => {
  const market = generateMarket({ seed: 3, symbols: 2, bars: 300, disturbances: [] })
  const [first] = market
  const { symbol, bars } = first!
  const columns = ['Recommend.All', 'RSI', 'AO', 'RSI|1W', 'RSI|60', 'Volatility.D', 'Perf.W']
  const last = bars.timestamp.length - 1
  for (const until of [last, last - 40]) {
    const simulator = await start({
      universe: universeOfMarket(market),
      now: bars.timestamp[until]! + 3_600,
    })
    const { json } = await post(simulator, ask([symbol], columns))
    const cut = (column: Float64Array): Float64Array => column.slice(0, until + 1)
    const seen = {
      timestamp: cut(bars.timestamp),
      open: cut(bars.open),
      high: cut(bars.high),
      low: cut(bars.low),
      close: cut(bars.close),
      volume: cut(bars.volume),
    }
    const { rsi, ao } = components(seen)
    const weekly = components(resample(seen, '1w', { unfinished: true }))
    const before = seen.close[until - 1]!
    const trueRange = Math.max(seen.high[until]!, before) - Math.min(seen.low[until]!, before)
    expect(json.data?.[0]?.d).toEqual([
      rateLast(seen, { formula: 'tradingview' }).all,
      rsi[until],
      ao[until],
      weekly.rsi.at(-1),
      null,
      (trueRange * 100) / seen.low[until]!,
      (seen.close[until]! / seen.close[until - 7]! - 1) * 100,
    ])
  }
})

/** Each fault of content, and what a plain request sees of it. */
const FAULTS: readonly (readonly [Fault, (answer: Awaited<ReturnType<typeof post>>) => void])[] = [
  [
    { kind: 'status', status: 429, retryAfter: 'Wed, 21 Oct 2015 07:28:00 GMT' },
    ({ status, headers }) => {
      expect(status).toBe(429)
      expect(headers.get('retry-after')).toBe('Wed, 21 Oct 2015 07:28:00 GMT')
    },
  ],
  [
    { kind: 'status', status: 418, body: { error: 'teapot' } },
    ({ json }) => expect(json.error).toBe('teapot'),
  ],
  [
    { kind: 'status', status: 301, location: '/elsewhere' },
    ({ headers }) => expect(headers.get('location')).toBe('/elsewhere'),
  ],
  [
    { kind: 'html', status: 400 },
    ({ status, text, headers }) => {
      expect(status).toBe(400)
      expect(text).toContain('<html>')
      expect(headers.get('content-type')).toBe('text/html')
    },
  ],
  [
    { kind: 'empty', contentType: 'application/json' },
    ({ status, text, headers }) => {
      expect([status, text]).toEqual([200, ''])
      expect(headers.get('content-type')).toBe('application/json')
    },
  ],
  [{ kind: 'truncate', bytes: 20, how: 'complete' }, ({ text }) => expect(text).toHaveLength(20)],
  [{ kind: 'slow', ms: 1, perByteMs: 0 }, ({ json }) => expect(json.data).toHaveLength(10)],
  [
    { kind: 'drop', tickers: ['X:S1'] },
    ({ json }) => expect([json.totalCount, json.data?.length]).toEqual([9, 9]),
  ],
  [
    { kind: 'cut', rows: 2 },
    ({ json }) => expect([json.totalCount, json.data?.length]).toEqual([10, 8]),
  ],
  [
    { kind: 'duplicate', tickers: ['X:S4'], differs: true },
    ({ json }) => {
      const rows = json.data?.filter(({ s }) => s === 'X:S4')
      expect(rows?.map(({ d }) => d[2])).toEqual([4, 2])
    },
  ],
  [
    { kind: 'extra' },
    ({ json }) => expect(json.data?.map(({ s }) => s)).toContain('SIMULATED:UNASKED'),
  ],
  [
    { kind: 'rename', from: 'X:S1', to: 'X:R' },
    ({ json }) => expect(json.data?.map(({ s }) => s)).toContain('X:R'),
  ],
  [
    { kind: 'null_row', tickers: ['X:S1'] },
    ({ json }) => expect(json.data?.find(({ s }) => s === 'X:S1')?.d).toEqual([null, null, null]),
  ],
  [
    { kind: 'short_row', tickers: ['X:S1'] },
    ({ json }) => expect(json.data?.find(({ s }) => s === 'X:S1')?.d).toHaveLength(2),
  ],
  [
    { kind: 'long_row', tickers: ['X:S1'] },
    ({ json }) => expect(json.data?.find(({ s }) => s === 'X:S1')?.d).toHaveLength(4),
  ],
  [
    { kind: 'wrong_type', tickers: ['X:S1'], column: 'AO', value: 'n/a' },
    ({ json }) => expect(json.data?.find(({ s }) => s === 'X:S1')?.d[2]).toBe('n/a'),
  ],
  [{ kind: 'huge', tickers: ['X:S1'] }, ({ text }) => expect(text).toContain('1e999')],
  [
    { kind: 'null_column', column: 'RSI' },
    ({ json }) => expect(new Set(json.data?.map(({ d }) => d[1]))).toEqual(new Set([null])),
  ],
  [
    { kind: 'error200', error: 'no' },
    ({ status, json }) =>
      expect([status, json]).toEqual([200, { totalCount: 0, error: 'no', data: null }]),
  ],
]

for (const [fault, see] of FAULTS) {
  test(`the fault ${JSON.stringify(fault)} happens once, and is recorded`, async () => {
    const simulator = await start({ script: [{ times: 1, fault }] })
    see(await post(simulator, ask(TEN)))
    const { json } = await post(simulator, ask(TEN))
    expect(json).toMatchObject({ totalCount: 10 })
    expect(simulator.requests.map((request) => request.fault)).toEqual([fault.kind, undefined])
  })
}

test('reorder turns the rows round', async () => {
  const simulator = await start({ script: [{ times: 1, fault: { kind: 'reorder' } }] })
  const turned = (await post(simulator, ask(TEN))).json.data
  expect((await post(simulator, ask(TEN))).json.data).toEqual(turned?.toReversed())
})

for (const fault of [
  { kind: 'reset' },
  { kind: 'reset', at: 'body' },
  { kind: 'truncate', bytes: 10 },
] as const) {
  test(`after ${JSON.stringify(fault)} there is no whole answer`, async () => {
    const simulator = await start({ script: [{ fault }] })
    await expect(post(simulator, ask(TEN))).rejects.toThrow()
  })
}

test('a stalled request hangs until the simulator closes', async () => {
  for (const at of ['headers', 'body'] as const) {
    const simulator = await start({ script: [{ fault: { kind: 'stall', at } }] })
    const failure = post(simulator, ask(TEN)).catch(() => 'ended')
    while (simulator.stalled === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(simulator.requests[0]?.endedAt).toBeUndefined()
    await simulator.close()
    expect(await failure).toBe('ended')
  }
})

test('rules are tried in order, and choose by path, ticker, column and number', async () => {
  const status = (code: number) => ({ kind: 'status', status: code }) as const
  const simulator = await start({
    script: [
      { when: { path: '/metainfo' }, fault: status(501) },
      { when: { ticker: 'X:S9' }, times: 1, fault: status(502) },
      { when: { column: 'ADX' }, fault: status(503) },
      { when: { path: '/scan', nth: 4 }, fault: status(504) },
      { when: { path: '/scan', from: 6, to: 7 }, fault: status(505) },
    ],
  })
  const statusOf = async (query: unknown): Promise<number> => (await post(simulator, query)).status
  expect((await fetch(`${simulator.url}/global/metainfo`)).status).toBe(501)
  expect(await statusOf(ask(['X:S9']))).toBe(502)
  expect(await statusOf(ask(['X:S9']))).toBe(200)
  expect(await statusOf(ask(['X:S1'], ['ADX']))).toBe(503)
  expect(await statusOf(ask(['X:S1']))).toBe(504)
  expect(await statusOf(ask(['X:S1']))).toBe(200)
  expect(await statusOf(ask(['X:S1']))).toBe(505)
  expect(await statusOf(ask(['X:S1']))).toBe(505)
  expect(await statusOf(ask(['X:S1']))).toBe(200)
  simulator.reset()
  expect(simulator.requests).toEqual([])
  expect(await statusOf(ask(['X:S9']))).toBe(502)
  simulator.setScript([])
  expect(await statusOf(ask(['X:S1'], ['ADX']))).toBe(200)
})

test('every request is recorded', async () => {
  const simulator = await start()
  const body = JSON.stringify(ask(['X:S1', 'X:S2']))
  await fetch(`${simulator.url}/global/scan`, {
    method: 'POST',
    body,
    headers: { 'user-agent': 'tester', cookie: 'sessionid=secret' },
  }).then((response) => response.text())
  expect(simulator.requests).toMatchObject([
    {
      seq: 1,
      method: 'POST',
      path: '/global/scan',
      tickers: ['X:S1', 'X:S2'],
      columns: ['name', 'RSI', 'AO'],
      range: [0, 2],
      inFlight: 1,
      status: 200,
      userAgent: 'tester',
      hasCookie: true,
      bytes: body.length,
    },
  ])
  const [request] = simulator.requests
  expect(request?.endedAt).toBeGreaterThanOrEqual(request?.startedAt ?? Infinity)
  expect(JSON.stringify(simulator.requests)).not.toContain('secret')
})

test('it listens on this machine only, and not at all when it is closed', async () => {
  const simulator = await start()
  const { hostname, port } = new URL(simulator.url)
  expect(hostname).toBe('127.0.0.1')
  await simulator.close()
  const socket = connect(Number(port), hostname)
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
})
