import { z } from 'zod'

/** A value of the scanner. */
export type Cell =
  | string
  | number
  | boolean
  | null
  | readonly Cell[]
  | { readonly [key: string]: Cell }

/** One row of a scan. */
export interface ScanRow {
  /** `EXCHANGE:TICKER`, as the scanner writes it. */
  readonly symbol: string
  /** One a column, in the order of the query. */
  readonly cells: readonly Cell[]
}

/** The answer to a scan. */
export interface ScanAnswer {
  /** Rows that there are; for tickers, those that were found. */
  readonly totalCount: number
  /** The columns of the query. */
  readonly columns: readonly string[]
  /** Rows in the order of the server, which is never that of the tickers. A symbol can come twice. */
  readonly rows: readonly ScanRow[]
  /** Rows without one cell a column. */
  readonly badRows: readonly { readonly symbol: string; readonly message: string }[]
  /** When the answer was complete, milliseconds since 1970. */
  readonly receivedAt: number
  /** The server's clock, Unix seconds; `scan2` alone tells it. */
  readonly serverTime?: number
}

const total = z.int().nonnegative()
const scan = z.looseObject({ totalCount: total, data: z.array(z.unknown()).nullable() })
const scan2 = z.looseObject({
  totalCount: total,
  fields: z.array(z.string()),
  symbols: z.array(z.unknown()).nullish(),
  time: z.string().nullish(),
})

/**
 * Reads the JSON of a scan.
 *
 * @param json parsed body
 * @param columns columns of the query
 * @param form wire format of the query
 * @returns rows with their cells in the order of the query, or what is wrong with the JSON, a text
 */
export function decodeScan(
  json: unknown,
  columns: readonly string[],
  form: 'scan' | 'scan2',
): Omit<ScanAnswer, 'receivedAt'> | string {
  return form === 'scan' ? decodeRows(json, columns) : decodeFields(json, columns)
}

function decodeRows(
  json: unknown,
  columns: readonly string[],
): Omit<ScanAnswer, 'receivedAt'> | string {
  const { data: body, error } = scan.safeParse(json)
  if (error) return issueOf(error)
  const table = splitRows(body.data ?? [], 'd', columns.length)
  if (typeof table === 'string') return table
  return { totalCount: body.totalCount, columns, ...table }
}

function decodeFields(
  json: unknown,
  columns: readonly string[],
): Omit<ScanAnswer, 'receivedAt'> | string {
  const { data: body, error } = scan2.safeParse(json)
  if (error) return issueOf(error)
  const places = columns.map((column) => body.fields.indexOf(column))
  const absent = columns.filter((_, index) => places[index] === -1)
  if (absent.length > 0) return `fields lacks ${absent.join(', ')}`
  const table = splitRows(body.symbols ?? [], 'f', body.fields.length)
  if (typeof table === 'string') return table
  const serverTime = Date.parse(body.time ?? '') / 1000
  return {
    totalCount: body.totalCount,
    columns,
    rows: table.rows.map(({ symbol, cells }) => ({
      symbol,
      cells: places.map((place) => cells[place] ?? null),
    })),
    badRows: table.badRows,
    ...(Number.isFinite(serverTime) && { serverTime }),
  }
}

function splitRows(
  rows: readonly unknown[],
  key: 'd' | 'f',
  width: number,
): Pick<ScanAnswer, 'rows' | 'badRows'> | string {
  const good: ScanRow[] = []
  const bad: { symbol: string; message: string }[] = []
  for (const [index, row] of rows.entries()) {
    const { s: symbol, [key]: cells } = (row ?? {}) as Record<string, unknown>
    if (typeof symbol !== 'string') return `row ${index} names no symbol`
    if (!Array.isArray(cells)) bad.push({ symbol, message: 'had no cells' })
    else if (cells.length !== width) {
      bad.push({ symbol, message: `had ${cells.length} cells for ${width} columns` })
    } else good.push({ symbol, cells: cells as readonly Cell[] })
  }
  return { rows: good, badRows: bad }
}

function issueOf(error: z.ZodError): string {
  const [issue] = error.issues
  const path = issue?.path.join('.') ?? ''
  return path === '' ? 'the body is no object' : `${path}: ${issue?.message ?? error.message}`
}
