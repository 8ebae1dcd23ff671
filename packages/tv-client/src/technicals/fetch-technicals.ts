import pRetry from 'p-retry'
import type { ScannerClient } from '../scanner/client.ts'
import { untilAborted } from '../scanner/clock.ts'
import { describeRequest, isRetryable, ScannerError } from '../scanner/scanner-error.ts'
import { recordAttempt, type AttemptRecord } from './attempt-record.ts'
import { backoffOf } from './backoff.ts'
import { checkNullColumns } from './null-columns.ts'
import { checkFetchOptions, checkSymbols, type FetchOptions } from './options.ts'
import { byCodeUnit, reasonOf } from './outcome.ts'
import { batchesOf, runPass } from './pass.ts'
import { quietly } from './progress.ts'
import type { TechnicalsResult } from './result.ts'
import { endRun, subjectOf, type FetchRun } from './run.ts'
import { createStandings, type FetchFailure } from './standings.ts'
import { createWarningList } from './warnings.ts'

/** Tells the retry loop that symbols are left which another attempt can help. */
class PassIncomplete extends Error {}

/**
 * Fetches the technicals of many symbols: in batches, in several attempts of which each asks for what the ones before did
 * not bring, and with an outcome for every symbol. What can go wrong with a host is in the result, never thrown.
 *
 * @param client a scanner
 * @param symbols `EXCHANGE:TICKER`; duplicates collapse
 * @param options how to go about it
 * @returns rows, outcomes and attempts; `error` when the fetch stopped before its budget
 * @throws RangeError when a symbol or an option cannot be; nothing was asked then
 * @example
 * const { rows, outcomes } = await fetchTechnicals(client, ['BINANCE:BTCUSDT', 'NASDAQ:AAPL'])
 */
