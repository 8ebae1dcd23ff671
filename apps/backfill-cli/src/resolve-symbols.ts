import { CommandError } from '@fs/cli'
import type { Candidate } from '@fs/tv-client'
import type { LeftOut } from './backfill-group.ts'

/** The symbols of a run, and those it cannot use. */
export interface ResolvedSymbols {
  /** In the order of the bars table. */
  readonly symbols: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

/**
 * Matches what was asked for with what there are bars for.
 *
 * @param candidates the list, or null for every symbol
 * @param held symbols of the bars table, ascending
 * @throws CommandError (exit 1) when nothing remains
 */
export function resolveSymbols(
  candidates: readonly Candidate[] | null,
  held: readonly string[],
): ResolvedSymbols {
  const wanted = candidates && new Set(candidates.map(({ symbol }) => symbol))
  const symbols = wanted === null ? held : held.filter((symbol) => wanted.has(symbol))
  const known = new Set(held)
  const leftOut = [...(wanted ?? [])]
    .filter((symbol) => !known.has(symbol))
    .map((symbol) => ({ symbol, reason: 'unknown: no bars were imported for it' }))
  if (symbols.length > 0) return { symbols, leftOut }
  throw nothingToDo(leftOut)
}

/** The refusal of a run in which every symbol was left out. */
export function nothingToDo(leftOut: readonly LeftOut[]): CommandError {
  const named = leftOut.slice(0, 5).map(({ symbol, reason }) => `${symbol} (${reason})`)
  const more = leftOut.length > 5 ? ` and ${leftOut.length - 5} more` : ''
  return new CommandError(
    'nothing_to_do',
    leftOut.length === 0
      ? 'the store holds no bars'
      : `no symbol can be computed: ${named.join(', ')}${more}`,
    {
      unchanged: 'Table and matrix are as they were.',
      next: 'Import bars first: fs-ingest bars --from PATH',
      exitCode: 1,
    },
  )
}
