import { CommandError, EXIT } from '@fs/cli'
import type { Report } from '@fs/validator'
import type { LeftOut } from './backfill-group.ts'

// The ways in which a backfill says no; each leaves table and matrix as they were.

const UNCHANGED = 'Table and matrix are as they were.'

/** Refuses a run on a store without bars. */
export function noBars(lakehouse: string): CommandError {
  return new CommandError('nothing_to_do', `there are no bars in the lakehouse ${lakehouse}`, {
    unchanged: 'Nothing was touched.',
    next: 'Import bars first (fs-ingest bars --from PATH), or name another lakehouse with --lakehouse.',
    exitCode: EXIT.saidNo,
  })
}

/** Refuses a run in which every symbol was left out. */
export function nothingToDo(leftOut: readonly LeftOut[]): CommandError {
  const named = leftOut.map(({ symbol, reason }) => `${symbol} (${reason})`)
  return new CommandError('nothing_to_do', `no symbol can be computed: ${firstOf(named)}`, {
    unchanged: UNCHANGED,
    next: 'Import bars of these symbols (fs-ingest bars --from PATH), or name others.',
    exitCode: EXIT.saidNo,
  })
}

/**
 * Refuses a plan that would touch cells outside the candidates.
 *
 * @param outside symbols whose columns are older than the table
 */
export function outOfScope(outside: readonly string[]): CommandError {
  return new CommandError(
    'out_of_scope',
    `the matrix is behind its table, so this run would also bring up to date ${plural(outside.length)} outside the candidates: ${firstOf(outside)}`,
    {
      unchanged: `${UNCHANGED.slice(0, -1)} (--strict-scope).`,
      next: 'Run once without --strict-scope, or with candidates that name them.',
      exitCode: EXIT.saidNo,
    },
  )
}

/**
 * Refuses what validation did not let pass.
 *
 * @param reportFile where the whole report lies; null when it was not kept
 */
export function validationRefused(report: Report, reportFile: string | null): CommandError {
  const failed = report.results.filter(({ status }) => status === 'fail')
  // Under a policy that wants a verdict, a check that came to none fails the report as well.
  const undecided = report.results.filter(
    ({ status, severity }) =>
      severity === 'E' && (status === 'errored' || status === 'inconclusive'),
  )
  const failing = failed.length > 0 ? failed : undecided
  const named = failing.map(({ id, table, message, failures }) => {
    const symbols = [...new Set(failures.sample.flatMap(({ symbol }) => symbol ?? []))]
    return `${id} on ${table}: ${message}${symbols.length === 0 ? '' : ` (${firstOf(symbols, 3)})`}`
  })
  return new CommandError('validation_failed', `validation failed: ${named.join('; ')}`, {
    unchanged: `Nothing was committed. ${UNCHANGED}`,
    next: `${reportFile === null ? '' : `Read ${reportFile}. `}Mend the bars of these symbols, or leave the symbols out.`,
    exitCode: EXIT.saidNo,
  })
}

function firstOf(items: readonly string[], count = 5): string {
  const more = items.length > count ? ` and ${items.length - count} more` : ''
  return items.slice(0, count).join(', ') + more
}

function plural(symbols: number): string {
  return symbols === 1 ? '1 symbol' : `${symbols} symbols`
}
