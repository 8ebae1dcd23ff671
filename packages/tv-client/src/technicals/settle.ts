import type { ScanAnswer } from '../scanner/scan-answer.ts'
import { describeRequest } from '../scanner/scanner-error.ts'
import type { ColumnPlan } from './columns.ts'
import { judgeRows } from './judge-rows.ts'
import { subjectOf, type FetchRun } from './run.ts'
import type { FetchFailure } from './standings.ts'

/**
 * Brings the standings of a batch's symbols up to date with its answer.
 *
 * @param run the fetch
 * @param answer to the batch
 * @param tickers the batch
 * @param plan the columns that were asked for
 * @param attempt number of the attempt
 */
export function settleAnswer(
  run: FetchRun,
  answer: ScanAnswer,
  tickers: readonly string[],
  plan: ColumnPlan,
  attempt: number,
): void {
  const { standings } = run
  const { readings, updateModes, absent, absence } = judgeRows(answer, tickers, plan, run.warnings)
  const failureOf = (reason: string, symbols: readonly string[], says: string): FetchFailure => ({
    reason,
    attempt,
    message: `${describeRequest(subjectOf(run, symbols, attempt), 200)}: ${says}.`,
  })

  const faults = new Map<string, string>()
  for (const [symbol, list] of readings) {
    const fault = list.find((reading) => reading.fault !== undefined)?.fault
    if (fault !== undefined) faults.set(symbol, fault)
  }
  const [firstFault] = faults.values()
  const badRow = failureOf('bad_row', [...faults.keys()], `the row cannot be used, ${firstFault}`)
  // Rounded down it could lie before the request.
  const timestamp = Math.ceil(answer.receivedAt / 1000)
  for (const [symbol, list] of readings) {
    standings.read(symbol, list, {
      timestamp,
      updateMode: updateModes.get(symbol) ?? null,
      failure: faults.has(symbol) ? badRow : undefined,
    })
  }

  if (absence === 'missing') {
    for (const symbol of absent) standings.miss(symbol)
  } else if (absence === 'page_cut') {
    const says = `the page was cut, ${answer.totalCount} rows were announced`
    const failure = failureOf('page_cut', absent, says)
    for (const symbol of absent) standings.fail(symbol, failure)
  } else {
    const failure = failureOf('no_rows', absent, 'not a single row came')
    for (const symbol of absent) standings.bare(symbol, failure)
  }
}
