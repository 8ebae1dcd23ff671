import { byCodeUnit, type Outcome } from './outcome.ts'
import type { TechnicalsResult } from './result.ts'

/** The content of `feature_ingest_coverage.json`: what a run asked for and what it got, attempt by attempt. */
export interface Coverage {
  readonly schema: 'fs.coverage/1'
  readonly run_id: string
  readonly profile: string
  readonly requested: number
  readonly candidates_sha256: string
  readonly started_at: number
  readonly finished_at: number
  readonly attempts: readonly {
    readonly idx: number
    readonly fetched: number
    readonly failed: number
    readonly duration_s: number
    readonly failed_symbols: readonly string[]
    readonly reasons: Readonly<Record<string, Outcome>>
  }[]
  readonly failed_symbols: readonly string[]
  readonly excluded: readonly string[]
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** Only with several timeframes, whose worst is in `outcomes`. */
  readonly outcomes_by_timeframe?: Readonly<Record<string, Readonly<Record<string, Outcome>>>>
  readonly warnings: readonly unknown[]
}

/** What belongs into a coverage artefact beside the result. */
export interface CoverageSubject {
  readonly runId: string
  readonly profile: string
  /** Digest of the candidates file's bytes, hexadecimal. */
  readonly candidatesSha256: string
  /** Symbols that were taken out before the request. */
  readonly excluded?: readonly string[]
  /** The artefact of the same run that this result continues; its request was for the symbols that failed there. */
  readonly previous?: Coverage
}

/**
 * Makes the coverage artefact of a fetch.
 *
 * @param result what the fetch came to, as far as it is kept
 * @param subject which run it was
 * @returns an object to be written as JSON; lists and maps are sorted by code unit
 * @throws RangeError when the result does not continue `previous`: it must ask for exactly the symbols that failed there,
 *   with the next number of an attempt
 */
export function formatCoverage(result: TechnicalsResult, subject: CoverageSubject): Coverage {
  const { previous, excluded = previous?.excluded ?? [] } = subject
  if (previous !== undefined) checkContinues(result, previous)
  const outcomes = sorted({ ...previous?.outcomes, ...result.outcomes })
  const isSeveral = Object.keys(result.outcomesByTimeframe).length > 1
  const byTimeframe = Object.entries(result.outcomesByTimeframe).map(
    ([timeframe, each]) =>
      [timeframe, sorted({ ...previous?.outcomes_by_timeframe?.[timeframe], ...each })] as const,
  )
  return {
    schema: 'fs.coverage/1',
    run_id: subject.runId,
    profile: subject.profile,
    requested: previous?.requested ?? result.requested.length,
    candidates_sha256: subject.candidatesSha256,
    started_at: previous?.started_at ?? result.startedAt,
    finished_at: result.finishedAt,
    attempts: [
      ...(previous?.attempts ?? []),
      ...result.attempts.map(({ index, fetched, failed, durationMs, failedSymbols, reasons }) => ({
        idx: index,
        fetched,
        failed,
        // Milliseconds are as fine as the clock is worth.
        duration_s: Math.round(durationMs) / 1000,
        failed_symbols: failedSymbols,
        reasons,
      })),
    ],
    failed_symbols: Object.keys(outcomes).filter((symbol) => outcomes[symbol] !== 'ok'),
    excluded: excluded.toSorted(byCodeUnit),
    outcomes,
    ...(isSeveral && { outcomes_by_timeframe: Object.fromEntries(byTimeframe) }),
    warnings: [...(previous?.warnings ?? []), ...result.warnings],
  }
}

function checkContinues(result: TechnicalsResult, previous: Coverage): void {
  const next = previous.attempts.length + 1
  const index = result.attempts[0]?.index
  if (index !== next) {
    throw new RangeError(`the first attempt of a continued run must be ${next}, was ${index}`)
  }
  const asked = result.requested.toSorted(byCodeUnit)
  const open = previous.failed_symbols
  if (asked.length !== open.length || asked.some((symbol, place) => symbol !== open[place])) {
    throw new RangeError(
      `a continued run must ask for the ${open.length} symbols that failed before, asked for ${asked.length}`,
    )
  }
}

function sorted(outcomes: Readonly<Record<string, Outcome>>): Record<string, Outcome> {
  return Object.fromEntries(
    Object.entries(outcomes).sort(([left], [right]) => byCodeUnit(left, right)),
  )
}
