import type { CheckInfo, Severity } from './check.ts'
import { digestOf } from './digest.ts'
import type { ResolvedPolicy } from './policy.ts'
import { policyDigest } from './policy.ts'
import {
  compareText,
  reportNumber,
  type Failure,
  type Group,
  type Report,
  type ReportedNumber,
  type Result,
  type ResultStatus,
  type SymbolStatus,
} from './report.ts'

/** All that a result says before a verdict; of two parts of the symbols, it can be added up. */
export interface Evidence {
  readonly check: CheckInfo
  readonly table: string
  readonly severity: Severity
  /** Why it was not run. */
  readonly skipped?: string
  /** What it threw. */
  readonly errored?: string
  readonly evaluated: number
  readonly missing: number
  readonly unexpected: number
  readonly observed: number | null
  readonly threshold: number | null
  /** The first ones, in report order. */
  readonly failures: readonly Failure[]
  /** All of them, in report order. */
  readonly groups: readonly Group[]
  readonly fits?: ReadonlyMap<string, number>
}

/** What a report says beside its results. */
export type ReportHead = Pick<
  Report,
  'run_id' | 'profile' | 'as_of' | 'formula' | 'validator' | 'inputs' | 'partial' | 'timing'
> & {
  /** Every symbol that was seen. */
  readonly symbols: Iterable<string>
  readonly cells: number
}

const NOUNS = { C: 'values', R: 'rows', S: 'series', T: 'items' } as const

/** Draws the verdicts. Both `validate` and `mergeReports` end here, so a merged report cannot differ from a whole one. */
export function concludeReport(
  head: ReportHead,
  evidence: readonly Evidence[],
  policy: ResolvedPolicy,
): Report {
  let room = policy.sample_total
  const results = [...evidence]
    .sort(
      (left, right) =>
        compareText(left.check.id, right.check.id) || compareText(left.table, right.table),
    )
    .map((each) => {
      const result = concludeResult(each, Math.min(room, policy.sample_limit))
      if (each.check.grain !== 'T') room -= result.failures.sample.length
      return result
    })
  const symbols = judgeSymbols(head.symbols, results)
  const { run_id, profile, as_of, formula, validator, inputs, partial, timing } = head
  return {
    schema: 'feature-store/validation-report@1',
    run_id,
    profile,
    as_of,
    formula,
    validator,
    policy: { id: policy.id, sha256: policyDigest(policy) },
    inputs,
    status: judgeReport(results, policy),
    summary: {
      checks: {
        total: results.length,
        ...countBy(
          ['pass', 'warn', 'fail', 'skipped', 'inconclusive', 'errored'],
          results.map(({ status }) => status),
        ),
      },
      symbols: {
        total: symbols.size,
        ...countBy(['healthy', 'degraded', 'stale'], [...symbols.values()]),
      },
      cells_scanned: head.cells,
    },
    results,
    symbols: Object.fromEntries(symbols),
    partial,
    timing,
  }
}

/** Names the code and the declarations that judged. */
export function describeValidator(catalogue: object): Report['validator'] {
  return { version: '0.0.0', catalogue_sha256: digestOf(catalogue) }
}

function concludeResult(evidence: Evidence, limit: number): Result {
  const { check, table, severity, evaluated, missing, unexpected } = evidence
  const status = judgeResult(evidence)
  const sample = check.grain === 'T' ? evidence.failures : evidence.failures.slice(0, limit)
  const fits = [...(evidence.fits ?? [])].map(([formula, rows]) => ({ formula, rows }))
  return {
    id: check.id,
    title: check.title,
    severity,
    grain: check.grain,
    table,
    status,
    counts: {
      evaluated,
      missing,
      unexpected,
      ratio: evaluated === 0 ? null : unexpected / evaluated,
    },
    observed: evidence.observed === null ? null : reportNumber(evidence.observed),
    threshold: evidence.threshold,
    failures: { total: unexpected, truncated: sample.length < unexpected, sample },
    groups: evidence.groups,
    ...(unexpected > 0 && fits.length > 0 && { fits }),
    message: describeResult(evidence, status),
  }
}

function judgeResult({
  skipped,
  errored,
  severity,
  evaluated,
  unexpected,
  groups,
}: Evidence): ResultStatus {
  if (skipped !== undefined) return 'skipped'
  if (errored !== undefined) return 'errored'
  if (severity === 'I') return 'pass'
  if (unexpected > 0) return severity === 'E' ? 'fail' : 'warn'
  const isUnjudged = groups.some(isUnjudgedColumn)
  return evaluated === 0 || isUnjudged ? 'inconclusive' : 'pass'
}

function isUnjudgedColumn(group: Group): boolean {
  return group.unexpected === 0
}

function describeResult(evidence: Evidence, status: ResultStatus): string {
  const { check, skipped, errored, evaluated, missing, unexpected, groups, fits } = evidence
  if (skipped !== undefined) return skipped
  if (errored !== undefined) return errored
  const noun = NOUNS[check.grain]
  if (status === 'inconclusive') {
    const unjudged = groups.filter(isUnjudgedColumn).map(({ column }) => column)
    return unjudged.length > 0
      ? `not declared in the catalogue: ${unjudged.join(', ')}`
      : `nothing to judge: 0 ${noun}, ${missing} missing`
  }
  if (unexpected === 0) return `${evaluated} ${noun}`
  const symbols = new Set(groups.flatMap(({ symbol }) => (symbol === null ? [] : [symbol]))).size
  const where = symbols === 0 ? '' : ` in ${symbols} ${symbols === 1 ? 'symbol' : 'symbols'}`
  const best = [...(fits ?? [])].sort(
    ([left, more], [right, fewer]) => fewer - more || compareText(left, right),
  )[0]
  const hint = best && best[1] > 0 ? `; the formula ${best[0]} explains ${best[1]} of them` : ''
  return `${unexpected} of ${evaluated} ${noun}${where}${hint}`
}

function judgeSymbols(
  names: Iterable<string>,
  results: readonly Result[],
): Map<string, SymbolStatus> {
  const statuses = new Map<string, SymbolStatus>()
  for (const name of [...new Set(names)].sort(compareText)) statuses.set(name, 'healthy')
  for (const { id, status, groups } of results) {
    if (status !== 'fail') continue
    for (const { symbol } of groups) {
      if (symbol === null || statuses.get(symbol) === 'stale') continue
      statuses.set(symbol, id.startsWith('FRESH') ? 'stale' : 'degraded')
    }
  }
  return statuses
}

function judgeReport(results: readonly Result[], policy: ResolvedPolicy): Report['status'] {
  let status: Report['status'] = 'passed'
  for (const { severity, status: verdict } of results) {
    const hasNoVerdict = verdict === 'errored' || (verdict === 'inconclusive' && severity === 'E')
    const fails = severity === 'E' && hasNoVerdict && policy.no_verdict === 'fail'
    if (verdict === 'fail' || fails) return 'failed'
    if (verdict === 'warn' || hasNoVerdict) status = 'warned'
  }
  return status
}

function countBy<Key extends string>(
  keys: readonly Key[],
  values: readonly Key[],
): Record<Key, number> {
  const counts = Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>
  for (const value of values) counts[value] += 1
  return counts
}

/** Reads a number back that `reportNumber` wrote. */
export function readNumber(value: ReportedNumber | null): number | null {
  return value === null ? null : Number(value)
}
