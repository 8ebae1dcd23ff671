import { SYSTEM_CLOCK, type Clock } from './clock.ts'
import { createGate } from './gate.ts'
import { decodeMetaInfo, type MetaInfo } from './metainfo.ts'
import { readJson } from './read-json.ts'
import {
  sendRequest,
  type ScannerRequest,
  type ScannerResponse,
  type Transport,
} from './request.ts'
import { decodeScan, type Cell, type ScanAnswer } from './scan-answer.ts'
import { checkMarket, formatScanQuery, type ScanQuery } from './scan-query.ts'
import { ScannerError } from './scanner-error.ts'
import { cookieOf, mayHoldSession, redactorOf } from './session.ts'

/** TradingView's scanner. */
export const SCANNER_URL = 'https://scanner.tradingview.com'

/** How a client is made; every option has a default. */
export interface ScannerClientOptions {
  /** Default `SCANNER_URL`. */
  readonly baseUrl?: string | undefined
  readonly fetch?: typeof fetch | undefined
  /** Wall clock, milliseconds since 1970. Without `elapsed` it also measures durations. */
  readonly now?: (() => number) | undefined
  /** Clock that never goes back, milliseconds. */
  readonly elapsed?: (() => number) | undefined
  /** Waits; pauses only, never bounds. */
  readonly sleep?: Clock['sleep'] | undefined
  /** Runs the bounds `timeoutMs` and `totalMs`. */
  readonly setTimer?: Clock['setTimer'] | undefined
  readonly random?: (() => number) | undefined
  /** Bound of a request, body included. Default 20,000. */
  readonly timeoutMs?: number | undefined
  /** Requests in flight. Default 3. */
  readonly concurrency?: number | undefined
  /** Least time between the starts of two requests. Default 500. */
  readonly spacingMs?: number | undefined
  readonly userAgent?: string | undefined
  /**
   * Value of TradingView's cookie `sessionid`, or a whole cookie header. It goes to TradingView over https and to this
   * machine, to no other host, and it is never shown.
   */
  readonly sessionCookie?: string | undefined
  /** Bound of a body, as it is after decompression. Default 64 MiB. */
  readonly maxBodyBytes?: number | undefined
}

/** How a single request is made. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  /** Number that errors give the attempt, default 1; a request is never repeated by itself. */
  readonly attempt?: number
  /** Longest time for which a `Retry-After` of this answer shuts the client. Default 60,000. */
  readonly retryAfterCapMs?: number
}

/** The answer about one symbol. */
export interface SymbolAnswer {
  readonly symbol: string
  /** One a requested column, null where there is none; `undefined` when the scanner does not know the symbol. */
  readonly values: Readonly<Record<string, Cell>> | undefined
  /** When the answer was complete, milliseconds since 1970. */
  readonly receivedAt: number
}

/** A connection to a scanner. Each method makes one request and throws a `ScannerError` when it brings no usable answer. */
export interface ScannerClient {
  /** Host and port. */
  readonly host: string
  readonly baseUrl: string
  /** Requests in flight at most. */
  readonly concurrency: number
  readonly clock: Clock
  /** Asks for rows of a market. */
  scan(query: ScanQuery, options?: RequestOptions): Promise<ScanAnswer>
  /** Asks for columns of one symbol. */
  symbol(
    symbol: string,
    columns: readonly string[],
    options?: RequestOptions,
  ): Promise<SymbolAnswer>
  /** Asks which columns a market has; a second question about it is answered from memory. */
  metainfo(market?: string, options?: RequestOptions): Promise<MetaInfo>
}

// Hosts in front of the scanner turn away callers without a browser's beginning; the rest says honestly who asks.
const USER_AGENT = 'Mozilla/5.0 (compatible; fs-tv-client)'
const SITE = 'https://www.tradingview.com'
// What a timer can hold.
const LONGEST_MS = 2 ** 31 - 1

/**
 * Makes a client of a scanner. All its requests go through one gate: at most `concurrency` in flight, `spacingMs` between
 * two starts, none while a `Retry-After` runs.
 *
 * @param options where the scanner is, how fast to ask it, and the ports to the world
 * @returns the client; it holds no connection and needs no closing
 * @throws RangeError when an option cannot be
 * @example
 * const client = createScannerClient({ baseUrl: 'http://127.0.0.1:8080' })
 * const { rows } = await client.scan({ tickers: ['BINANCE:BTCUSDT'], columns: ['close'] })
 */
