import fc from 'fast-check'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import {
  createScannerClient,
  fetchTechnicals,
  formatCoverage,
  SCANNER_URL,
  type FetchEvent,
  type ScannerClient,
  type ScannerError,
} from '../src/index.ts'
import { clientOf, json, rowsFor } from './fake-scanner.ts'

const SECRET = 'k3v9x0secretsecretsecret77777777'

test('a scan always sends its range: without one the scanner would send fifty rows in silence', async () => {
  const client = clientOf(rowsFor)
  await client.scan({ columns: ['RSI'], tickers: ['X:A', 'X:B'] })
  expect(client.seen[0]?.body).toEqual({
    symbols: { tickers: ['X:A', 'X:B'], query: { types: [] } },
    columns: ['RSI'],
    range: [0, 2],
  })
  await expect(client.scan({ columns: ['RSI'] })).rejects.toThrow(RangeError)
  await expect(client.scan({ columns: [], range: [0, -1] })).rejects.toThrow(/range must be/)
  expect(client.seen).toHaveLength(1)
})

test('a screen travels as the scanner reads it', async () => {
  const client = clientOf(() => json({ totalCount: 0, data: null }))
  const answer = await client.scan({
    market: 'america',
    columns: ['name', 'close'],
    range: [0, 200],
    filter: [{ left: 'close', operation: 'greater', right: 100 }],
    filter2: { operator: 'and', operands: [] },
    sort: { sortBy: 'volume', sortOrder: 'desc' },
    markets: ['america'],
    symbolset: ['SYML:SP;SPX'],
    types: ['stock'],
    lang: 'en',
  })
  expect(answer).toMatchObject({ totalCount: 0, rows: [] })
  expect(client.seen[0]).toMatchObject({
    method: 'POST',
    url: { pathname: '/america/scan' },
    body: {
      symbols: { symbolset: ['SYML:SP;SPX'], query: { types: ['stock'] } },
      columns: ['name', 'close'],
      range: [0, 200],
      filter: [{ left: 'close', operation: 'greater', right: 100 }],
      filter2: { operator: 'and', operands: [] },
      sort: { sortBy: 'volume', sortOrder: 'desc' },
      markets: ['america'],
      options: { lang: 'en' },
    },
  })
})

test('the name of a market cannot lead out of its place in the path', async () => {
  const client = clientOf(rowsFor)
  for (const market of ['../admin', 'America', 'a/b', '', 'usa?x=1']) {
    await expect(client.scan({ market, columns: [], range: [0, 1] })).rejects.toThrow(RangeError)
    await expect(client.metainfo(market)).rejects.toThrow(RangeError)
  }
  expect(client.seen).toEqual([])
})

test('columns with a plus sign, a line or a bracket travel encoded', async () => {
  const columns = ['ADX+DI', 'ADX-DI', 'RSI[1]|60']
  const client = clientOf(() => json({ 'ADX+DI': 1, more: 2 }))
  const answer = await client.symbol('CME_MINI:ES1!', columns)
  expect(client.seen[0]?.url.search).toBe(
    '?symbol=CME_MINI%3AES1%21&fields=ADX%2BDI%2CADX-DI%2CRSI%5B1%5D%7C60&no_404=true',
  )
  expect(answer.values).toEqual({ 'ADX+DI': 1, 'ADX-DI': null, 'RSI[1]|60': null })
})

test('a symbol is missing in every way in which the scanner says so', async () => {
  for (const [status, body] of [
    [404, '{"errmsg":"x","code":"symbol_not_exists"}'],
    [200, '{"code":"symbol_not_exists"}'],
    [200, 'null'],
    [200, '{}'],
    [200, '{"RSI":null}'],
  ] as const) {
    const client = clientOf(() => new Response(body, { status }))
    expect((await client.symbol('X:A', ['RSI'])).values, body).toBeUndefined()
  }
  const moved = clientOf(() => new Response('not found', { status: 404 }))
  await expect(moved.symbol('X:A', ['RSI'])).rejects.toMatchObject({
    code: 'http_404',
    retryable: false,
  })
  const list = clientOf(() => json([1]))
  await expect(list.symbol('X:A', ['RSI'])).rejects.toMatchObject({ code: 'shape' })
})

