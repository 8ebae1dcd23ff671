import { CommandError } from '@fs/cli'
import {
  compareCodePoints,
  describeMatrix,
  type Lakehouse,
  type Snapshot,
  SYMBOLS_PER_FILE,
} from '@fs/lakehouse'
import { label } from '@fs/ratings'
import type { Candidate } from '@fs/tv-client'
import { mergeReports, type Policy, type Report } from '@fs/validator'
import type { ComputedGroup, GroupTask, SymbolColumns } from './backfill-group.ts'
import { featureTableSchema, type FeatureSet, settleFeatureSet } from './feature-table.ts'
import { GROUP_TASKS, saveMatrix, symbolsBehind } from './matrix-save.ts'
import { nothingToDo, resolveSymbols } from './resolve-symbols.ts'
import { type RetrievedValues, retrievedValues } from './retrieved-values.ts'
import type { RunReport, SymbolLine } from './run-report.ts'

/** What a backfill is asked to do. */
export interface BackfillRequest {
  readonly lake: Lakehouse
  readonly runId: string
  readonly profile: string
  /** The candidates, or null for every symbol there are bars for. */
  readonly candidates: readonly Candidate[] | null
  readonly candidatesSha256: string | null
  /** Name of the feature table. */
  readonly table: string
  /** Path of the matrix. */
  readonly output: string
  /** Path of the run's own copy of the matrix. */
  readonly runFile: string
  readonly formula?: string | undefined
  readonly features?: readonly string[] | undefined
  readonly policy: Policy
  /** Only bars known by then are used, Unix seconds; default: all. */
  readonly asOf?: number | undefined
  /** Refuses to touch any cell outside the candidates. */
  readonly strictScope: boolean
  /** Computes and judges, and changes nothing. */
  readonly dryRun: boolean
  /** When the run began, Unix seconds; the same when it is continued. */
  readonly startedAt: number
  /** Unix seconds. */
  readonly now: () => number
  /** Keeps the run's report, at its start and at its end. */
  readonly keepReport: (report: RunReport) => Promise<void>
  /** Keeps the validation report, before anything is committed. */
  readonly keepValidation: (report: Report) => Promise<void>
  readonly onStep: (step: string) => void
  readonly onComputed: (symbols: number, of: number) => void
}

const BARS = 'bars_1d'

/**
 * Runs a backfill: resolves the symbols, loads what exists, computes on all processors, merges, validates, and saves
 * atomically: one commit to the feature table, then the matrix.
 *
 * @throws CommandError when the request cannot be met or validation refuses; table and matrix are then as they were
 */
