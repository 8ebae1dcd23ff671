import { expect, test } from 'vitest'
import {
  fetchTechnicals,
  formatSymbol,
  parseSymbol,
  planColumns,
  SCANNER_TIMEFRAMES,
  type Cell,
  type ScannerError,
} from '../src/index.ts'
import { clientOf, json } from './fake-scanner.ts'
import { listCaptures, readCapture, readCaptureJson, withoutData } from './shared-data.ts'

const skipped = withoutData !== ''

interface WireRequest {
  path: string
  body: { symbols?: { tickers: string[] }; columns: string[]; range: [number, number] }
}
const readRequest = (path: string): WireRequest => readCaptureJson(path)

const THREE = 'wire/scan_3_tickers.request.json'
/** Bodies by the request they answer, and how many rows they hold; each is also read in other tests by its peculiarity. */
const BODIES: readonly (readonly [
  body: string,
  request: string,
  rows: number,
  totalCount: number,
])[] = [
  ['scan_3_tickers', THREE, 3, 3],
  ['scan_3_tickers_reordered', THREE, 3, 3],
  ['scan_3_tickers_one_missing', THREE, 2, 2],
  ['scan_3_tickers_page_cut', THREE, 2, 3],
  ['scan_3_tickers_duplicate', THREE, 4, 3],
  ['scan_3_tickers_null_row', THREE, 3, 3],
  ['scan_100_rows', 'wire/scan_100_rows.request.json', 100, 19_096],
  ['scan_aapl_81_columns', 'wire/scan_aapl_81_columns.request.json', 1, 1],
  ['scan_aapl_81_columns_exponents', 'wire/scan_aapl_81_columns.request.json', 1, 1],
]

for (const [name, requestFile, rows, totalCount] of BODIES) {
  test.skipIf(skipped)(`${name} is read cell by cell${withoutData}`, async () => {
    const { path, body } = readRequest(requestFile)
    const text = readCapture(`wire/${name}.body.json`)
    const client = clientOf(() => new Response(text))
    const [, market = ''] = path.split('/')
    const answer = await client.scan({
      market,
      columns: body.columns,
      range: body.range,
      ...(body.symbols && { tickers: body.symbols.tickers }),
    })
    const { data } = JSON.parse(text) as { data: { s: string; d: Cell[] }[] }
    expect(answer.totalCount).toBe(totalCount)
    expect(answer.rows).toHaveLength(rows)
    expect(answer.rows).toEqual(data.map(({ s, d }) => ({ symbol: s, cells: d })))
    expect(client.seen[0]?.url.pathname).toBe(path)
    expect(client.seen[0]?.body).toMatchObject({ columns: body.columns, range: body.range })
  })
}

test.skipIf(skipped)(`numbers with exponents are the same numbers${withoutData}`, async () => {
  const { body } = readRequest('wire/scan_aapl_81_columns.request.json')
  const [plain, exponents] = await Promise.all(
    ['', '_exponents'].map((ending) =>
      clientOf(
        () => new Response(readCapture(`wire/scan_aapl_81_columns${ending}.body.json`)),
      ).scan({ columns: body.columns, tickers: ['NASDAQ:AAPL'] }),
    ),
  )
  expect(exponents?.rows).toEqual(plain?.rows)
})

test.skipIf(skipped)(`a short row is named, and the others are read${withoutData}`, async () => {
  const { body } = readRequest(THREE)
  const client = clientOf(
    () => new Response(readCapture('wire/scan_3_tickers_short_row.body.json')),
  )
  const answer = await client.scan({ columns: body.columns, tickers: body.symbols?.tickers ?? [] })
  expect(answer.rows).toHaveLength(2)
  expect(answer.badRows).toEqual([
    { symbol: expect.any(String) as string, message: 'had 4 cells for 9 columns' },
  ])
})

test.skipIf(skipped)(`a body cut off is no JSON${withoutData}`, async () => {
  const client = clientOf(() => new Response(readCapture('wire/scan_3_tickers_cut.body.txt')))
  await expect(client.scan({ columns: [], tickers: ['NYSE:GS'] })).rejects.toMatchObject({
    code: 'not_json',
    retryable: true,
  })
})