test('a column that is called error or code is data', async () => {
  const client = clientOf(() => json({ code: 'X', RSI: 1 }))
  expect((await client.symbol('X:A', ['code', 'RSI'])).values).toEqual({ code: 'X', RSI: 1 })
  await expect(client.symbol('X:A', ['RSI'])).rejects.toMatchObject({ code: 'rejected' })
})

test('metainfo is asked once a market, and again after a failure', async () => {
  let fails = true
  const client = clientOf(() =>
    fails
      ? new Response('', { status: 503 })
      : json({ fields: [{ n: 'RSI|60', t: 'number', r: null }, { n: 'x' }] }),
  )
  await expect(client.metainfo('crypto')).rejects.toMatchObject({ code: 'http_503' })
  fails = false
  const metainfo = await client.metainfo('crypto')
  expect([...metainfo.fields]).toEqual([
    ['RSI|60', { type: 'number', values: null }],
    ['x', { type: '', values: null }],
  ])
  expect(await client.metainfo('crypto')).toBe(metainfo)
  await client.metainfo()
  expect(client.seen.map(({ url }) => url.pathname)).toEqual([
    '/crypto/metainfo',
    '/crypto/metainfo',
    '/global/metainfo',
  ])
  await expect(clientOf(() => json({ fields: 1 })).metainfo()).rejects.toMatchObject({
    code: 'shape',
  })
})

test('the headers are those of the site, and a redirect is not followed', async () => {
  let init: RequestInit | undefined
  const client = createScannerClient({
    fetch: async (_, given) => {
      init = given
      return json({ totalCount: 0, data: [] })
    },
    userAgent: 'somebody',
  })
  await client.scan({ columns: [], range: [0, 1] })
  expect(init).toMatchObject({
    method: 'POST',
    redirect: 'manual',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      origin: 'https://www.tradingview.com',
      referer: 'https://www.tradingview.com/',
      'user-agent': 'somebody',
    },
  })
  expect(client.host).toBe(new URL(SCANNER_URL).host)
})

test('a session goes to TradingView over https and to this machine, and nowhere else', async () => {
  const cookieFor = async (
    baseUrl: string,
    sessionCookie = SECRET,
  ): Promise<string | undefined> => {
    const client = clientOf(rowsFor, { baseUrl, sessionCookie })
    await client.scan({ columns: [], range: [0, 1] })
    return client.seen[0]?.headers['cookie']
  }
  for (const url of [
    'https://scanner.tradingview.com',
    'https://tradingview.com/',
    'http://127.0.0.1:8080',
    'http://localhost:1',
    'http://[::1]:1',
  ]) {
    expect(await cookieFor(url), url).toBe(`sessionid=${SECRET}`)
  }
  for (const url of [
    'http://scanner.tradingview.com',
    'https://tradingview.com.example.org',
    'https://nottradingview.com',
    'https://example.org',
    'http://128.0.0.1',
  ]) {
    expect(await cookieFor(url), url).toBeUndefined()
  }
  expect(await cookieFor('http://localhost', 'sessionid=a; sessionid_sign=b')).toBe(
    'sessionid=a; sessionid_sign=b',
  )
})

