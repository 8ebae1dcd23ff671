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
 */
export function resolveSymbols(
  candidates: readonly Candidate[] | null,
  held: readonly string[],
): ResolvedSymbols {
  if (candidates === null) return { symbols: held, leftOut: [] }
  const wanted = new Set(candidates.map(({ symbol }) => symbol))
  const known = new Set(held)
  return {
    symbols: held.filter((symbol) => wanted.has(symbol)),
    leftOut: [...wanted]
      .filter((symbol) => !known.has(symbol))
      .map((symbol) => ({ symbol, reason: 'unknown: no bars were imported for it' })),
  }
}
