import type { Columns } from './columns.ts'
import { matchesFilter, matchesTree } from './filter.ts'
import type { Cell, Universe } from './universe.ts'

/** A row before it is written. */
export interface Row {
  symbol: string
  cells: Cell[]
}

/** An answer before it is written. */
export type Answer =
  | {
      readonly kind: 'rows'
      readonly form: 'scan' | 'scan2'
      totalCount: number
      readonly columns: readonly string[]
      rows: Row[]
    }
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly status: number; readonly body: string }

/** A request, read. */
export interface Request {
  readonly method: string
  readonly url: URL
  readonly body: string
  readonly tickers: readonly string[]
  readonly columns: readonly string[]
  readonly range: readonly [number, number] | undefined
  /** The parsed body of a scan, `undefined` when it is no JSON object. */
  readonly query: Readonly<Record<string, unknown>> | undefined
}

/** What answers are made of. */
export interface Source {
  readonly universe: Universe
  readonly columns: Columns
  readonly markets: ReadonlySet<string>
  readonly unknownColumns: '400' | '200' | 'null'
  /** Place of a symbol in the server's own order. */
  readonly place: (symbol: string) => number
}

/** Rows that a scan without a range gives, in silence. */
const DEFAULT_ROWS = 50

/**
 * Reads a request as far as it can be.
 *
 * @param method `GET` or `POST`
 * @param url with path and query
 * @param body text
 */
export function readRequest(method: string, url: URL, body: string): Request {
  const common = { method, url, body }
  if (url.pathname === '/symbol') {
    const symbol = url.searchParams.get('symbol')
    const fields = url.searchParams.get('fields') ?? ''
    const columns = fields === '' ? [] : fields.split(',')
    const tickers = symbol === null ? [] : [symbol]
    return { ...common, tickers, columns, range: undefined, query: undefined }
  }
  let query: Readonly<Record<string, unknown>> | undefined
  try {
    const json: unknown = JSON.parse(body)
    if (typeof json === 'object' && json !== null) query = json as Record<string, unknown>
  } catch {
    query = undefined
  }
  const symbols = query?.symbols as { tickers?: string[] } | undefined
  return {
    ...common,
    tickers: symbols?.tickers ?? [],
    columns: (query?.columns as string[] | undefined) ?? [],
    range: query?.range as readonly [number, number] | undefined,
    query,
  }
}

/**
 * Answers a request as the scanner would.
 *
 * @param request as it came
 * @param source what there is
 */
export function answerOf(request: Request, source: Source): Answer {
  const [, market = '', action = '', ...rest] = request.url.pathname.split('/')
  if (market === 'symbol' && action === '') return symbolAnswer(request, source)
  if (rest.length > 0 || !source.markets.has(market)) return { kind: 'text', status: 404, body: '' }
  if (action === 'metainfo') {
    const fields = [...source.columns.types].map(([n, t]) => ({ n, t, r: null }))
    return { kind: 'json', status: 200, body: { fields } }
  }
  if (action !== 'scan' && action !== 'scan2') return { kind: 'text', status: 404, body: '' }
  if (request.method !== 'POST') return { kind: 'text', status: 405, body: '' }
  return scanAnswer(request, source, market, action)
}

function refusal(error: string, status = 400): Answer {
  return { kind: 'json', status, body: { totalCount: 0, error, data: null } }
}

function scanAnswer(
  { query, columns, tickers }: Request,
  source: Source,
  market: string,
  form: 'scan' | 'scan2',
): Answer {
  if (query === undefined) return refusal('json parse error')
  const { range = [0, DEFAULT_ROWS], filter, filter2, sort, markets, symbols } = query
  const [start, end] = range as readonly [number, number]
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < 0) {
    return refusal('range is invalid')
  }
  const { sortBy, sortOrder } = (sort ?? {}) as { sortBy?: string; sortOrder?: string }
  const unknown = [...columns, ...(sortBy === undefined ? [] : [sortBy])].find(
    (column) => !source.columns.types.has(column),
  )
  if (unknown !== undefined && source.unknownColumns !== 'null') {
    return refusal(`Unknown field "${unknown}"`, source.unknownColumns === '400' ? 400 : 200)
  }
  if ((symbols as { symbolset?: unknown } | undefined)?.symbolset !== undefined) {
    return refusal('unknown symbolset')
  }

  const narrowed = new Set(markets as readonly string[] | undefined)
  const isHere = (symbol: string): boolean => {
    const own = source.universe[symbol]?.market
    if (own === undefined) return true
    return (market === 'global' || market === own) && (narrowed.size === 0 || narrowed.has(own))
  }
  const asked =
    (symbols as { tickers?: unknown } | undefined)?.tickers === undefined
      ? Object.keys(source.universe)
      : [...new Set(tickers)].filter((symbol) => Object.hasOwn(source.universe, symbol))
  let found: string[]
  try {
    found = asked.filter((symbol) => {
      const read = (column: string): Cell => source.columns.cellOf(symbol, column)
      return (
        isHere(symbol) &&
        matchesFilter((filter as readonly unknown[] | undefined) ?? [], read) &&
        (filter2 === undefined || matchesTree(filter2, read))
      )
    })
  } catch (error) {
    return refusal((error as Error).message)
  }
  found.sort((left, right) => source.place(left) - source.place(right))
  if (sortBy !== undefined) {
    const direction = sortOrder === 'asc' ? 1 : -1
    const key = new Map(found.map((symbol) => [symbol, source.columns.cellOf(symbol, sortBy)]))
    found.sort((left, right) => compareCells(key.get(left)!, key.get(right)!, direction))
  }
  return {
    kind: 'rows',
    form,
    totalCount: found.length,
    columns,
    rows: found.slice(start, end).map((symbol) => ({
      symbol,
      cells: columns.map((column) => source.columns.cellOf(symbol, column)),
    })),
  }
}

/** Orders cells; null comes last in either direction. */
function compareCells(left: Cell, right: Cell, direction: 1 | -1): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null)
  if (typeof left === 'number' && typeof right === 'number') return (left - right) * direction
  const [before, after] = [JSON.stringify(left), JSON.stringify(right)]
  return (before < after ? -1 : Number(before > after)) * direction
}

function symbolAnswer({ url, tickers, columns }: Request, source: Source): Answer {
  const [symbol = ''] = tickers
  if (!Object.hasOwn(source.universe, symbol)) {
    return url.searchParams.get('no_404') === 'true'
      ? { kind: 'json', status: 200, body: null }
      : { kind: 'json', status: 404, body: { code: 'symbol_not_exists' } }
  }
  const known = columns.filter((column) => source.columns.types.has(column))
  const body = Object.fromEntries(
    known.map((column) => [column, source.columns.cellOf(symbol, column)]),
  )
  return { kind: 'json', status: 200, body }
}