export async function fetchTechnicals(
  client: ScannerClient,
  symbols: readonly string[],
  options: FetchOptions = {},
): Promise<TechnicalsResult> {
  const settings = checkFetchOptions(options)
  const requested = checkSymbols(symbols)
  const { clock } = client
  const startedAt = Math.floor(clock.now() / 1000)
  const begun = clock.elapsed()
  const report = quietly(options.onProgress)
  const run: FetchRun = {
    client,
    settings,
    standings: createStandings(requested, settings.timeframes),
    warnings: createWarningList(({ code, message, column }) =>
      report({ type: 'warning', code, message, ...(column !== undefined && { column }) }),
    ),
    report,
    dropped: new Set(),
    controller: new AbortController(),
    ending: undefined,
    retryAfter: { ms: 0, until: Number.NEGATIVE_INFINITY },
  }
  const attempts: AttemptRecord[] = []
  const checkedColumns = new Set<string>()
  const release = watchBounds(run, requested, options.signal)
  try {
    // The loop counts attempts; the waits are ours, because a `Retry-After`, the injected clock and the total bound decide
    // them.
    await pRetry((number) => attempt(number), {
      retries: settings.attempts - 1,
      minTimeout: 0,
      shouldRetry: ({ error, attemptNumber }) =>
        error instanceof PassIncomplete && waitBefore(attemptNumber + 1),
    })
  } catch (error) {
    if (!(error instanceof PassIncomplete)) throw error
  } finally {
    release()
    run.controller.abort()
  }

  /** Makes one pass over the symbols that are not `ok`, and throws when another can help. */
  async function attempt(number: number): Promise<void> {
    const index = settings.firstAttempt + number - 1
    const covered = openSymbols()
    const batches = batchesOf(run, covered.filter(canAsk))
    if (number === 1)
      report({ type: 'start', requested: requested.length, batches: batches.length })
    const from = clock.elapsed()
    await runPass(run, batches, index)
    const durationMs = clock.elapsed() - from
    if (run.ending === undefined) await checkNullColumns(run, covered, index, checkedColumns)
    attempts.push(
      recordAttempt({ index, covered, durationMs }, run.standings.outcomeOf, attempts.at(-1)),
    )
    if (run.ending === undefined && retryableReasons().length > 0) throw new PassIncomplete()
  }

  /** Waits before an attempt; says no when that would pass the bound of the whole fetch. */
  async function waitBefore(number: number): Promise<boolean> {
    const { retryAfter } = run
    // Whole, although a part of it is over by now: a host that asks for patience gets a little more.
    const atLeast = retryAfter.until > clock.elapsed() ? retryAfter.ms : 0
    const ms = Math.max(backoffOf(number, settings, clock.random()), atLeast)
    if (clock.elapsed() - begun + ms > settings.totalMs) return false
    report({
      type: 'wait',
      attempt: settings.firstAttempt + number - 1,
      ms,
      remaining: openSymbols().length,
      cause: mostFrequent(retryableReasons()),
    })
    const { signal } = run.controller
    try {
      await untilAborted(clock.sleep(ms, signal), signal)
    } catch (error) {
      // An interrupted wait belongs to the attempt it precedes, which then asks nothing and records why.
      if (!signal.aborted) throw error
    }
    return true
  }

  function openSymbols(): string[] {
    return requested.filter((symbol) => run.standings.outcomeOf(symbol) !== 'ok')
  }
  /** What failed for good is not asked again, and counts as failed in every further attempt. */
  function canAsk(symbol: string): boolean {
    const reason = reasonOf(run.standings.outcomeOf(symbol))
    return reason === undefined || isRetryable(reason)
  }
  function retryableReasons(): string[] {
    return openSymbols().flatMap((symbol) => {
      const reason = reasonOf(run.standings.outcomeOf(symbol))
      return reason !== undefined && isRetryable(reason) ? [reason] : []
    })
  }

  const { standings } = run
  const failed = openSymbols()
  const result: TechnicalsResult = {
    requested,
    rows: requested.flatMap((symbol) => standings.rowsOf(symbol)),
    outcomes: Object.fromEntries(
      requested.toSorted(byCodeUnit).map((symbol) => [symbol, standings.outcomeOf(symbol)]),
    ),
    outcomesByTimeframe: Object.fromEntries(
      settings.timeframes.map((timeframe) => [timeframe, standings.outcomesOf(timeframe)]),
    ),
    attempts,
    warnings: run.warnings.list(),
    failures: groupFailures(failed, standings.failureOf),
    error: run.ending?.error,
    startedAt,
    finishedAt: Math.ceil(clock.now() / 1000),
  }
  report({
    type: 'done',
    requested: requested.length,
    ok: requested.length - failed.length,
    failed: failed.length,
    attempts: attempts.length,
    ms: clock.elapsed() - begun,
  })
  return result
}

/** Ends the run at its total bound, or when the caller says so. */
function watchBounds(
  run: FetchRun,
  requested: readonly string[],
  signal: AbortSignal | undefined,
): () => void {
  const { totalMs, firstAttempt } = run.settings
  const subject = subjectOf(run, requested, firstAttempt)
  const onAbort = () => {
    const error = new ScannerError('aborted', subject)
    endRun(run, { reason: error.code, message: error.message, error })
  }
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  const clearTimer = run.client.clock.setTimer(() => {
    const message = `${describeRequest(subject, undefined)}: the whole fetch exceeded ${totalMs} ms.`
    endRun(run, { reason: 'deadline', message })
  }, totalMs)
  return () => {
    clearTimer()
    signal?.removeEventListener('abort', onAbort)
  }
}

function mostFrequent(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const ranked = [...counts].sort(
    ([left, leftCount], [right, rightCount]) => rightCount - leftCount || byCodeUnit(left, right),
  )
  return ranked[0]?.[0] ?? ''
}

function groupFailures(
  symbols: readonly string[],
  failureOf: (symbol: string) => FetchFailure | undefined,
): TechnicalsResult['failures'] {
  const groups = new Map<string, FetchFailure & { symbols: string[] }>()
  for (const symbol of symbols) {
    const failure = failureOf(symbol)
    if (failure === undefined) continue
    const key = `${failure.attempt} ${failure.reason} ${failure.message}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { ...failure, symbols: [symbol] })
    else group.symbols.push(symbol)
  }
  return [...groups.values()]
}
