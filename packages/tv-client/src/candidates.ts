import { z } from 'zod'
import { formatSymbol, parseSymbol } from './symbol.ts'

/** One symbol of a candidates file, with what the file says about it. */
export interface Candidate {
  /** The symbol to work on, `EXCHANGE:TICKER`: `physical_symbol` where it is given, else `symbol`. */
  symbol: string
  /** Every number of the entry by its key, from `metadata` and the top level, which wins: `Recommend.All`, `ADX`, … */
  values: Readonly<Record<string, number>>
  /** When the values were retrieved, Unix seconds; the entry's own time, else the file's. */
  retrievedAt?: number
  /** The entry as it was written, unknown keys included; a plain string becomes `{ symbol }`. */
  raw: Readonly<Record<string, unknown>>
}

/** The content of a candidates file. */
export interface CandidateList {
  /** One per symbol, in the order of the file. */
  candidates: Candidate[]
  /** Entries left out because an earlier one names the same symbol; indexes count from 0. */
  duplicates: { symbol: string; index: number }[]
  /** The envelope's keys beside the list, for writing the file again. */
  envelope: Readonly<Record<string, unknown>>
}

/**
 * Why a candidates file is refused: no JSON, JSON that holds no list of candidates, a list without entries, or an entry
 * that is no candidate.
 */
export type CandidatesErrorCode =
  | 'invalid_json'
  | 'not_candidates'
  | 'empty_list'
  | 'malformed_entry'

/** A candidates file that cannot be used; `code` says why, `index` which entry (from 0) is to blame. */
export class CandidatesError extends Error {
  override readonly name = 'CandidatesError'
  readonly code: CandidatesErrorCode
  readonly index: number | undefined

