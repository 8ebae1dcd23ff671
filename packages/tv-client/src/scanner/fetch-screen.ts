import type { RequestOptions, ScannerClient } from './client.ts'
import type { Cell, ScanRow } from './scan-answer.ts'
import type { ScanQuery } from './scan-query.ts'

/** What a screen came to. */
export interface ScreenResult {
  /** Rows that the scanner says there are; more than `rows` when the limit cut them. */
  readonly totalCount: number
  /** Columns of the cells, as asked for. */
  readonly columns: readonly string[]
  /** Each symbol once, in the order of the sort; equal ones by symbol. */
  readonly rows: readonly ScanRow[]
  /** Rows that could not be used, or came twice because the market moved between two pages. */
  readonly leftOut: readonly { readonly symbol: string; readonly reason: string }[]
  /** When the last page was complete, milliseconds since 1970. */
  readonly receivedAt: number
}

/** Rows of a page; the scanner gives no more than this reliably. */
const PAGE_ROWS = 5_000

/**
 * Fetches the first rows of a screen, in as many pages as they need.
 *
 * @param client a scanner
 * @param query market, columns, filter and sort
 * @param options `limit`: rows at most; `pageRows`: rows of a page, 5,000 by default
 * @returns the rows, in an order that does not depend on the server's for equal values
 * @throws RangeError when `limit` or `pageRows` is no positive integer
 * @throws ScannerError as `scan` does: a screen is not asked twice
 */
export async function fetchScreen(
  client: ScannerClient,
  query: Omit<ScanQuery, 'range' | 'tickers'>,
  options: RequestOptions & { readonly limit: number; readonly pageRows?: number },
): Promise<ScreenResult> {
  const { limit, pageRows = PAGE_ROWS, ...requestOptions } = options
  for (const [name, value] of Object.entries({ limit, pageRows })) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new RangeError(`${name} must be a positive integer, was ${value}`)
  }
  const sortBy = query.sort?.sortBy
  // Ties can only be seen in the column that is sorted by.
  const isAdded = sortBy !== undefined && !query.columns.includes(sortBy)
  const columns = isAdded ? [...query.columns, sortBy] : query.columns

  const rows = new Map<string, ScanRow>()
  const leftOut: { symbol: string; reason: string }[] = []
  let totalCount = Infinity
  let receivedAt = 0
  for (let start = 0; start < Math.min(limit, totalCount); start += pageRows) {
    const range = [start, Math.min(start + pageRows, limit)] as const
    const page = await client.scan({ ...query, columns, range }, requestOptions)
    totalCount = page.totalCount
    receivedAt = page.receivedAt
    for (const { symbol, message } of page.badRows) {
      leftOut.push({ symbol, reason: `its row ${message}` })
    }
    for (const row of page.rows) {
      const { symbol } = row
      if (rows.has(symbol)) leftOut.push({ symbol, reason: 'it came twice' })
      else rows.set(symbol, row)
    }
    if (page.rows.length + page.badRows.length === 0) break
  }
  const place = sortBy === undefined ? -1 : columns.indexOf(sortBy)
  const ordered = sortTies([...rows.values()], ({ cells }) => (place === -1 ? null : cells[place]!))
  return {
    totalCount,
    columns: query.columns,
    rows: isAdded
      ? ordered.map(({ symbol, cells }) => ({ symbol, cells: cells.slice(0, -1) }))
      : ordered,
    leftOut,
    receivedAt,
  }
}

/** Sorts each run of rows with an equal key by symbol. */
function sortTies(rows: readonly ScanRow[], keyOf: (row: ScanRow) => Cell): ScanRow[] {
  const sorted: ScanRow[] = []
  let start = 0
  for (let end = 1; end <= rows.length; end++) {
    if (end < rows.length && keyOf(rows[end]!) === keyOf(rows[start]!)) continue
    const run = rows.slice(start, end)
    run.sort(({ symbol: left }, { symbol: right }) => (left < right ? -1 : 1))
    for (const row of run) sorted.push(row)
    start = end
  }
  return sorted
}