export async function runBackfill(request: BackfillRequest): Promise<RunReport> {
  const { lake, candidates } = request

  request.onStep('resolve symbols')
  const barsTable = lake.table(BARS)
  const bars = await barsTable.state()
  if (bars === null) throw nothingToDo([])
  const resolved = resolveSymbols(candidates, [...(await barsTable.symbols(bars)).keys()])

  request.onStep('load what exists')
  const set = await settle(request)
  const schema = featureTableSchema(set)
  const local = lake.table(request.table, { schema })
  const before = await local.state()
  const scope = new Set(resolved.symbols)
  if (request.strictScope) await refuseOutside(request, before, scope)
  const retrieved = (candidates ?? []).flatMap(
    (candidate) => retrievedValues(candidate, set.features, request.startedAt) ?? [],
  )
  const notices = noticesOf(candidates, retrieved)
  const asOf = request.asOf ?? newestKnownAt(bars)
  const started: RunReport = {
    schema: 'feature-store/backfill@1',
    run_id: request.runId,
    profile: request.profile,
    status: 'started',
    started_at: request.startedAt,
    inputs: {
      candidates_sha256: request.candidatesSha256,
      table: request.table,
      output: request.output,
      formula: set.formula,
      features: set.features,
      policy: request.policy.id,
      as_of: request.asOf ?? null,
    },
    as_of: asOf,
    table_version: before?.version ?? null,
    committed: false,
    rows: { added: 0, restated: 0, unchanged: 0 },
    validation: null,
    matrix: null,
    also_refreshed: [],
    left_out: resolved.leftOut,
    partial: [],
    notices,
    symbols: [],
  }
  if (!request.dryRun) await request.keepReport(started)

  request.onStep('compute')
  const groups = groupsOf(resolved.symbols)
  let computedSymbols = 0
  const work = async (symbols: readonly string[], snapshot: Snapshot | null) => {
    const wanted = new Set(symbols)
    const group = await lake.workers.run<ComputedGroup>(GROUP_TASKS, 'computeGroup', {
      symbols,
      bars: barsTable.plan(bars, {
        symbols,
        columns: ['symbol', 'timestamp', 'known_at', 'open', 'high', 'low', 'close', 'volume'],
      }),
      existing: local.plan(snapshot, { symbols }),
      target: local.target(snapshot),
      schema: local.schema(snapshot),
      formula: set.formula,
      features: set.features,
      retrieved: retrieved.filter(({ symbol }) => wanted.has(symbol)),
      runId: request.runId,
      profile: request.profile,
      asOf,
      now: request.now(),
      policy: request.policy,
      write: !request.dryRun,
    } satisfies GroupTask)
    computedSymbols = Math.min(resolved.symbols.length, computedSymbols + symbols.length)
    request.onComputed(computedSymbols, resolved.symbols.length)
    return group
  }

  let judged: Report | null = null
  const check = async (results: readonly ComputedGroup[]) => {
    request.onStep('validate')
    const reports = results.flatMap(({ report }) => (report === null ? [] : [report]))
    if (reports.length === 0) {
      throw nothingToDo([...resolved.leftOut, ...results.flatMap(({ leftOut }) => leftOut)])
    }
    judged = mergeReports(reports, request.policy)
    if (!request.dryRun) await request.keepValidation(judged)
    if (judged.status === 'failed' && !request.dryRun) {
      await request.keepReport({ ...started, status: 'refused', validation: 'failed' })
      throw validationRefused(judged)
    }
  }

  if (request.dryRun) {
    const results = await Promise.all(groups.map((group) => work(group, before)))
    await check(results)
    return finish(started, 'planned', results, judged)
  }
  const { version, snapshot, results } = await local.commitGroups<ComputedGroup>({
    runId: request.runId,
    operation: 'BACKFILL',
    groups,
    work,
    check,
  })

  request.onStep('save the matrix')
  const saved = await saveMatrix({
    lake,
    table: local,
    output: request.output,
    runFile: request.runFile,
    runId: request.runId,
    formula: set.formula,
    features: set.features,
    computed: {
      version: snapshot!.version,
      columns: results.flatMap(({ matrix }) => matrix),
    },
  })
  const done: RunReport = {
    ...finish(started, 'done', results, judged),
    table_version: saved.tableVersion,
    committed: version !== null,
    matrix: {
      path: request.output,
      sha256: saved.sha256,
      rows: saved.rows,
      columns: saved.columns,
      bytes: saved.size,
    },
    also_refreshed: saved.alsoRefreshed,
  }
  await request.keepReport(done)
  return done
}

async function settle({ lake, table, formula, features }: BackfillRequest): Promise<FeatureSet> {
  const existing = lake.table(table)
  const snapshot = await existing.state()
  const configuration = snapshot && (existing.schema(snapshot).configuration ?? {})
  return settleFeatureSet(table, configuration, { formula, features })
}

