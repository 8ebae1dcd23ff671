import type { LeftOut } from './backfill-group.ts'

/** What identifies a run's work: a run id may only be used again with the same. */
export interface RunInputs {
  /** SHA-256 of the candidates file; null with `--all`. */
  readonly candidates_sha256: string | null
  readonly table: string
  readonly output: string
  readonly formula: string
  readonly features: readonly string[]
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
  /** Open of the last bar shown, Unix seconds. */
  readonly last: number
  /** Last values by feature; null where there is none. */
  readonly values: Readonly<Record<string, number | null>>
  /** Label of the last `recommend_all`. */
  readonly label: string
  /** `vendor` where the last rating is the vendor's. */
  readonly source: 'computed' | 'vendor'
}

/** What a run did; kept in its folder as `backfill.json`. */
export interface RunReport {
  readonly schema: 'feature-store/backfill@1'
  readonly run_id: string
  readonly profile: string
  readonly status: 'started' | 'done' | 'refused' | 'planned'
  /** Unix seconds. */
  readonly started_at: number
  readonly inputs: RunInputs
  /** Only bars known by then were used, Unix seconds. */
  readonly as_of: number | null
  readonly table_version: number | null
  /** False when the table held every row already. */
  readonly committed: boolean
  readonly rows: { readonly added: number; readonly restated: number; readonly unchanged: number }
  readonly validation: 'passed' | 'warned' | 'failed' | null
  readonly matrix: {
    readonly path: string
    readonly sha256: string
    readonly rows: number
    readonly columns: number
    readonly bytes: number
  } | null
  /** Symbols of other runs whose columns were brought up to date as well. */
  readonly also_refreshed: readonly string[]
  readonly left_out: readonly LeftOut[]
  /** Symbols with too few bars for a value that no longer depends on where their history begins. */
  readonly partial: readonly string[]
  readonly notices: readonly string[]
  readonly symbols: readonly SymbolLine[]
}
