import pLimit from 'p-limit'
import { describeRequest } from '../scanner/scanner-error.ts'
import { askBatch } from './ask-batch.ts'
import { cutBatches } from './batches.ts'
import { dropColumn, planOf, subjectOf, takeError, type FetchRun } from './run.ts'
import { settleAnswer } from './settle.ts'
import type { FetchFailure } from './standings.ts'

/** Failures that say that the host wants to be left alone, or is not there. */
const UNWELCOME = /^(?:rate_limited|empty_body|blocked|network|timeout|rejected|http_5\d\d)$/
/** Such failures in a row after which a pass sends no more. */
const PATIENCE = 5

/**
 * Cuts the symbols of a pass into batches.
 *
 * @param run the fetch
 * @param symbols in the order of the input
 */
export function batchesOf(run: FetchRun, symbols: readonly string[]): string[][] {
  const { batchSize } = run.settings
  return cutBatches(symbols, { batchSize, columns: planOf(run).columns })
}

/**
 * Asks for symbols once, batch by batch, and notes in the standings what came.
 *
 * @param run the fetch
 * @param batches of symbols
 * @param attempt number of the attempt
 * @returns when the last answer is in
 */
export async function runPass(
  run: FetchRun,
  batches: readonly (readonly string[])[],
  attempt: number,
): Promise<void> {
  const { client, settings, standings } = run
  const { elapsed } = client.clock
  let unwelcome = 0

  /** Asks for a batch, or gives it up unasked; returns what all of it failed of. */
  async function ask(batch: readonly string[]): Promise<FetchFailure | undefined> {
    let failure: FetchFailure | undefined
    const failAll = (tickers: readonly string[], why: FetchFailure): string => {
      failure = why
      for (const symbol of tickers) standings.fail(symbol, why)
      return why.reason
    }
    if (run.ending !== undefined) {
      failAll(batch, { reason: run.ending.reason, message: run.ending.message, attempt })
      return failure
    }
    if (unwelcome >= PATIENCE) {
      const request = describeRequest(subjectOf(run, batch, attempt), undefined)
      const message = `${request}: it was not sent after ${PATIENCE} failures in a row.`
      failAll(batch, { reason: 'not_sent', message, attempt })
      return failure
    }
    const reason = await askBatch(batch, {
      plan: () => planOf(run),
      scan: (columns, tickers) =>
        client.scan(
          { market: settings.market, columns, tickers },
          {
            signal: run.controller.signal,
            attempt,
            retryAfterCapMs: settings.retryAfterCapMs,
          },
        ),
      drop: (column) => dropColumn(run, column),
      settle: (answer, tickers, plan) => settleAnswer(run, answer, tickers, plan, attempt),
      fail: (tickers, error) => failAll(tickers, takeError(run, error, attempt)),
      subjectOf: (tickers) => subjectOf(run, tickers, attempt),
    })
    unwelcome = reason !== undefined && UNWELCOME.test(reason) ? unwelcome + 1 : 0
    return reason === undefined ? undefined : failure
  }

  const limit = pLimit(client.concurrency)
  await Promise.all(
    batches.map((batch, index) =>
      limit(async () => {
        const from = elapsed()
        const failure = await ask(batch)
        const ok = batch.filter((symbol) => standings.outcomeOf(symbol) === 'ok').length
        run.report({
          type: 'batch',
          attempt,
          batch: index + 1,
          of: batches.length,
          ok,
          failed: batch.length - ok,
          ...(failure && { reason: failure.reason, message: failure.message }),
          ms: elapsed() - from,
        })
      }),
    ),
  )
}
