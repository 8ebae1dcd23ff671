import {
  describeMatrix,
  type Lakehouse,
  mayHoldSymbols,
  type Snapshot,
  type Table,
} from '@fs/lakehouse'
import type { BackfillRequest } from './backfill.ts'
import { featureTableSchema, type FeatureSet, settleFeatureSet } from './feature-table.ts'
import { checkMatrixOrigin, symbolsBehind } from './matrix-save.ts'
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

const BARS = 'bars_1d'

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
  const set = await settleWith(lake, request.table, request)
  const local = lake.table(request.table, { schema: featureTableSchema(set) })
  const before = await local.state()
  const matrix = await describeMatrix(lake.workers, request.output)
  checkMatrixOrigin(request.output, matrix, { formula: set.formula, table: request.table })
  const behind = before === null ? [] : await symbolsBehind(local, before, matrix)
  const scope = new Set(symbols)
  const outside = behind.filter((symbol) => !scope.has(symbol))
  if (request.strictScope && outside.length > 0) throw outOfScope(outside)

  const { retrieved, notices } = collectRetrieved(candidates ?? [], set.features, {
    runStart: request.startedAt,
    now: request.now(),
    asOf: request.asOf,
  })
  const asOf = request.asOf ?? newestKnownAt(snapshot, symbols) ?? request.now()
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
      notices,
      symbols: [],
    },
  }
}

/** Settles formula and features with what a table, as it is now, was created with. */
export async function settleWith(
  lake: Lakehouse,
  name: string,
  wanted: {
    readonly formula?: string | undefined
    readonly features?: readonly string[] | undefined
  },
): Promise<FeatureSet> {
  const table = lake.table(name)
  const snapshot = await table.state()
  const configuration = snapshot && (table.schema(snapshot).configuration ?? {})
  return settleFeatureSet(name, configuration, wanted)
}

// From the statistics of the files that may hold these symbols; undefined when files of another engine lack them.
function newestKnownAt(bars: Snapshot, symbols: readonly string[]): number | undefined {
  let newest = -Infinity
  for (const file of bars.files) {
    if (!mayHoldSymbols(file, symbols)) continue
    const { maxValues } = JSON.parse(file.stats ?? '{}') as { maxValues?: { known_at?: number } }
    if (maxValues?.known_at === undefined) return undefined
    newest = Math.max(newest, maxValues.known_at)
  }
  return Number.isFinite(newest) ? newest : undefined
}