async function refuseOutside(
  { lake, table, output }: BackfillRequest,
  snapshot: Snapshot | null,
  scope: ReadonlySet<string>,
): Promise<void> {
  if (snapshot === null) return
  const behind = await symbolsBehind(
    lake.table(table),
    snapshot,
    await describeMatrix(lake.workers, output),
  )
  const outside = behind.filter((symbol) => !scope.has(symbol))
  if (outside.length === 0) return
  throw new CommandError(
    'out_of_scope',
    `the matrix is behind its table, so this run would also bring up to date ${outside.length} symbols outside the candidates: ${outside.slice(0, 5).join(', ')}${outside.length > 5 ? ', …' : ''}`,
    {
      unchanged: 'Table and matrix are as they were (--strict-scope).',
      next: 'Run once without --strict-scope, or with candidates that name them.',
      exitCode: 1,
    },
  )
}

function validationRefused(report: Report): CommandError {
  const failing = report.results.filter(({ status }) => status === 'fail' || status === 'errored')
  const named = failing.map(({ id, table, message, failures }) => {
    const worst = failures.sample[0]
    const where =
      worst?.symbol == null ? '' : ` (${[worst.symbol, worst.column].filter(Boolean).join(' ')})`
    return `${id} on ${table}: ${message}${where}`
  })
  return new CommandError('validation_failed', `validation failed: ${named.join('; ')}`, {
    unchanged: 'Nothing was committed; table and matrix are as they were.',
    next: "See validation_report.json in the run's folder; leave the symbols out, or mend their bars.",
    exitCode: 1,
  })
}

function noticesOf(
  candidates: readonly Candidate[] | null,
  retrieved: readonly RetrievedValues[],
): string[] {
  const undated = new Set(
    (candidates ?? [])
      .filter((candidate) => candidate.retrievedAt === undefined)
      .map(({ symbol }) => symbol),
  )
  const count = retrieved.filter(({ symbol }) => undated.has(symbol)).length
  if (count === 0) return []
  return [
    `${count} candidates carry vendor values but no retrieved_at: they are taken as retrieved at the start of this run`,
  ]
}

// The statistics of the log have it; files of other engines may lack them.
function newestKnownAt(bars: Snapshot): number {
  let newest = -Infinity
  for (const file of bars.files) {
    const { maxValues } = JSON.parse(file.stats ?? '{}') as { maxValues?: { known_at?: number } }
    newest = Math.max(newest, maxValues?.known_at ?? Infinity)
  }
  return newest
}

// The vendor's and everybody's bars lie in files of this many symbols.
function groupsOf(symbols: readonly string[]): string[][] {
  const sorted = symbols.toSorted(compareCodePoints)
  const groups: string[][] = []
  for (let i = 0; i < sorted.length; i += SYMBOLS_PER_FILE) {
    groups.push(sorted.slice(i, i + SYMBOLS_PER_FILE))
  }
  return groups
}

function finish(
  started: RunReport,
  status: RunReport['status'],
  results: readonly ComputedGroup[],
  report: Report | null,
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
    status,
    rows,
    validation: report?.status ?? null,
    left_out: [...started.left_out, ...results.flatMap(({ leftOut }) => leftOut)],
    partial: report?.partial ?? [],
    symbols: results.flatMap((group) => group.matrix.map((columns) => lineOf(columns, group))),
  }
}

function lineOf(columns: SymbolColumns, group: ComputedGroup): SymbolLine {
  const last = columns.timestamps.length - 1
  const counts = group.perSymbol.get(columns.symbol)
  const values = Object.fromEntries(
    Object.entries(columns.values).map(([name, column]) => {
      const value = column[last]!
      return [name, Number.isNaN(value) ? null : value]
    }),
  )
  return {
    symbol: columns.symbol,
    bars: group.bars.get(columns.symbol) ?? 0,
    rows_added: counts?.added ?? 0,
    rows_restated: counts?.restated ?? 0,
    last: columns.timestamps[last]!,
    values,
    label: label(values['recommend_all'] ?? Number.NaN),
    source: Object.keys(columns.retrieved).length > 0 ? 'vendor' : 'computed',
  }
}