export function createScannerClient(options: ScannerClientOptions = {}): ScannerClient {
  const base = checkBaseUrl(options.baseUrl ?? SCANNER_URL)
  const concurrency = checkInteger('concurrency', options.concurrency ?? 3, 1, 1_000)
  const cookie = options.sessionCookie === undefined ? undefined : cookieOf(options.sessionCookie)
  const userAgent = options.userAgent ?? USER_AGENT
  if (!/^[\x20-\x7E]+$/.test(userAgent)) throw new RangeError('userAgent must be printable ASCII')
  const clock: Clock = {
    now: options.now ?? SYSTEM_CLOCK.now,
    elapsed: options.elapsed ?? options.now ?? SYSTEM_CLOCK.elapsed,
    sleep: options.sleep ?? SYSTEM_CLOCK.sleep,
    setTimer: options.setTimer ?? SYSTEM_CLOCK.setTimer,
    random: options.random ?? SYSTEM_CLOCK.random,
  }
  const transport: Transport = {
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    clock,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      origin: SITE,
      referer: `${SITE}/`,
      'user-agent': userAgent,
      ...(cookie !== undefined && mayHoldSession(base) && { cookie }),
    },
    timeoutMs: checkInteger('timeoutMs', options.timeoutMs ?? 20_000, 1, LONGEST_MS),
    maxBodyBytes: checkInteger('maxBodyBytes', options.maxBodyBytes ?? 2 ** 26, 1),
    redact: redactorOf(cookie),
  }
  const gate = createGate(clock, {
    concurrency,
    spacingMs: checkInteger('spacingMs', options.spacingMs ?? 500, 0, LONGEST_MS),
  })
  const metainfos = new Map<string, MetaInfo>()

  async function ask(
    request: ScannerRequest,
    { signal, retryAfterCapMs = 60_000 }: RequestOptions,
  ): Promise<ScannerResponse> {
    try {
      return await gate.pass(async () => {
        const response = await sendRequest(transport, request, signal)
        // Shut before the next request can slip through the place that this one leaves.
        if (response.retryAfterMs !== undefined && !isGood(response.status)) {
          gate.shut(Math.min(response.retryAfterMs, retryAfterCapMs))
        }
        return response
      }, signal)
    } catch (error) {
      // The gate rejects with the signal's own reason.
      if (signal?.aborted && !(error instanceof ScannerError)) {
        throw new ScannerError('aborted', request)
      }
      throw error
    }
  }

  return {
    host: base.host,
    baseUrl: base.href,
    concurrency,
    clock,

    async scan(query, requestOptions = {}) {
      const { market = 'global', columns, tickers: symbols = [], form = 'scan' } = query
      const request: ScannerRequest = {
        operation: 'scan',
        url: new URL(`${checkMarket(market)}/${form}`, base).href,
        symbols,
        attempt: requestOptions.attempt ?? 1,
        body: formatScanQuery(query),
      }
      const response = await ask(request, requestOptions)
      const json = readJson(response, request, { notFound: 'unknown_market' })
      const answer = decodeScan(json, columns, form)
      if (typeof answer === 'string') throw shapeError(request, response, answer)
      return { ...answer, receivedAt: response.receivedAt }
    },

    async symbol(symbol, columns, requestOptions = {}) {
      const url = new URL('symbol', base)
      url.search = new URLSearchParams({
        symbol,
        fields: columns.join(','),
        no_404: 'true',
      }).toString()
      const request: ScannerRequest = {
        operation: 'symbol',
        url: url.href,
        symbols: [symbol],
        attempt: requestOptions.attempt ?? 1,
      }
      const response = await ask(request, requestOptions)
      const { receivedAt } = response
      if (isUnknownSymbol(response)) return { symbol, values: undefined, receivedAt }
      const json = readJson(response, request, { notFound: 'http_404', columns })
      if (typeof json !== 'object' || Array.isArray(json)) {
        throw shapeError(request, response, 'the body is no object')
      }
      const found = (json ?? {}) as Readonly<Record<string, Cell>>
      const cells = columns.map((column): [string, Cell] => [
        column,
        Object.hasOwn(found, column) ? found[column]! : null,
      ])
      const isMissing = cells.every(([, cell]) => cell === null)
      return { symbol, values: isMissing ? undefined : Object.fromEntries(cells), receivedAt }
    },

    async metainfo(market = 'global', requestOptions = {}) {
      const known = metainfos.get(market)
      if (known !== undefined) return known
      const request: ScannerRequest = {
        operation: 'metainfo',
        url: new URL(`${checkMarket(market)}/metainfo`, base).href,
        symbols: [],
        attempt: requestOptions.attempt ?? 1,
      }
      const response = await ask(request, requestOptions)
      const json = readJson(response, request, { notFound: 'unknown_market' })
      const metainfo = decodeMetaInfo(json, market)
      if (metainfo === undefined) throw shapeError(request, response, 'there is no list of fields')
      metainfos.set(market, metainfo)
      return metainfo
    },
  }
}

function shapeError(
  request: ScannerRequest,
  { status, text: body }: ScannerResponse,
  detail: string,
): ScannerError {
  return new ScannerError('shape', request, { status, body, detail })
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300
}

// With `no_404=true` the scanner should not say 404, but it has been seen to.
function isUnknownSymbol({ status, text }: ScannerResponse): boolean {
  if (status !== 404 && !isGood(status)) return false
  try {
    return (JSON.parse(text) as { code?: unknown } | null)?.code === 'symbol_not_exists'
  } catch {
    return false
  }
}

function checkBaseUrl(text: string): URL {
  const url = URL.parse(text.endsWith('/') ? text : `${text}/`)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RangeError(`baseUrl must be an http or https URL, was ${JSON.stringify(text)}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new RangeError('baseUrl must not hold a user name or password (it is not shown)')
  }
  if (url.search !== '' || url.hash !== '') {
    throw new RangeError(`baseUrl must have no query and no fragment, was ${JSON.stringify(text)}`)
  }
  return url
}

/**
 * Checks an option that counts something.
 *
 * @param name of the option
 * @param value given
 * @param lowest allowed
 * @param highest allowed, by default any safe integer
 * @returns the value
 * @throws RangeError naming the option
 */
export function checkInteger(
  name: string,
  value: number,
  lowest: number,
  highest: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= lowest && value <= highest) return value
  throw new RangeError(`${name} must be an integer from ${lowest} to ${highest}, was ${value}`)
}
