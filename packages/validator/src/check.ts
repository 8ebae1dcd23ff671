import type { Extents } from './extents.ts'
import type { Frame, View } from './frame.ts'
import type { ValidationInput } from './input.ts'
import type { SeriesScan } from './series.ts'
import type { TableRole } from './table.ts'
import type { Tally } from './tally.ts'

/** Error, warning, information. */
export type Severity = 'E' | 'W' | 'I'

/** What a check counts: cells, rows, series (symbol and column), or items of a table. */
export type Grain = 'C' | 'R' | 'S' | 'T'

/** What is published about a check. */
export interface CheckInfo {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** Whether a policy must leave the check on and an error. */
  readonly fixed: boolean
  readonly grain: Grain
  /** Whether a promotion can waive its failure. */
  readonly waivable: boolean
  /** Thresholds that a policy can set, with their defaults. */
  readonly thresholds: Readonly<Record<string, number>>
}

/** A table's role, and behind a colon the part of it that is judged apart; `input` is everything handed in. */
export type CheckTable = TableRole | 'input' | 'local:retrieved'

/** A check with its code. */
export interface Check extends CheckInfo {
  /** What it is run on; there is one result for each. */
  readonly tables: readonly CheckTable[]
  /** Those of them where a finding is information, whatever the severity. */
  readonly informs?: readonly CheckTable[]
  /** Columns without which it is skipped. */
  readonly columns: (table: CheckTable) => readonly string[]
  /** @throws anything; the result is then `errored` */
  readonly run: (context: CheckContext, table: CheckTable) => Outcome
}

/** What a check works on. */
export interface CheckContext {
  readonly input: ValidationInput
  readonly frames: { readonly [Role in TableRole]?: Frame }
  readonly required: readonly string[]
  readonly thresholds: Readonly<Record<string, number>>
  /** Makes an empty tally that keeps as many failures as the policy says, or all. */
  readonly tally: (keep?: 'all') => Tally
  /** The rows of a table as they were known at `as_of`. */
  readonly view: (role: TableRole) => View
  /** The extents of the series of that view. */
  readonly extents: (role: TableRole) => Extents
  /** The computed series of `local` against the bars. */
  readonly series: () => readonly SeriesScan[]
}

/** What a check found, or why it did not look. */
type Outcome =
  | { readonly skipped: string }
  | {
      readonly tally: Tally
      readonly threshold?: number
      readonly fits?: ReadonlyMap<string, number>
    }
