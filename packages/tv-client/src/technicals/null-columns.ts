import type { MetaInfo } from '../scanner/metainfo.ts'
import { ScannerError } from '../scanner/scanner-error.ts'
import { dropColumn, planOf, subjectOf, takeError, type FetchRun } from './run.ts'

/** Rows from which on a column without any value is suspicious. */
const SUSPICIOUS_ROWS = 5

/**
 * Looks for columns that were null in every row so far, and asks the scanner once which columns it has: some hosts answer
 * an unknown column with nulls instead of an error.
 *
 * @param run the fetch
 * @param covered symbols of the attempt that just came to its end; they fail when a column turns out to be unknown
 * @param attempt its number
 * @param checked columns looked at before; those looked at now are added
 */
export async function checkNullColumns(
  run: FetchRun,
  covered: readonly string[],
  attempt: number,
  checked: Set<string>,
): Promise<void> {
  const columns = run.standings
    .allNullColumns(planOf(run), SUSPICIOUS_ROWS)
    .filter((column) => !checked.has(column))
  if (columns.length === 0) return
  for (const column of columns) checked.add(column)
  let metainfo: MetaInfo | undefined
  try {
    const { signal } = run.controller
    metainfo = await run.client.metainfo(run.settings.market, { signal, attempt })
  } catch (error) {
    if (!(error instanceof ScannerError)) throw error
  }
  for (const column of columns) {
    if (metainfo === undefined || metainfo.fields.has(column)) {
      const why = metainfo ? 'although the market lists it' : 'and the metainfo could not be asked'
      const message = `this column was null in every row, ${why}`
      run.warnings.add('all_null_column', message, { column })
    } else if (!dropColumn(run, column)) {
      const detail = 'it was null in every row, and the market does not list it'
      const subject = subjectOf(run, covered, attempt)
      const error = new ScannerError('unknown_column', subject, { status: 200, column, detail })
      const failure = takeError(run, error, attempt)
      for (const symbol of covered) run.standings.revoke(symbol, failure)
      return
    }
  }
}
