import type { ScanAnswer } from '../scanner/scan-answer.ts'
import { ScannerError, type RequestSubject } from '../scanner/scanner-error.ts'
import type { ColumnPlan } from './columns.ts'
import { findCulprit } from './culprit.ts'

/** What the conversation about a batch needs of the fetch around it. */
export interface BatchPort {
  /** The columns to ask for now. */
  plan(): ColumnPlan
  scan(columns: readonly string[], tickers: readonly string[]): Promise<ScanAnswer>
  /** Leaves a column out from now on; false when it must not or cannot be. */
  drop(column: string): boolean
  /** Takes an answer. */
  settle(answer: ScanAnswer, tickers: readonly string[], plan: ColumnPlan): void
  /** Takes a failure of symbols, and says which reason it gave them. */
  fail(tickers: readonly string[], error: ScannerError): string
  subjectOf(tickers: readonly string[]): RequestSubject
}

/** Columns and tickers that are searched for in a batch which the scanner refuses. */
const CULPRITS = 3

/**
 * Asks for a batch. Where the scanner refuses it for a single column or ticker, that one is found and the rest is asked
 * again; every other failure is that of the whole batch.
 *
 * @param batch symbols, not empty
 * @param port the fetch around it
 * @returns the reason when what was left of the batch failed, else `undefined`
 * @throws what is no `ScannerError`
 */
export async function askBatch(
  batch: readonly string[],
  port: BatchPort,
): Promise<string | undefined> {
  let tickers = batch
  let searches = 0
  while (tickers.length > 0) {
    const plan = port.plan()
    let blame: ScannerError | { ticker: string }
    try {
      port.settle(await port.scan(plan.columns, tickers), tickers, plan)
      return undefined
    } catch (error) {
      if (!(error instanceof ScannerError)) throw error
      blame = error
    }
    if (blame.code === 'rejected' && searches < CULPRITS) {
      searches += 1
      blame = await search(blame, plan.columns, tickers, port)
    }
    if ('ticker' in blame) {
      const { ticker } = blame
      tickers = tickers.filter((symbol) => symbol !== ticker)
    } else if (blame.column === undefined || !port.drop(blame.column)) {
      return port.fail(tickers, blame)
    }
  }
  return undefined
}

async function search(
  refusal: ScannerError,
  columns: readonly string[],
  tickers: readonly string[],
  port: BatchPort,
): Promise<ScannerError | { ticker: string }> {
  const { status, excerpt: body } = refusal
  try {
    const culprit = await findCulprit({ columns, tickers }, async (some, of) => {
      try {
        await port.scan(some, of)
        return false
      } catch (error) {
        if (error instanceof ScannerError && error.code === 'rejected') return true
        throw error
      }
    })
    if (culprit === undefined) return refusal
    if ('column' in culprit) {
      const { column } = culprit
      return new ScannerError('unknown_column', port.subjectOf(tickers), { status, column, body })
    }
    const { ticker } = culprit
    const facts = { status, body, detail: `because of this symbol alone: ${body}` }
    port.fail([ticker], new ScannerError('rejected', port.subjectOf([ticker]), facts))
    return culprit
  } catch (error) {
    // The search met a failure of its own, which says more about the host than the refusal did.
    if (error instanceof ScannerError) return error
    throw error
  }
}
