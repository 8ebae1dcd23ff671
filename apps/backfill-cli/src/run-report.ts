import { label } from '@fs/ratings'
import type { Report } from '@fs/validator'
import type { ComputedGroup, LastBar, LeftOut } from './backfill-group.ts'

/** What identifies a run's work: a run id may only be used again with the same. */
export interface RunInputs {
  /** SHA-256 of the candidates file; null with `--all`. */
  readonly candidates_sha256: string | null
  readonly table: string
  readonly output: string
  readonly formula: string
  readonly features: readonly string[]
  /** Name of the policy, or SHA-256 of its file. */
  readonly policy: string
  /** As asked for; null: the newest `known_at` of the bars. */
  readonly as_of: number | null
}

/** One symbol's line in the report of a run. */
export interface SymbolLine {
  readonly symbol: string
  /** Bars it was computed from. */
  readonly bars: number
  readonly rows_added: number
  readonly rows_restated: number
  /** Open of the last bar, with `--as-of` the last one known then; Unix seconds. */
  readonly last: number
  /** Last values by feature; null where there is none. */
  readonly values: Readonly<Record<string, number | null>>
  /** Label of the last `recommend_all`; null in a table without it. */
  readonly label: string | null
  /** `vendor` where the last rating is the vendor's. */
  readonly source: 'computed' | 'vendor'
}

/** The matrix that a run saved. */
export interface MatrixLine {
  readonly path: string
  readonly sha256: string
  readonly rows: number
  readonly columns: number
  readonly bytes: number
}

/** What a run did; kept in its folder as `backfill.json`. */
export interface RunReport {
  readonly schema: 'feature-store/backfill@1'
  readonly run_id: string
  readonly profile: string
  /** `planned`: a dry run; `refused`: validation failed; `started`: it runs still, or was ended before its end. */
  readonly status: 'started' | 'done' | 'refused' | 'planned'
  /** Unix seconds. */
  readonly started_at: number
  readonly inputs: RunInputs
  /** Only bars known by then were used, Unix seconds. */
  readonly as_of: number
  /** Version of the table that the matrix shows; of a run that changed nothing, the one it found. */
  readonly table_version: number | null
  /** False when the table held every row already. */
  readonly committed: boolean
  readonly rows: { readonly added: number; readonly restated: number; readonly unchanged: number }
  readonly validation: 'passed' | 'warned' | 'failed' | null
  readonly matrix: MatrixLine | null
  /** Symbols of other runs whose columns were brought up to date as well, or would be. */
  readonly also_refreshed: readonly string[]
  readonly left_out: readonly LeftOut[]
  /** Symbols with too few bars for a value that no longer depends on where their history begins. */
  readonly partial: readonly string[]
  readonly notices: readonly string[]
  readonly symbols: readonly SymbolLine[]
}

/** Adds to the report of a run's start what its computation came to. */
export function reportComputed(
  started: RunReport,
  results: readonly ComputedGroup[],
  report: Report,
): RunReport {
  const rows = { added: 0, restated: 0, unchanged: 0 }
  for (const { perSymbol } of results) {
    for (const counts of perSymbol.values()) {
      rows.added += counts.added
      rows.restated += counts.restated
      rows.unchanged += counts.unchanged
    }
  }
  return {
    ...started,
    rows,
    validation: report.status,
    left_out: [...started.left_out, ...results.flatMap(({ leftOut }) => leftOut)],
    partial: report.partial,
    symbols: results.flatMap((group) => group.last.map((bar) => lineOf(bar, group))),
  }
}

function lineOf(last: LastBar, group: ComputedGroup): SymbolLine {
  const counts = group.perSymbol.get(last.symbol)
  const values = Object.fromEntries(
    Object.entries(last.values).map(([name, value]) => [name, Number.isNaN(value) ? null : value]),
  )
  const rating = values['recommend_all']
  return {
    symbol: last.symbol,
    bars: group.bars.get(last.symbol) ?? 0,
    rows_added: counts?.added ?? 0,
    rows_restated: counts?.restated ?? 0,
    last: last.timestamp,
    values,
    label: rating === undefined ? null : label(rating ?? Number.NaN),
    source: last.source,
  }
}
