import { checkInteger } from '../scanner/client.ts'
import { checkMarket } from '../scanner/scan-query.ts'
import { formatSymbol, parseSymbol } from '../symbol.ts'
import { checkTimeframes, type ScannerTimeframe } from './columns.ts'
import type { FetchEvent } from './progress.ts'

/** How technicals are fetched; every option has a default. */
export interface FetchOptions {
  /** Default `['1d']`. All of them travel in one request. */
  readonly timeframes?: readonly string[] | undefined
  /** Symbols in a request at most. Default 200. */
  readonly batchSize?: number | undefined
  /** Attempts in all, the first included. Default 3. */
  readonly attempts?: number | undefined
  /** Number of the first attempt: a continued run goes on counting. Default 1. */
  readonly firstAttempt?: number | undefined
  /** Longest wait before the second attempt; it doubles with each further one. Default 2,000. */
  readonly backoffMs?: number | undefined
  /** Bound of that doubling. Default 30,000. */
  readonly backoffCapMs?: number | undefined
  /** Bound of what a `Retry-After` can make the fetch wait. Default 60,000. */
  readonly retryAfterCapMs?: number | undefined
  /** Bound of the whole fetch. Default 600,000. */
  readonly totalMs?: number | undefined
  /** Whether a column that the scanner does not know stops the fetch, or is left out with a warning. Default `fail`. */
  readonly unknownColumns?: 'fail' | 'drop' | undefined
  /** Default `global`, where symbols of any class are found. */
  readonly market?: string | undefined
  /** Ends the fetch in order: the result says what was reached. */
  readonly signal?: AbortSignal | undefined
  /** Is told what happens; what it throws is ignored. */
  readonly onProgress?: ((event: FetchEvent) => unknown) | undefined
}

/** Options with nothing left open. */
export interface FetchSettings {
  readonly timeframes: readonly ScannerTimeframe[]
  readonly batchSize: number
  readonly attempts: number
  readonly firstAttempt: number
  readonly backoffMs: number
  readonly backoffCapMs: number
  readonly retryAfterCapMs: number
  readonly totalMs: number
  readonly unknownColumns: 'fail' | 'drop'
  readonly market: string
}

// What a timer can hold.
const LONGEST_MS = 2 ** 31 - 1

/**
 * Completes and checks the options of a fetch.
 *
 * @param options as given
 * @throws RangeError naming the first that cannot be
 */
export function checkFetchOptions(options: FetchOptions): FetchSettings {
  const { unknownColumns = 'fail' } = options
  if (unknownColumns !== 'fail' && unknownColumns !== 'drop') {
    throw new RangeError(`unknownColumns must be fail or drop, was ${String(unknownColumns)}`)
  }
  const milliseconds = (
    name: 'backoffMs' | 'backoffCapMs' | 'retryAfterCapMs' | 'totalMs',
    byDefault: number,
  ) => checkInteger(name, options[name] ?? byDefault, 0, LONGEST_MS)
  return {
    timeframes: checkTimeframes(options.timeframes ?? ['1d']),
    batchSize: checkInteger('batchSize', options.batchSize ?? 200, 1),
    attempts: checkInteger('attempts', options.attempts ?? 3, 1),
    firstAttempt: checkInteger('firstAttempt', options.firstAttempt ?? 1, 1),
    backoffMs: milliseconds('backoffMs', 2_000),
    backoffCapMs: milliseconds('backoffCapMs', 30_000),
    retryAfterCapMs: milliseconds('retryAfterCapMs', 60_000),
    totalMs: milliseconds('totalMs', 600_000),
    unknownColumns,
    market: checkMarket(options.market ?? 'global'),
  }
}

/**
 * Reads the symbols to fetch.
 *
 * @param symbols `EXCHANGE:TICKER`
 * @returns the symbols as `parseSymbol` writes them, each once, at its first place
 * @throws RangeError naming the first that is none by its index, or when there is none at all
 */
export function checkSymbols(symbols: readonly string[]): string[] {
  if (symbols.length === 0) throw new RangeError('symbols must name at least one')
  const unique = new Set<string>()
  for (const [index, text] of symbols.entries()) {
    try {
      unique.add(formatSymbol(parseSymbol(text)))
    } catch (error) {
      throw new RangeError(`symbols[${index}]: ${(error as Error).message}`, { cause: error })
    }
  }
  return [...unique]
}
