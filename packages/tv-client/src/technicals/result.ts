import type { ScannerError } from '../scanner/scanner-error.ts'
import type { AttemptRecord } from './attempt-record.ts'
import type { ScannerTimeframe } from './columns.ts'
import { byCodeUnit, type Outcome } from './outcome.ts'
import type { FetchFailure, TechnicalsRow } from './standings.ts'
import type { FetchWarning } from './warnings.ts'

/** What a fetch came to. */
export interface TechnicalsResult {
  /** The symbols asked for, each once, in the order of the input. */
  readonly requested: readonly string[]
  /** In the order of the input, then of the timeframes, whoever answered first. */
  readonly rows: readonly TechnicalsRow[]
  /** One a symbol, sorted; over several timeframes the worst counts. */
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** One a symbol and timeframe. */
  readonly outcomesByTimeframe: Readonly<
    Partial<Record<ScannerTimeframe, Readonly<Record<string, Outcome>>>>
  >
  /** At least one. The first covers every symbol, each further one those that were not `ok` before. */
  readonly attempts: readonly AttemptRecord[]
  readonly warnings: readonly FetchWarning[]
  /** The failed symbols by what befell them, for people. */
  readonly failures: readonly (FetchFailure & { readonly symbols: readonly string[] })[]
  /** What ended the fetch before its budget: an unknown column or market, a lacking session, a redirect, the caller. */
  readonly error: ScannerError | undefined
  /** Unix seconds, rounded down. */
  readonly startedAt: number
  /** Unix seconds, rounded up. */
  readonly finishedAt: number
}

/**
 * Takes the rows out of a result whose rows will not be kept, so that it says no more than is kept: what was `ok` is
 * `failed:aborted`, in every attempt.
 *
 * @param result of an interrupted fetch
 * @returns a result without rows; a fetch that continues it asks for every symbol again
 */
export function discardRows(result: TechnicalsResult): TechnicalsResult {
  const discard = (outcomes: Readonly<Record<string, Outcome>>): Record<string, Outcome> =>
    Object.fromEntries(
      Object.entries(outcomes).map(([symbol, outcome]) => [
        symbol,
        outcome === 'ok' ? 'failed:aborted' : outcome,
      ]),
    )
  const outcomes = discard(result.outcomes)
  const failedSymbols = Object.keys(outcomes).sort(byCodeUnit)
  return {
    ...result,
    rows: [],
    outcomes,
    outcomesByTimeframe: Object.fromEntries(
      Object.entries(result.outcomesByTimeframe).map(([timeframe, each]) => [
        timeframe,
        discard(each),
      ]),
    ),
    attempts: result.attempts.map(({ index, durationMs }) => ({
      index,
      fetched: 0,
      failed: failedSymbols.length,
      durationMs,
      failedSymbols,
      reasons: outcomes,
    })),
  }
}
