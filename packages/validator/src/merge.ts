import { CHECKS } from './checks.ts'
import { emptinessItem } from './checks/input.ts'
import { concludeReport, readNumber, type Evidence } from './conclude.ts'
import { policyDigest, resolvePolicy, type Policy, type PolicyName } from './policy.ts'
import {
  compareFailures,
  compareGroups,
  compareText,
  type InputSummary,
  type Report,
  type Result,
} from './report.ts'

/**
 * Merges reports over parts of the symbols into the report over all of them, byte for byte but for `timing`.
 *
 * Each part must have been judged with the same policy, moment, run, catalogue and tables (a table may have no rows of
 * the part's symbols, but must be handed in with its columns), and each symbol, rows without a symbol included, in one
 * part only.
 *
 * @param reports reports of `validate`, at least one, in any order
 * @param policy the policy they were made with
 * @throws RangeError when there is no report, or two do not belong together
 * @throws PolicyError when the policy is unusable
 */
export function mergeReports(reports: readonly Report[], policy: Policy | PolicyName): Report {
  const resolved = resolvePolicy(policy)
  const first = reports[0]
  if (!first) throw new RangeError('reports must not be empty')
  const sha256 = policyDigest(resolved)
  for (const report of reports) {
    if (report.policy.sha256 !== sha256) {
      throw new RangeError(`the report was made with another policy, ${report.policy.id}`)
    }
    for (const trait of TRAITS) {
      const [left, right] = [JSON.stringify(trait.of(first)), JSON.stringify(trait.of(report))]
      if (left !== right) throw new RangeError(`reports differ in ${trait.name}: ${left}, ${right}`)
    }
  }
  const symbols = new Set<string>()
  for (const report of reports) {
    for (const symbol of Object.keys(report.symbols)) {
      if (symbols.has(symbol)) throw new RangeError(`two reports judge the symbol ${symbol}`)
      symbols.add(symbol)
    }
  }
  const inputs = first.inputs.map((input, index) =>
    reports.map((report) => report.inputs[index]!).reduce(addInputs, { ...input, ...NO_ROWS }),
  )
  const evidence = first.results.map((_, index) =>
    mergeResults(
      reports.map((report) => report.results[index]!),
      inputs,
      resolved.sample_limit,
    ),
  )
  return concludeReport(
    {
      run_id: first.run_id,
      profile: first.profile,
      as_of: first.as_of,
      formula: first.formula,
      validator: first.validator,
      inputs,
      partial: reports.flatMap(({ partial }) => partial).sort(compareText),
      timing: mergeTiming(reports),
      symbols,
      cells: reports.reduce((sum, { summary }) => sum + summary.cells_scanned, 0),
    },
    evidence,
    resolved,
  )
}

// What reports of one whole have in common.
const TRAITS: readonly { readonly name: string; readonly of: (report: Report) => unknown }[] = [
  { name: 'run', of: ({ run_id, profile }) => [run_id, profile] },
  { name: 'as_of', of: ({ as_of }) => as_of },
  { name: 'formula', of: ({ formula }) => formula },
  { name: 'validator', of: ({ validator }) => validator },
  {
    name: 'tables',
    of: ({ inputs }) => inputs.map((input) => [input.name, input.columns, input.table_digest]),
  },
  { name: 'results', of: ({ results }) => results.map(({ id, table }) => [id, table]) },
]

const NO_ROWS = { rows: 0, symbols: 0, min_ts: null, max_ts: null }

function addInputs(sum: InputSummary, part: InputSummary): InputSummary {
  const pick = (
    choose: (left: number, right: number) => number,
    left: number | null,
    right: number | null,
  ): number | null => {
    if (left === null) return right
    return right === null ? left : choose(left, right)
  }
  return {
    ...sum,
    rows: sum.rows + part.rows,
    symbols: sum.symbols + part.symbols,
    min_ts: pick(Math.min, sum.min_ts, part.min_ts),
    max_ts: pick(Math.max, sum.max_ts, part.max_ts),
  }
}

