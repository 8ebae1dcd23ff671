import type { Table, TableRole } from './table.ts'

/** What is known about a feature before looking at its values. */
export interface FeatureDeclaration {
  /** Smallest value, itself allowed; absent where there is none. */
  readonly min?: number
  /** Largest value, itself allowed; absent where there is none. */
  readonly max?: number
  /** Number of the bar, counted from 1, that carries the first value. */
  readonly firstValue: number
  /** Bars until the value no longer depends on where the history begins. */
  readonly stable?: number
}

/** Declarations by feature name or TradingView column. `rsi` also declares `rsi_1d`, and `RSI` also `RSI|60`. */
export type Catalogue = Readonly<Record<string, FeatureDeclaration>>

/** Two digests of one thing, hexadecimal. */
export interface DigestPair {
  readonly name: string
  readonly expected: string
  readonly actual: string
}

/** Everything that is judged, and the moment it is judged at. */
export interface ValidationInput {
  /** Unix seconds; later knowledge is not seen. */
  readonly as_of: number
  /** The run that the report belongs to. */
  readonly run?: { readonly run_id: string; readonly profile: string }
  readonly tables: { readonly [Role in TableRole]?: Table }
  readonly catalogue: Catalogue
  /** Combines the two group ratings by a formula's id; throws on an id that it does not know. */
  combine(formula: string, ma: number, other: number): number
  /** Ids that `combine` knows; those that explain the rows a table's own formula does not are named. */
  readonly formulas?: readonly string[]
  /** Close of the bar with this open, Unix seconds; default open plus the table's `fs.timeframe` (`1d`). */
  readonly close?: (symbol: string, timestamp: number) => number
  /** Digests to compare; one named like a table's role also becomes that table's digest in the report. */
  readonly digests?: readonly DigestPair[]
  /** Milliseconds of a running clock, to fill the report's `timing`. */
  readonly clock?: () => number
}

// The timeframes that end feature names.
const TIMEFRAME_ENDING = /_(?:1m|5m|15m|30m|1h|2h|4h|1d|1w|1mo)$/

/**
 * Finds the declaration of a column: by its whole name, else without its timeframe.
 *
 * @returns the declaration, or `undefined` where nothing is declared
 */
export function declarationOf(
  catalogue: Catalogue,
  column: string,
): FeatureDeclaration | undefined {
  for (const name of [column, column.replace(TIMEFRAME_ENDING, ''), column.split('|')[0]!]) {
    if (Object.hasOwn(catalogue, name)) return catalogue[name]
  }
  return undefined
}
