import type { Grain, Severity } from './check.ts'

/** A number as JSON can carry it. */
export type ReportedNumber = number | 'NaN' | 'Infinity' | '-Infinity'

/** How a check ended on a table. */
export type ResultStatus = 'pass' | 'warn' | 'fail' | 'skipped' | 'inconclusive' | 'errored'

/** One row, cell, series or item that a check objects to. */
export interface Failure {
  /** `null` where it has none. */
  readonly symbol: string | null
  /** Unix seconds; `null` for a series or item. */
  readonly timestamp: ReportedNumber | null
  /** Column or item; `null` when the whole row is meant. */
  readonly column: string | null
  /** A number that JSON cannot carry is written as in {@link ReportedNumber}. */
  readonly value: number | string | null
  readonly expected: string
  /** Number of the row among the symbol's rows of the table as handed in, from 0. It does not depend on other symbols. */
  readonly row: number | null
}

/** What a check found in one series (symbol and column), in one symbol's rows, or in one item of a table. */
export interface Group {
  readonly symbol: string | null
  readonly column: string | null
  readonly unexpected: number
  readonly evaluated: number
  readonly observed: ReportedNumber | null
}

/** What a check found in a table. */
export interface Result {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly grain: Grain
  readonly table: string
  readonly status: ResultStatus
  /** In cells, rows, series or items, by grain. `evaluated` does not contain `missing`. */
  readonly counts: {
    readonly evaluated: number
    readonly missing: number
    readonly unexpected: number
    readonly ratio: number | null
  }
  /** The worst value measured, where the check measures one. */
  readonly observed: ReportedNumber | null
  readonly threshold: number | null
  readonly failures: {
    readonly total: number
    readonly truncated: boolean
    readonly sample: readonly Failure[]
  }
  /** Every group with an objection; a column that could not be judged is here with nothing evaluated. */
  readonly groups: readonly Group[]
  /** COMP-01: how many of the offending rows each other formula explains. */
  readonly fits?: readonly { readonly formula: string; readonly rows: number }[]
  readonly message: string
}

/** Worst first: features that lag, any other error, nothing. */
export type SymbolStatus = 'stale' | 'degraded' | 'healthy'

/** What a table handed in looked like. */
export interface InputSummary {
  readonly name: string
  readonly table_digest: string | null
  readonly rows: number
  readonly columns: number
  readonly symbols: number
  readonly min_ts: number | null
  readonly max_ts: number | null
}

/** The whole judgement, plain data. */
export interface Report {
  readonly schema: 'feature-store/validation-report@1'
  readonly run_id: string | null
  readonly profile: string | null
  readonly as_of: ReportedNumber
  readonly formula: string | null
  readonly validator: { readonly version: string; readonly catalogue_sha256: string }
  readonly policy: { readonly id: string; readonly sha256: string }
  readonly inputs: readonly InputSummary[]
  readonly status: 'passed' | 'warned' | 'failed'
  readonly summary: {
    readonly checks: Readonly<Record<'total' | ResultStatus, number>>
    readonly symbols: Readonly<Record<'total' | SymbolStatus, number>>
    readonly cells_scanned: number
  }
  /** Sorted by id, then table. */
  readonly results: readonly Result[]
  readonly symbols: Readonly<Record<string, SymbolStatus>>
  /** Symbols with fewer bars than a feature needs to be independent of where its history begins. */
  readonly partial: readonly string[]
  /** Milliseconds by check; `null` without a clock. */
  readonly timing: Readonly<Record<string, number>> | null
}

/** Writes a number so that JSON keeps it. */
export function reportNumber(value: number): ReportedNumber {
  if (Number.isFinite(value)) return value
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? 'Infinity' : '-Infinity'
}

/** Orders text by UTF-16 code units, `null` first; no locale. */
export function compareText(left: string | null, right: string | null): number {
  if (left === right) return 0
  if (left === null) return -1
  if (right === null) return 1
  return left < right ? -1 : 1
}

// What is no finite number comes first.
function compareNumber(left: ReportedNumber | null, right: ReportedNumber | null): number {
  const rank = (value: ReportedNumber | null): number => {
    if (value === null) return Number.NEGATIVE_INFINITY
    return typeof value === 'number' ? value : Number.NEGATIVE_INFINITY
  }
  const [a, b] = [rank(left), rank(right)]
  return a === b ? 0 : a < b ? -1 : 1
}

/** The order of failures in a report: symbol, timestamp, column, row. */
export function compareFailures(left: Failure, right: Failure): number {
  return (
    compareText(left.symbol, right.symbol) ||
    compareNumber(left.timestamp, right.timestamp) ||
    compareText(left.column, right.column) ||
    compareNumber(left.row, right.row)
  )
}

/** The order of groups in a report: symbol, column. */
export function compareGroups(left: Group, right: Group): number {
  return compareText(left.symbol, right.symbol) || compareText(left.column, right.column)
}
