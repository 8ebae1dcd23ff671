import type { Report, Result } from '../src/index.ts'

/** Names every check and table that has an objection or no verdict, with the number of objections. */
export function findings(report: Report): Record<string, number | string> {
  return Object.fromEntries(
    report.results
      .filter(({ status }) => status !== 'pass' && status !== 'skipped')
      .map(({ id, table, status, counts }) => [
        `${id} ${table}`,
        status === 'fail' || status === 'warn' ? counts.unexpected : status,
      ]),
  )
}

/** Finds a result. */
export function resultOf(report: Report, id: string, table: string): Result {
  const found = report.results.find((result) => result.id === id && result.table === table)
  if (!found) throw new RangeError(`no result of ${id} on ${table}`)
  return found
}

/** Writes the failures of a result in one line each. */
export function failureKeys(result: Result): string[] {
  return result.failures.sample.map(({ symbol, timestamp, column, value, row }) =>
    [symbol, timestamp, column, value, row].map((part) => part ?? '-').join(' '),
  )
}

/** Writes a report without what may differ between runs. */
export function stable(report: Report): string {
  return JSON.stringify({ ...report, timing: null })
}
