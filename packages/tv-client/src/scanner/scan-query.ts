/** One condition of a screen. */
export interface ScanFilter {
  readonly left: string
  /** `greater`, `egreater`, `less`, `eless`, `equal`, `nequal`, `in_range`, `not_in_range`, `empty`, `nempty`, … */
  readonly operation: string
  readonly right?: unknown
}

/** What a scan asks for. */
export interface ScanQuery {
  /** `america`, `crypto`, …; default `global`, where tickers of any class are found. */
  readonly market?: string
  readonly columns: readonly string[]
  /** Symbols to look up, `EXCHANGE:TICKER`. */
  readonly tickers?: readonly string[]
  /**
   * First row and the row after the last, counted from 0. With tickers the default covers them all; a screen has none,
   * because the scanner's own is 50 rows in silence.
   */
  readonly range?: readonly [start: number, endExclusive: number]
  readonly filter?: readonly ScanFilter[]
  readonly filter2?: Readonly<Record<string, unknown>>
  readonly sort?: { readonly sortBy: string; readonly sortOrder: 'asc' | 'desc' }
  /** Narrows a scan of `global`. */
  readonly markets?: readonly string[]
  /** Index members: `SYML:SP;SPX`. */
  readonly symbolset?: readonly string[]
  /** Symbol types: `stock`, `fund`, … */
  readonly types?: readonly string[]
  readonly lang?: string
  /** Wire format; `scan2` also tells the server's clock. Default `scan`. */
  readonly form?: 'scan' | 'scan2'
}

const MARKET = /^[a-z0-9_]+$/

/**
 * Checks the name of a market, which becomes part of a path.
 *
 * @param market name
 * @returns the name
 * @throws RangeError when it is anything but small letters, digits and `_`
 */
export function checkMarket(market: string): string {
  if (MARKET.test(market)) return market
  throw new RangeError(
    `market must be small letters, digits and _, such as america, was ${JSON.stringify(market)}`,
  )
}

/**
 * Finds the rows that a query asks for.
 *
 * @param query a scan
 * @returns first row and the row after the last
 * @throws RangeError when the range is no pair of ascending integers, or a screen has none
 */
export function rangeOf(query: ScanQuery): readonly [start: number, endExclusive: number] {
  const range = query.range ?? (query.tickers && ([0, query.tickers.length] as const))
  if (range === undefined) {
    throw new RangeError('range must be given for a scan without tickers, such as [0, 200]')
  }
  const [start, end] = range
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(
      `range must be two ascending integers from 0, was ${JSON.stringify(range)}`,
    )
  }
  return range
}

/**
 * Writes a query as the scanner reads it.
 *
 * @param query a scan
 * @returns JSON of the request's body; `range` is always in it
 * @throws RangeError as `rangeOf` does
 */
export function formatScanQuery(query: ScanQuery): string {
  const { tickers, symbolset, types, filter, filter2, sort, markets, lang } = query
  const names = tickers !== undefined || symbolset !== undefined || types !== undefined
  return JSON.stringify({
    ...(names && {
      symbols: {
        ...(tickers && { tickers }),
        ...(symbolset && { symbolset }),
        query: { types: types ?? [] },
      },
    }),
    columns: query.columns,
    range: rangeOf(query),
    ...(filter && { filter }),
    ...(filter2 && { filter2 }),
    ...(sort && { sort }),
    ...(markets && { markets }),
    ...(lang !== undefined && { options: { lang } }),
  })
}
