import { compareFailures, compareGroups, reportNumber, type Failure, type Group } from './report.ts'

/** Counts what a check sees and keeps its first failures in report order, whatever the order they come in. */
export class Tally {
  evaluated = 0
  missing = 0
  unexpected = 0
  /** The largest value given to `measure`. */
  worst: number | null = null
  readonly failures: Failure[] = []
  readonly #groups: Group[] = []
  readonly #limit: number

  /** @param limit failures to keep; the counts stay exact */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts one row, cell, series or item as unexpected, and keeps it if it is among the first. */
  fail(
    symbol: string | null,
    timestamp: number | null,
    column: string | null,
    value: number | string | null,
    expected: string,
    row: number | null,
  ): void {
    this.unexpected += 1
    const failures = this.failures
    const last = failures.at(-1)
    if (failures.length === this.#limit) {
      // Most calls end here: rows come in the order of symbols, so a full sample is seldom displaced.
      if (!last || (last.symbol !== null && symbol !== null && symbol > last.symbol)) return
    }
    const failure: Failure = {
      symbol,
      timestamp: timestamp === null ? null : reportNumber(timestamp),
      column,
      value: typeof value === 'number' ? reportNumber(value) : value,
      expected,
      row,
    }
    if (failures.length === this.#limit) {
      if (!last || compareFailures(failure, last) >= 0) return
      failures.pop()
    }
    let place = failures.length
    while (place > 0 && compareFailures(failures[place - 1]!, failure) > 0) place -= 1
    failures.splice(place, 0, failure)
  }

  /** Names a group with an objection, or a column (`symbol` `null`, nothing evaluated) that could not be judged. */
  group(
    symbol: string | null,
    column: string | null,
    unexpected: number,
    evaluated: number,
    observed: number | null = null,
  ): void {
    this.#groups.push({
      symbol,
      column,
      unexpected,
      evaluated,
      observed: observed === null ? null : reportNumber(observed),
    })
  }

  /** Fails one item of a table: an item is its own group. */
  failItem(item: string, value: number | string | null, expected: string): void {
    this.fail(null, null, item, value, expected, null)
    this.group(null, item, 1, 1)
  }

  /** Records a measured value. */
  measure(value: number): void {
    if (this.worst === null || value > this.worst) this.worst = value
  }

  /** The groups in report order. */
  get groups(): readonly Group[] {
    return this.#groups.toSorted(compareGroups)
  }
}