test.skipIf(skipped)(`scan2 is decoded by the fields it returns${withoutData}`, async () => {
  const { body } = readRequest(THREE)
  const tickers = body.symbols?.tickers ?? []
  const read = (file: string) =>
    clientOf(() => new Response(readCapture(`wire/${file}`))).scan({
      columns: body.columns,
      tickers,
      form: file.startsWith('scan2') ? 'scan2' : 'scan',
    })
  const second = await read('scan2_3_tickers.body.json')
  expect(second.rows).toEqual((await read('scan_3_tickers.body.json')).rows)
  expect(second.serverTime).toBe(Date.parse('2026-04-07T14:00:00Z') / 1000)
  expect(await read('scan2_no_rows.body.json')).toMatchObject({ totalCount: 0, rows: [] })
})

test.skipIf(skipped)(`absurd but finite numbers are kept${withoutData}`, async () => {
  const text = readCapture('wire/scan_crypto_absurd.body.json')
  const { data } = JSON.parse(text) as { data: { d: Cell[] }[] }
  const width = data[0]?.d.length ?? 0
  const client = clientOf(() => new Response(text))
  const columns = Array.from({ length: width }, (_, index) => `c${index}`)
  const answer = await client.scan({ columns, range: [0, 100] })
  expect(answer.badRows).toEqual([])
  const numbers = answer.rows.flatMap(({ cells }) =>
    cells.filter((cell) => typeof cell === 'number'),
  )
  expect(Math.max(...numbers)).toBeGreaterThan(5.8e26)
})

test.skipIf(skipped)(`the captured page of five rows is read${withoutData}`, async () => {
  const client = clientOf(() => new Response(readCapture('wire/scan_5_rows.body.json')))
  const answer = await client.scan({ columns: ['close', 'volume'], range: [0, 5] })
  expect(answer.totalCount).toBe(17_559)
  expect(answer.rows[0]).toEqual({ symbol: 'NASDAQ:NVDA', cells: [116.14, 312_636_630] })
})

test.skipIf(skipped)(
  `every captured answer about one symbol is read under its names${withoutData}`,
  async () => {
    interface SymbolCapture {
      request: string
      status: number
      body: Record<string, Cell>
    }
    const captures = readCaptureJson<SymbolCapture[]>('wire/symbol_bodies.json')
    expect(captures.length).toBeGreaterThan(10)
    for (const { request, status, body } of captures) {
      const client = clientOf(() => json(body, { status }))
      const { searchParams } = new URL(request, 'https://scanner.example')
      const symbol = searchParams.get('symbol') ?? ''
      const answer = await client.symbol(symbol, Object.keys(body))
      expect(answer.values).toEqual(body)
      const { pathname, search } = client.seen[0]!.url
      expect(pathname + search, 'written as it was seen').toBe(request)
    }
  },
)

test.skipIf(skipped)(
  `every reported error is judged as its users found out${withoutData}`,
  async () => {
    interface ErrorCapture {
      name: string
      status: number
      body: string
      headers?: Record<string, string>
    }
    const expected: Readonly<Record<string, string>> = {
      unknown_field_400: 'unknown_column',
      unknown_field_200: 'unknown_column',
      json_parse_error: 'rejected',
      symbol_not_exists: 'missing',
      symbol_not_exists_errmsg: 'missing',
      symbol_null: 'missing',
      symbol_empty_object: 'missing',
      market_misspelt: 'unknown_market',
      throttled_empty_200: 'empty_body',
      throttled_429: 'rate_limited',
      blocked_403: 'blocked',
      edge_html_400: 'not_json',
      html_200: 'not_json',
    }
    const captures = readCaptureJson<ErrorCapture[]>('wire/error_bodies.json')
    expect(captures.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted())
    for (const { name, status, body, headers = {} } of captures) {
      const client = clientOf(() => new Response(body, { status, headers }))
      if (expected[name] === 'missing') {
        expect(await client.symbol('X:A', ['RSI']), name).toMatchObject({ values: undefined })
        continue
      }
      const error = await client
        .scan({ columns: ['change.5'], tickers: ['X:A'] })
        .catch((cause: unknown) => cause as ScannerError)
      expect(error, name).toMatchObject({ name: 'ScannerError', code: expected[name], status })
      if (name.startsWith('unknown_field')) expect(error).toMatchObject({ column: 'change.5' })
      if (name === 'throttled_429') expect(error).toMatchObject({ retryAfterMs: 30_000 })
    }
  },
)

