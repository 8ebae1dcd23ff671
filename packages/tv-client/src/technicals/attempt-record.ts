import { byCodeUnit, type Outcome } from './outcome.ts'

/** One attempt: what a pass over the symbols that were still open came to. */
export interface AttemptRecord {
  /** Number of the attempt, from 1. */
  readonly index: number
  /** Symbols that this attempt turned `ok`. */
  readonly fetched: number
  /** Symbols that are still not `ok` after it. */
  readonly failed: number
  /** From the first request to the last answer, milliseconds. */
  readonly durationMs: number
  /** Those symbols, sorted. */
  readonly failedSymbols: readonly string[]
  /** Their outcomes, sorted by symbol. */
  readonly reasons: Readonly<Record<string, Outcome>>
}

/**
 * Records an attempt.
 *
 * @param attempt its number, the symbols it covered and how long it took
 * @param outcomeOf how a symbol stands after it
 * @param previous the attempt before, whose lists are shared when nothing changed: an attempt that brings nothing new
 *   costs no memory
 */
export function recordAttempt(
  attempt: { index: number; covered: readonly string[]; durationMs: number },
  outcomeOf: (symbol: string) => Outcome,
  previous: AttemptRecord | undefined,
): AttemptRecord {
  const { index, covered, durationMs } = attempt
  const failedSymbols = covered.filter((symbol) => outcomeOf(symbol) !== 'ok').sort(byCodeUnit)
  const head = {
    index,
    fetched: covered.length - failedSymbols.length,
    failed: failedSymbols.length,
    durationMs,
  }
  // What is covered is what failed before, so as many are the same ones.
  const isSame =
    previous?.failed === head.failed &&
    failedSymbols.every((symbol) => previous.reasons[symbol] === outcomeOf(symbol))
  if (isSame) {
    return { ...head, failedSymbols: previous.failedSymbols, reasons: previous.reasons }
  }
  const reasons = Object.fromEntries(failedSymbols.map((symbol) => [symbol, outcomeOf(symbol)]))
  return { ...head, failedSymbols, reasons }
}