  constructor(
    code: CandidatesErrorCode,
    message: string,
    options: { index?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.index = options.index
  }
}

/** The scanner's daily columns that carry values; in a candidate each of them is a number or null. */
export const VALUE_COLUMNS: readonly string[] = [
  'Recommend.All',
  'Recommend.MA',
  'Recommend.Other',
  'RSI',
  'ADX',
  'AO',
  'CCI20',
  'Stoch.K',
  'Stoch.D',
  'MACD.macd',
  'MACD.signal',
  'Volatility.D',
  'Perf.W',
  'Perf.1M',
]

// The year 5138: whatever lies beyond is milliseconds.
const LAST_SECOND = 1e11

const retrievedAt = z
  .number('retrieved_at must be Unix seconds')
  .positive('retrieved_at must be Unix seconds')
  .max(LAST_SECOND, 'retrieved_at must be Unix seconds, not milliseconds')
  .nullish()

const valuesSchema = z.looseObject(
  Object.fromEntries(
    VALUE_COLUMNS.map((column) => [
      column,
      z.number(`${column} must be a number or null`).nullish(),
    ]),
  ),
)

const symbolText = (key: string) => z.string(`${key} must be a text`).nullish()

const entrySchema = z.looseObject({
  symbol: symbolText('symbol'),
  Symbol: symbolText('Symbol'),
  physical_symbol: symbolText('physical_symbol'),
  Exchange: symbolText('Exchange'),
  retrieved_at: retrievedAt,
  metadata: z.looseObject({}, 'metadata must be an object').nullish(),
})

const envelopeSchema = z.looseObject({ retrieved_at: retrievedAt })

/**
 * Reads a candidates file: a list of symbols, a list of objects, or such a list as `data` or `symbols` of an object.
 *
 * @param text content of the file, JSON
 * @returns one candidate per symbol in the order of the file, and which entries were duplicates
 * @throws CandidatesError `invalid_json`, `not_candidates`, `empty_list` or `malformed_entry`, naming the entry by index
 * @example parseCandidates('["BINANCE:BTCUSDT"]').candidates[0].symbol // 'BINANCE:BTCUSDT'
 */
export function parseCandidates(text: string): CandidateList {
  const { entries, envelope } = unwrapped(json(text))
  if (entries.length === 0) {
    throw new CandidatesError(
      'empty_list',
      'the list of candidates is empty: name at least one symbol',
    )
  }
  const checked = envelopeSchema.safeParse(envelope)
  if (!checked.success) {
    throw new CandidatesError(
      'not_candidates',
      `the candidates' envelope: ${firstIssue(checked.error)}`,
    )
  }
  const fileRetrievedAt = checked.data.retrieved_at ?? undefined

  const bySymbol = new Map<string, Candidate>()
  const duplicates: CandidateList['duplicates'] = []
  for (const [index, entry] of entries.entries()) {
    const candidate = readEntry(entry, index, fileRetrievedAt)
    if (bySymbol.has(candidate.symbol)) duplicates.push({ symbol: candidate.symbol, index })
    else bySymbol.set(candidate.symbol, candidate)
  }
  return { candidates: [...bySymbol.values()], duplicates, envelope }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new CandidatesError(
      'invalid_json',
      `the candidates are no JSON: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
}

function unwrapped(content: unknown): { entries: unknown[]; envelope: Record<string, unknown> } {
  if (Array.isArray(content)) return { entries: content, envelope: {} }
  if (isRecord(content)) {
    const { data, symbols, ...rest } = content
    if (Array.isArray(data) && Array.isArray(symbols)) {
      throw new CandidatesError(
        'not_candidates',
        'the candidates hold both "data" and "symbols": keep one',
      )
    }
    if (Array.isArray(data)) {
      return { entries: data, envelope: symbols === undefined ? rest : { ...rest, symbols } }
    }
    if (Array.isArray(symbols)) {
      return { entries: symbols, envelope: data === undefined ? rest : { ...rest, data } }
    }
  }
  throw new CandidatesError(
    'not_candidates',
    'the candidates must be a list, or an object with a list named "data" or "symbols"',
  )
}

function readEntry(entry: unknown, index: number, fileRetrievedAt: number | undefined): Candidate {
  if (typeof entry === 'string') return readEntry({ symbol: entry }, index, fileRetrievedAt)
  if (!isRecord(entry)) {
    throw malformed(index, `must be a symbol or an object, was ${JSON.stringify(entry)}`)
  }
  const checked = entrySchema.safeParse(entry)
  if (!checked.success) throw malformed(index, firstIssue(checked.error), checked.error)
  const fields = checked.data
  const metadata = fields.metadata ?? {}
  for (const holder of [metadata, entry]) {
    const { error } = valuesSchema.safeParse(holder)
    if (error) throw malformed(index, firstIssue(error), error)
  }
  const written = fields.physical_symbol ?? fields.symbol ?? fields.Symbol
  if (written === undefined || written === null) {
    throw malformed(index, `names no symbol: give it a key "symbol", was ${excerpt(entry)}`)
  }
  const exchange = fields.Exchange ?? undefined
  const text = written.includes(':') || exchange === undefined ? written : `${exchange}:${written}`
  let symbol: string
  try {
    symbol = formatSymbol(parseSymbol(text))
  } catch (error) {
    throw malformed(index, (error as Error).message, error)
  }
  const at = fields.retrieved_at ?? fileRetrievedAt
  return {
    symbol,
    values: { ...numbers(metadata), ...numbers(entry) },
    ...(at === undefined ? {} : { retrievedAt: at }),
    raw: entry,
  }
}

function numbers(record: Readonly<Record<string, unknown>>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [key, value] of Object.entries(record)) {
    if (typeof value === 'number' && Number.isFinite(value) && key !== 'retrieved_at')
      found[key] = value
  }
  return found
}

function malformed(index: number, reason: string, cause?: unknown): CandidatesError {
  return new CandidatesError('malformed_entry', `candidate at index ${index}: ${reason}`, {
    index,
    cause,
  })
}

function firstIssue(error: z.ZodError): string {
  return error.issues[0]?.message ?? error.message
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