function mergeResults(
  parts: readonly Result[],
  inputs: readonly InputSummary[],
  limit: number,
): Evidence {
  const first = parts[0]!
  const base = {
    check: CHECKS.find(({ id }) => id === first.id)!,
    table: first.table,
    severity: first.severity,
    evaluated: 0,
    missing: 0,
    unexpected: 0,
    observed: null,
    threshold: null,
    failures: [],
    groups: [],
  }
  const errored = parts.filter(({ status }) => status === 'errored').map(({ message }) => message)
  if (errored.length > 0) return { ...base, errored: errored.sort(compareText)[0]! }
  if (first.status === 'skipped') return { ...base, skipped: first.message }
  if (first.grain === 'T') return { ...base, ...mergeItems(parts, inputs) }
  const observed = parts.flatMap((part) => readNumber(part.observed) ?? [])
  const groups = parts.flatMap((part) => part.groups)
  const fits = new Map<string, number>()
  for (const { formula, rows } of parts.flatMap((part) => part.fits ?? [])) {
    fits.set(formula, (fits.get(formula) ?? 0) + rows)
  }
  return {
    ...base,
    evaluated: sum(parts, ({ counts }) => counts.evaluated),
    missing: sum(parts, ({ counts }) => counts.missing),
    unexpected: sum(parts, ({ counts }) => counts.unexpected),
    observed: observed.length > 0 ? Math.max(...observed) : null,
    threshold: first.threshold,
    failures: parts
      .flatMap(({ failures }) => failures.sample)
      .sort(compareFailures)
      .slice(0, limit),
    groups: distinctColumns(groups).sort(compareGroups),
    fits,
  }
}

// Items describe the tables, which all parts share; only emptiness is a matter of the part.
function mergeItems(
  parts: readonly Result[],
  inputs: readonly InputSummary[],
): Pick<Evidence, 'evaluated' | 'unexpected' | 'failures' | 'groups'> {
  const filled = new Set(
    inputs.flatMap(({ name, rows, symbols }) => [
      ...(rows > 0 ? [emptinessItem(name, 'rows')] : []),
      ...(symbols > 0 ? [emptinessItem(name, 'symbols')] : []),
    ]),
  )
  const stands = ({ column }: { readonly column: string | null }): boolean => !filled.has(column!)
  const isInput = parts[0]!.id === 'INPUT-01'
  const keep = <Item extends { readonly column: string | null }>(items: readonly Item[]): Item[] =>
    distinctItems(isInput ? items.filter(stands) : items)
  const groups = keep(parts.flatMap((part) => part.groups)).sort(compareGroups)
  return {
    evaluated: parts[0]!.counts.evaluated,
    unexpected: groups.length,
    failures: keep(parts.flatMap((part) => part.failures.sample)).sort(compareFailures),
    groups,
  }
}

function distinctItems<Item extends { readonly column: string | null }>(
  items: readonly Item[],
): Item[] {
  return [...new Map(items.map((item) => [item.column, item])).values()]
}

// A column that could not be judged is named by every part.
function distinctColumns(groups: readonly Result['groups'][number][]): Result['groups'][number][] {
  const isColumn = ({ unexpected }: Result['groups'][number]): boolean => unexpected === 0
  return [...groups.filter((group) => !isColumn(group)), ...distinctItems(groups.filter(isColumn))]
}

function mergeTiming(reports: readonly Report[]): Record<string, number> | null {
  const timing: Record<string, number> = {}
  for (const report of reports) {
    if (!report.timing) return null
    for (const [id, time] of Object.entries(report.timing)) timing[id] = (timing[id] ?? 0) + time
  }
  return timing
}

function sum(parts: readonly Result[], of: (part: Result) => number): number {
  return parts.reduce((total, part) => total + of(part), 0)
}
