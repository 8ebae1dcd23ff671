import type { Check, CheckContext, CheckTable } from './check.ts'
import { IMPLEMENTED } from './checks.ts'
import { formulaOf } from './checks/composition.ts'
import { concludeReport, describeValidator, type Evidence } from './conclude.ts'
import { measureExtents, type Extents } from './extents.ts'
import { createFrame, resolveView, type Frame, type View } from './frame.ts'
import type { ValidationInput } from './input.ts'
import { resolvePolicy, type Policy, type PolicyName, type ResolvedPolicy } from './policy.ts'
import { reportNumber, type InputSummary, type Report } from './report.ts'
import { scanSeries, type SeriesScan } from './series.ts'
import { TABLE_ROLES, type TableRole } from './table.ts'
import { Tally } from './tally.ts'

/**
 * Judges tables by every check of a policy. Nothing is changed, filled or left out: the report names what to exclude.
 *
 * @param input tables and what is declared about them; rows in any order, quickest when a symbol's rows lie together
 * @param policy a policy or the name of one of this package
 * @returns the report; same input and policy, same report, but for `timing`
 * @throws PolicyError when the policy is unusable
 */
export function validate(input: ValidationInput, policy: Policy | PolicyName): Report {
  const resolved = resolvePolicy(policy)
  const frames: { [Role in TableRole]?: Frame } = {}
  for (const role of TABLE_ROLES) {
    const table = input.tables[role]
    if (table) frames[role] = createFrame(role, table)
  }
  const context = createContext(input, frames, resolved)
  const timing: Record<string, number> = {}
  const evidence = IMPLEMENTED.flatMap((check) => {
    const begin = input.clock?.() ?? 0
    const found = check.tables.map((table) => runCheck(check, table, context, resolved))
    timing[check.id] = (input.clock?.() ?? 0) - begin
    return found
  })
  const judged = [frames.bars, frames.local, frames.snapshot].filter((frame) => frame !== undefined)
  return concludeReport(
    {
      run_id: input.run?.run_id ?? null,
      profile: input.run?.profile ?? null,
      as_of: reportNumber(input.as_of),
      formula: frames.local ? formulaOf(frames.local.table) : null,
      validator: describeValidator(input.catalogue),
      inputs: Object.values(frames).map((frame) => summarise(frame, input)),
      partial: findPartial(frames.local ? context.series() : []),
      timing: input.clock ? timing : null,
      symbols: judged.flatMap(({ symbols }) => symbols.filter((symbol) => symbol !== null)),
      cells: Object.values(frames).reduce(
        (sum, { rowCount, table }) => sum + rowCount * table.columns.length,
        0,
      ),
    },
    evidence,
    resolved,
  )
}

function createContext(
  input: ValidationInput,
  frames: { readonly [Role in TableRole]?: Frame },
  policy: ResolvedPolicy,
): CheckContext {
  const view = once((role: TableRole): View => resolveView(frames[role]!, input.as_of))
  let scans: SeriesScan[] | undefined
  return {
    input,
    frames,
    required: policy.require,
    thresholds: {},
    tally: (keep) => new Tally(keep === 'all' ? Number.POSITIVE_INFINITY : policy.sample_limit),
    view,
    extents: once((role: TableRole): Extents => measureExtents(view(role))),
    series: () => {
      const hasBars = frames.bars && !frames.bars.isRagged
      scans ??= scanSeries(view('local'), hasBars ? view('bars') : undefined, input.catalogue)
      return scans
    },
  }
}

function once<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>()
  return (key) => {
    if (!made.has(key)) made.set(key, make(key))
    return made.get(key)!
  }
}

function runCheck(
  check: Check,
  table: CheckTable,
  context: CheckContext,
  policy: ResolvedPolicy,
): Evidence {
  const { enabled, thresholds, ...settings } = policy.checks[check.id]!
  const severity = check.informs?.includes(table) ? 'I' : settings.severity
  const nothing = {
    check,
    table,
    severity,
    evaluated: 0,
    missing: 0,
    unexpected: 0,
    observed: null,
    threshold: null,
    failures: [],
    groups: [],
  }
  const obstacle = enabled ? findObstacle(check, table, context) : 'switched off by the policy'
  if (obstacle !== undefined) return { ...nothing, skipped: obstacle }
  try {
    const outcome = check.run({ ...context, thresholds }, table)
    if ('skipped' in outcome) return { ...nothing, skipped: outcome.skipped }
    const { tally, threshold = null, fits } = outcome
    return {
      ...nothing,
      evaluated: tally.evaluated,
      missing: tally.missing,
      unexpected: tally.unexpected,
      observed: tally.worst,
      threshold,
      failures: tally.failures,
      groups: tally.groups,
      ...(fits && { fits }),
    }
  } catch (error) {
    return { ...nothing, errored: error instanceof Error ? error.message : String(error) }
  }
}

const TEXTS: ReadonlySet<string> = new Set(['source', 'run_id'])

function findObstacle(
  check: Check,
  table: CheckTable,
  { frames }: CheckContext,
): string | undefined {
  if (table === 'input') return undefined
  const frame = frames[table.split(':')[0] as TableRole]
  if (!frame) return 'not supplied'
  if (frame.isRagged) return 'its columns differ in length'
  const absent = check
    .columns(table)
    .filter((name) => (TEXTS.has(name) ? frame.texts(name) : frame.numbers(name)) === undefined)
  return absent.length > 0 ? `no usable column ${absent.join(', ')}` : undefined
}

function summarise(frame: Frame, input: ValidationInput): InputSummary {
  const timestamps = frame.numbers('timestamp') ?? new Float64Array()
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let row = 0; row < timestamps.length; row++) {
    const timestamp = timestamps[row]!
    if (!Number.isFinite(timestamp)) continue
    if (timestamp < min) min = timestamp
    if (timestamp > max) max = timestamp
  }
  return {
    name: frame.role,
    table_digest: input.digests?.find(({ name }) => name === frame.role)?.actual ?? null,
    rows: frame.rowCount,
    columns: frame.table.columns.length,
    symbols: frame.symbols.filter((symbol) => symbol !== null).length,
    min_ts: Number.isFinite(min) ? min : null,
    max_ts: Number.isFinite(max) ? max : null,
  }
}

function findPartial(scans: readonly SeriesScan[]): string[] {
  const short = scans.filter(({ bars, declaration }) => bars < (declaration?.stable ?? 0))
  return [...new Set(short.map(({ symbol }) => symbol))]
}
