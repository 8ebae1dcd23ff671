import { CommandError } from '@fs/cli'
import {
  checkMatrixOrigin,
  type Lakehouse,
  mayHoldSymbols,
  type Snapshot,
  type Table,
} from '@fs/lakehouse'
import type { BackfillRequest } from './backfill.ts'
import { featureTableSchema, type FeatureSet, settleFeatureSet } from './feature-table.ts'
import { GROUP_TASKS } from './group-tasks.ts'
import { inspectMatrix } from './matrix-state.ts'
import { noBars, nothingToDo, outOfScope } from './refusal.ts'
import { resolveSymbols } from './resolve-symbols.ts'
import { collectRetrieved, type RetrievedValues } from './retrieved-values.ts'
import type { RunReport } from './run-report.ts'

/** What a backfill is going to do, settled before anything is computed. */
export interface BackfillPlan {
  readonly bars: { readonly table: Table; readonly snapshot: Snapshot }
  readonly local: { readonly table: Table; readonly snapshot: Snapshot | null }
  readonly set: FeatureSet
  /** In the order of the bars table. */
  readonly symbols: readonly string[]
  readonly retrieved: readonly RetrievedValues[]
  /** Only bars known by then are used, Unix seconds. */
  readonly asOf: number
  /** Validation looks from here: the later of `asOf` and the newest retrieval, Unix seconds. */
  readonly judgedAt: number
  /** The run's report as far as the plan says it. */
  readonly report: RunReport
}

/** Name of the table that features are computed from. */
export const BARS = 'bars_1d'

/**
 * Resolves the symbols and loads what exists: table, matrix and what they say of themselves. Nothing is written.
 *
 * @throws CommandError when the request cannot be met
 */
export async function planBackfill(request: BackfillRequest): Promise<BackfillPlan> {
  const { lake, candidates } = request
  request.onStep('resolve symbols')
  const bars = lake.table(BARS)
  const snapshot = await bars.state()
  const held = snapshot === null ? [] : [...(await bars.symbols(snapshot)).keys()]
  if (snapshot === null || held.length === 0) throw noBars(lake.store.uri)
  const { symbols, leftOut } = resolveSymbols(candidates, held)
  if (symbols.length === 0) throw nothingToDo(leftOut)

  request.onStep('load what exists')
  const set = await settle(request)
  const local = lake.table(request.table, { schema: featureTableSchema(set) })
  const before = await local.state()
  const state = await inspectMatrix(lake, {
    table: local,
    snapshot: before,
    output: request.output,
  })
  const origin = { formula: set.formula, table: request.table }
  if (state.matrix !== null) checkMatrixOrigin(request.output, state.matrix, origin)
  const scope = new Set(symbols)
  const outside = state.behind.filter((symbol) => !scope.has(symbol))
  const dropped = state.anew?.dropped.filter((symbol) => !scope.has(symbol)) ?? []
  if (request.strictScope && outside.length + dropped.length > 0) {
    throw outOfScope([...outside, ...dropped])
  }

  const { retrieved, notices } = collectRetrieved(candidates ?? [], set.features, {
    runStart: request.startedAt,
    now: request.now(),
    asOf: request.asOf,
  })
  const asOf = request.asOf ?? (await newestKnownAt(lake, bars, snapshot, symbols)) ?? request.now()
  return {
    bars: { table: bars, snapshot },
    local: { table: local, snapshot: before },
    set,
    symbols,
    retrieved,
    asOf,
    judgedAt: retrieved.reduce((latest, { knownAt }) => Math.max(latest, knownAt), asOf),
    report: {
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
        policy: request.policy.identity,
        as_of: request.asOf ?? null,
      },
      as_of: asOf,
      table_version: before?.version ?? null,
      committed: false,
      rows: { added: 0, restated: 0, unchanged: 0 },
      validation: null,
      matrix: null,
      also_refreshed: outside,
      left_out: leftOut,
      partial: [],
      notices: [
        ...notices,
        ...(state.matrix === null && state.anew === null && before !== null
          ? [`there is no matrix ${request.output}: it is made from ${request.table}`]
          : []),
        // A run that saves says it of the matrix that it finds then.
        ...(state.anew !== null && request.dryRun ? [state.anew.notice] : []),
      ],
      symbols: [],
    },
  }
}

/** Settles formula and features of a request with what the table was created with. */
async function settle({ lake, table: name, ...wanted }: BackfillRequest): Promise<FeatureSet> {
  const table = lake.table(name)
  const snapshot = await table.state()
  return settleFeatureSet(name, snapshot && settingsOf(table, snapshot), wanted)
}

/**
 * Refuses a table that another first run has created since this one was planned, if it holds other features or is
 * computed by another formula: the first one decides.
 *
 * @param snapshot the table as it is now
 * @throws CommandError (exit 2)
 */
export function checkCreatedTable({ local, set }: BackfillPlan, snapshot: Snapshot | null): void {
  if (local.snapshot !== null || snapshot === null) return
  const { name } = local.table
  const { features } = settleFeatureSet(name, settingsOf(local.table, snapshot), set)
  if (features.join() === set.features.join()) return
  throw new CommandError(
    'formula_mismatch',
    `another run has just created ${name} with the features ${features.join(', ')}`,
    {
      unchanged: 'Table and matrix are as that run left them.',
      next: 'Run the same command again to compute these, or name another table with --table.',
    },
  )
}

function settingsOf(table: Table, snapshot: Snapshot): Readonly<Record<string, string>> {
  return table.schema(snapshot).configuration ?? {}
}

// Statistics speak of all symbols of a file, so they only tell which files are worth reading, the most promising first.
async function newestKnownAt(
  { workers }: Lakehouse,
  bars: Table,
  snapshot: Snapshot,
  symbols: readonly string[],
): Promise<number | undefined> {
  const files = snapshot.files
    .filter((file) => mayHoldSymbols(file, symbols))
    .map((file) => ({ file, latest: latestKnownAt(file.stats) }))
    .toSorted((a, b) => (a.latest === b.latest ? 0 : b.latest - a.latest))
  let newest = -Infinity
  for (const { file, latest } of files) {
    if (latest <= newest) break
    const rows = bars.plan({ ...snapshot, files: [file] }, { symbols, columns: ['known_at'] })
    newest = Math.max(newest, await workers.run<number>(GROUP_TASKS, 'newestKnownAt', rows))
  }
  return Number.isFinite(newest) ? newest : undefined
}

// Files of another engine may lack it.
function latestKnownAt(stats: string | null | undefined): number {
  const { maxValues } = JSON.parse(stats ?? '{}') as { maxValues?: { known_at?: number } }
  return maxValues?.known_at ?? Infinity
}