const mapped = listCaptures('mapped').filter((path) => !path.startsWith('mapped/technicals'))

test.skipIf(skipped)(
  `all mapped captures, put back on the wire, come out as they went in${withoutData}`,
  async () => {
    interface Mapped {
      data: Record<string, Cell>[] | Record<string, Cell>
      metadata?: { total_available?: number }
    }
    let rows = 0
    for (const path of mapped) {
      const { data, metadata } = readCaptureJson<Mapped>(path)
      const records = Array.isArray(data) ? data : [data]
      const columns = Object.keys(records[0] ?? {}).filter((key) => key !== 'symbol')
      const totalCount = metadata?.total_available ?? records.length
      const body = {
        totalCount,
        data: records.map((record) => ({
          s: record.symbol,
          d: columns.map((column) => record[column] ?? null),
        })),
      }
      const client = clientOf(() => json(body))
      const answer = await client.scan({ columns, range: [0, records.length] })
      expect(answer.badRows, path).toEqual([])
      for (const [index, { symbol, cells }] of answer.rows.entries()) {
        const { symbol: original, ...values } = records[index]!
        expect(symbol).toBe(original)
        expect(formatSymbol(parseSymbol(symbol)), 'every real symbol is one to us').toBe(symbol)
        expect(cells).toEqual(Object.values(values))
      }
      rows += answer.rows.length
    }
    expect(mapped.length).toBe(83)
    expect(rows).toBeGreaterThan(1_000)
  },
)

test.skipIf(skipped)(
  `the ratings of every captured symbol are fetched as they are${withoutData}`,
  async () => {
    const ratings = new Map<string, Cell>()
    for (const path of mapped) {
      const { data } = readCaptureJson<{ data: Record<string, Cell>[] }>(path)
      if (!Array.isArray(data)) continue
      for (const { symbol, 'Recommend.All': rating } of data) {
        if (typeof symbol === 'string' && typeof rating === 'number') ratings.set(symbol, rating)
      }
    }
    expect(ratings.size).toBe(489)
    const client = clientOf(({ body }) => {
      const tickers = body.symbols?.tickers ?? []
      const data = tickers.toReversed().map((s) => ({
        s,
        d: body.columns.map((column) => (column === 'Recommend.All' ? ratings.get(s) : null)),
      }))
      return json({ totalCount: data.length, data })
    })
    const result = await fetchTechnicals(client, [...ratings.keys()])
    expect(result.rows.map(({ symbol }) => symbol)).toEqual([...ratings.keys()])
    expect(result.rows.map(({ values }) => values['Recommend.All'])).toEqual([...ratings.values()])
    expect(result.warnings.filter(({ code }) => code === 'out_of_bounds')).toEqual([])
  },
)

test.skipIf(skipped)(
  `all 81 captured indicators are one row, and each timeframe’s RSI too${withoutData}`,
  async () => {
    for (const path of listCaptures('mapped/technicals')) {
      const values = readCaptureJson<Record<string, Cell>>(path)
      const client = clientOf(() => json(values))
      expect((await client.symbol('NASDAQ:AAPL', Object.keys(values))).values, path).toEqual(values)
    }
  },
)

test.skipIf(skipped)(`every column that is asked for exists where ratings do${withoutData}`, () => {
  const catalogue = readCaptureJson<Record<string, { name: string }[]>>(
    'catalogue/fields_by_market.json',
  )
  const { columns } = planColumns(SCANNER_TIMEFRAMES)
  expect(columns).toHaveLength(11 * 10 + 4)
  for (const market of ['stock', 'crypto', 'forex', 'coin']) {
    const names = new Set(catalogue[market]?.map(({ name }) => name))
    const absent = columns.filter((column) => !names.has(column))
    expect(absent, market).toEqual([])
  }
  const { indicators } = readCaptureJson<{ indicators: Record<string, string> }>(
    'catalogue/timeframes.json',
  )
  for (const [timeframe, suffix] of Object.entries(indicators)) {
    const ours = timeframe === '1M' ? '1mo' : timeframe
    const plan = planColumns([ours as (typeof SCANNER_TIMEFRAMES)[number]])
    expect(plan.columns).toContain(suffix === '' ? 'RSI' : `RSI|${suffix}`)
  }
})
