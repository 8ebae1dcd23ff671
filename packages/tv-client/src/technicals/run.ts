import type { ScannerClient } from '../scanner/client.ts'
import { ScannerError, type RequestSubject } from '../scanner/scanner-error.ts'
import { planColumns, type ColumnPlan } from './columns.ts'
import type { FetchSettings } from './options.ts'
import type { FetchEvent } from './progress.ts'
import type { FetchFailure, Standings } from './standings.ts'
import type { WarningList } from './warnings.ts'

/** Why a fetch ends before its budget. */
export interface Ending {
  /** What the symbols that are still open failed of. */
  readonly reason: string
  readonly message: string
  /** Absent when the bound of the whole fetch was reached. */
  readonly error?: ScannerError
}

/** A fetch under way: what its parts share, and what they change. */
export interface FetchRun {
  readonly client: ScannerClient
  readonly settings: FetchSettings
  readonly standings: Standings
  readonly warnings: WarningList
  readonly report: (event: FetchEvent) => void
  /** Columns that are not asked for any more. */
  readonly dropped: Set<string>
  /** Ends requests and waits. */
  readonly controller: AbortController
  ending: Ending | undefined
  /** The `Retry-After` that ends last: its length, and when it ends by the client's `elapsed`. */
  retryAfter: { readonly ms: number; readonly until: number }
}

/** Errors that every further request would meet too. */
const FINAL: ReadonlySet<string> = new Set([
  'unknown_column',
  'unknown_market',
  'unauthorized',
  'redirected',
])

/** Describes a request of the run, for errors. */
export function subjectOf(
  run: FetchRun,
  symbols: readonly string[],
  attempt: number,
): RequestSubject {
  const url = new URL(`${run.settings.market}/scan`, run.client.baseUrl).href
  return { operation: 'scan', url, symbols, attempt }
}

/** Plans the columns that are still asked for. */
export function planOf(run: FetchRun): ColumnPlan {
  return planColumns(run.settings.timeframes, run.dropped)
}

/** Ends the run: requests and waits stop at once, and the first reason counts. */
export function endRun(run: FetchRun, ending: Ending): void {
  run.ending ??= ending
  run.controller.abort()
}

/** Leaves a column out from now on, unless the caller wants to be stopped instead. */
export function dropColumn(run: FetchRun, column: string): boolean {
  if (run.settings.unknownColumns === 'fail') return false
  if (!planColumns(run.settings.timeframes).columns.includes(column)) return false
  run.dropped.add(column)
  const message = 'the scanner does not know this column; it was left out'
  run.warnings.add('unknown_column', message, { column })
  return true
}

/**
 * Takes an error that concerns symbols: heeds its `Retry-After`, ends the run when every further request would meet it too,
 * and says what the symbols failed of.
 */
export function takeError(run: FetchRun, error: ScannerError, attempt: number): FetchFailure {
  const { elapsed } = run.client.clock
  if (error.retryAfterMs !== undefined) {
    const ms = Math.min(error.retryAfterMs, run.settings.retryAfterCapMs)
    const until = elapsed() + ms
    if (until > run.retryAfter.until) run.retryAfter = { ms, until }
  }
  if (FINAL.has(error.code)) {
    endRun(run, { reason: error.code, message: error.message, error })
  }
  // The end of a run reaches its requests as an abort; why it ended is what their symbols failed of.
  const { reason, message } =
    error.code === 'aborted' && run.ending !== undefined
      ? run.ending
      : { reason: error.code, message: error.message }
  return { reason, message, attempt }
}