test('a session is shown by nothing: no error, event, warning, artefact or inspection', async () => {
  const sessionCookie = SECRET
  const shown: unknown[] = []
  const answers = [
    () => new Response(`<html>${SECRET}</html>`, { status: 400 }),
    () => json({ error: `session ${SECRET} refused` }, { status: 400 }),
    () => json({ error: `Unknown field "${SECRET}"` }),
    () => Promise.reject(new TypeError('fetch failed', { cause: new Error('socket') })),
    () => json({ totalCount: 1, data: [{ s: SECRET, d: [] }] }),
  ]
  for (const answer of answers) {
    const client = clientOf(answer, { baseUrl: 'http://127.0.0.1:1', sessionCookie })
    const onProgress = (event: FetchEvent) => shown.push(event)
    const result = await fetchTechnicals(client, ['X:A', 'X:B'], { attempts: 2, onProgress })
    const subject = { runId: 'r', profile: 'p', candidatesSha256: 'x' }
    const { seen: _, ...visible } = client
    shown.push(visible, result, result.error?.stack, formatCoverage(result, subject))
  }
  for (const bad of [`${SECRET}\n`.repeat(2), `${SECRET}é`, '  ']) {
    try {
      createScannerClient({ sessionCookie: bad })
      expect.unreachable()
    } catch (error) {
      shown.push(error)
    }
  }
  const text = inspect(shown, { depth: 20, maxStringLength: null, maxArrayLength: null })
  expect(text).toContain('[session]')
  expect(text).not.toContain(SECRET)
})

test('an excerpt has at most 200 characters, and none that controls a terminal', () => {
  return fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2_000 }),
      async (body) => {
        const client = clientOf(() => new Response(`<${body}`))
        const error = (await client
          .scan({ columns: [], range: [0, 1] })
          .catch((cause: unknown) => cause)) as ScannerError
        expect(error.code).toBe('not_json')
        expect(error.excerpt.length).toBeLessThanOrEqual(200)
        expect(error.excerpt).not.toMatch(/\p{C}/u)
      },
    ),
  )
})

test('options that cannot be are refused at the door, by name', () => {
  const refused = (options: Parameters<typeof createScannerClient>[0]): string => {
    try {
      createScannerClient(options)
      return ''
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
      return (error as Error).message
    }
  }
  expect(refused({ baseUrl: 'scanner' })).toContain('baseUrl')
  expect(refused({ baseUrl: 'ftp://x' })).toContain('baseUrl')
  expect(refused({ baseUrl: 'https://x/?a=1' })).toContain('baseUrl')
  expect(refused({ baseUrl: 'https://me:hidden@x/' })).toMatch(/^(?!.*hidden).*baseUrl/)
  expect(refused({ concurrency: 0 })).toContain('concurrency')
  expect(refused({ spacingMs: -1 })).toContain('spacingMs')
  expect(refused({ timeoutMs: Number.NaN })).toContain('timeoutMs')
  expect(refused({ timeoutMs: 2 ** 31 })).toContain('timeoutMs')
  expect(refused({ maxBodyBytes: 1.5 })).toContain('maxBodyBytes')
  expect(refused({ userAgent: 'a\nb' })).toContain('userAgent')
})

test('a client behind a path keeps it', async () => {
  const client = clientOf(rowsFor, { baseUrl: 'http://127.0.0.1:1/proxy/scanner' })
  await client.scan({ columns: [], range: [0, 1] })
  expect(client.seen[0]?.url.pathname).toBe('/proxy/scanner/global/scan')
})

test('a host that never answers a request that ignores its signal still ends by the timeout', async () => {
  let fire: () => void = () => undefined
  const client: ScannerClient = createScannerClient({
    fetch: () => new Promise(() => undefined),
    setTimer(callback, milliseconds) {
      expect(milliseconds).toBe(7)
      fire = callback
      return () => undefined
    },
    timeoutMs: 7,
  })
  const answer = client.scan({ columns: [], tickers: ['X:A'] }, { attempt: 4 })
  await Promise.resolve().then(() => new Promise((resolve) => setImmediate(resolve)))
  fire()
  await expect(answer).rejects.toMatchObject({
    code: 'timeout',
    retryable: true,
    symbols: ['X:A'],
    message: expect.stringContaining('attempt 4') as string,
  })
})
