import {
  type Columns,
  concatRows,
  type MatrixSymbol,
  type MergeCounts,
  mergeRows,
  numbers,
  type ReadPlan,
  rowCount,
  sliceRows,
  sortRows,
  symbolRuns,
  type TableSchema,
  takeRows,
  texts,
  type WorkerContext,
  type WriteTarget,
  type WrittenFile,
} from '@fs/lakehouse'
import { combine, computeFeatures, featuresFor, FORMULAS, type FormulaId } from '@fs/ratings'
import { type Policy, type Report, type Table, validate } from '@fs/validator'
import { groupRows, joinBars, type SymbolFeatures } from './group-rows.ts'
import { type BarRows, featuresByEpoch, type KnownFeatures } from './knowledge-epochs.ts'
import { matrixColumns } from './matrix-columns.ts'
import { onHeldBar, type RetrievedValues } from './retrieved-values.ts'

// The part of a backfill that runs in worker threads: one group of symbols from committed bars to a written data file.
// Arguments and results are plain data.

/** What a group is computed from. */
export interface GroupTask {
  readonly symbols: readonly string[]
  readonly bars: ReadPlan
  readonly existing: ReadPlan
  readonly target: WriteTarget
  readonly schema: TableSchema
  readonly formula: FormulaId
  readonly features: readonly string[]
  readonly retrieved: readonly RetrievedValues[]
  readonly runId: string
  readonly profile: string
  /** Only bars known by then are used, Unix seconds. */
  readonly asOf: number
  /** Reports what was known at `asOf`, not what is known now. */
  readonly isLookBack: boolean
  /** The moment that validation looks from, Unix seconds. */
  readonly judgedAt: number
  /** Unix seconds. */
  readonly now: number
  readonly policy: Policy
  /** Without it the group is computed and judged, but nothing is written. */
  readonly write: boolean
}

/** One symbol's matrix columns and cell lists. */
export interface SymbolColumns extends MatrixSymbol {
  readonly retrieved: Readonly<Record<string, readonly number[]>>
  readonly filled: Readonly<Record<string, readonly number[]>>
}

/** What a symbol's last bar shows. */
export interface LastBar {
  readonly symbol: string
  /** Its open, Unix seconds. */
  readonly timestamp: number
  /** By feature; `NaN` means no value. */
  readonly values: Readonly<Record<string, number>>
  readonly source: 'computed' | 'vendor'
}

/** A symbol that the run cannot use. */
export interface LeftOut {
  readonly symbol: string
  readonly reason: string
}

/** What a group came to. */
export interface ComputedGroup {
  readonly file: WrittenFile | null
  readonly perSymbol: ReadonlyMap<string, MergeCounts>
  readonly bars: ReadonlyMap<string, number>
  readonly leftOut: readonly LeftOut[]
  readonly matrix: readonly SymbolColumns[]
  /** Of the symbols used, as known when the run looks from. */
  readonly last: readonly LastBar[]
  /** Null when every symbol was left out. */
  readonly report: Report | null
}

/** Loads, computes, merges, validates and writes one group. */
export async function computeGroup(
  task: GroupTask,
  context: WorkerContext,
): Promise<ComputedGroup> {
  const catalogue = featuresFor(task.formula)
  const fewest = Math.min(...task.features.map((name) => catalogue[name]!.firstValue))
  const { rows: allBars } = await context.readRows(task.bars)
  const { symbol: _, ...values } = allBars
  const held = new Map(
    symbolRuns(texts(allBars, 'symbol')).map((run) => [
      run.symbol,
      knownBy(sliceRows(values, run.start, run.end), task.asOf),
    ]),
  )
  const retrieved = new Map(task.retrieved.map((values) => [values.symbol, values]))
  const leftOut: LeftOut[] = []
  const bars = new Map<string, number>()
  const used: { symbol: string; rows: Columns }[] = []
  const computed: SymbolFeatures[] = []
  for (const symbol of task.symbols) {
    const rows = held.get(symbol)
    const count = rows === undefined ? 0 : countBars(rows)
    if (rows === undefined || count < fewest) {
      const reason =
        count === 0
          ? 'no bars known at the as-of time'
          : `too few bars: has ${count}, the first value needs ${fewest}`
      leftOut.push({ symbol, reason })
      continue
    }
    bars.set(symbol, count)
    used.push({ symbol, rows })
    const values = retrieved.get(symbol)
    computed.push({
      symbol,
      computed: computeSymbol(rows, task),
      retrieved: values && onHeldBar(values, numbers(rows, 'timestamp')),
    })
  }
  if (used.length === 0) {
    return { file: null, perSymbol: new Map(), bars, leftOut, matrix: [], last: [], report: null }
  }
  const incoming = groupRows(computed, task.features, task.runId)

  const { rows: existing } = await context.readRows(task.existing)
  const { rows: fresh, perSymbol } = mergeRows(task.schema, existing, incoming, {
    now: task.now,
    wholeHistoryOf: 'computed',
  })
  const merged = join(existing, fresh)
  // Rows of later knowledge were judged by the run that wrote them. Those of this run are judged in any case, also where
  // they are known only since now because they contradict others.
  const earlier = knownBy(existing, task.judgedAt)
  const judged = earlier === existing ? merged : join(earlier, fresh)
  // Usually every bar is used, and nothing needs to be copied.
  const isWhole = used.reduce((sum, { rows }) => sum + rowCount(rows), 0) === rowCount(allBars)
  const report = judge(task, isWhole ? allBars : joinBars(used), judged, fresh)
  const file = task.write ? await context.writeRows(task.target, fresh) : null
  const matrix = deriveColumns(merged, task)
  const known = task.isLookBack ? knownBy(merged, task.asOf) : merged
  const last = (known === merged ? matrix : deriveColumns(known, task))
    .filter(({ symbol }) => bars.has(symbol))
    .map(lastBarOf)
  return { file, perSymbol, bars, leftOut, matrix, last, report }
}

function join(existing: Columns, fresh: Columns): Columns {
  if (rowCount(fresh) === 0) return existing
  return rowCount(existing) === 0 ? fresh : sortRows(concatRows([existing, fresh]), 'timestamp')
}

function judge(task: GroupTask, bars: Columns, local: Columns, fresh: Columns): Report {
  return validate(
    {
      as_of: numbers(fresh, 'known_at').reduce((a, b) => Math.max(a, b), task.judgedAt),
      run: { run_id: task.runId, profile: task.profile },
      tables: {
        bars: asTable('bars', bars),
        local: asTable('local', local, task.schema.configuration),
      },
      catalogue: featuresFor(task.formula),
      combine: (formula, ma, other) => combine(formula as FormulaId, ma, other),
      formulas: Object.keys(FORMULAS),
    },
    task.policy,
  )
}

function lastBarOf({ symbol, timestamps, values, retrieved }: SymbolColumns): LastBar {
  const at = timestamps.length - 1
  return {
    symbol,
    timestamp: timestamps[at]!,
    values: Object.fromEntries(Object.entries(values).map(([name, column]) => [name, column[at]!])),
    source: Object.keys(retrieved).length > 0 ? 'vendor' : 'computed',
  }
}

/** Finds the newest `known_at` of some rows, Unix seconds; -Infinity when none has one. */
export async function newestKnownAt(rows: ReadPlan, context: WorkerContext): Promise<number> {
  const known = numbers((await context.readRows(rows)).rows, 'known_at')
  let newest = -Infinity
  for (let row = 0; row < known.length; row++) if (known[row]! > newest) newest = known[row]!
  return newest
}

/** What matrix columns are derived from when nothing is computed. */
export interface DeriveTask {
  readonly rows: ReadPlan
  readonly formula: FormulaId
  readonly features: readonly string[]
}

/** Derives matrix columns from committed rows: for symbols that others changed, or after a crash. */
export async function deriveGroup(
  task: DeriveTask,
  context: WorkerContext,
): Promise<readonly SymbolColumns[]> {
  return deriveColumns((await context.readRows(task.rows)).rows, task)
}

function deriveColumns(
  rows: Columns,
  { formula, features }: Pick<DeriveTask, 'formula' | 'features'>,
): SymbolColumns[] {
  const shown = Object.fromEntries(
    ['timestamp', 'source', ...features].map((name) => [name, rows[name]!]),
  )
  return symbolRuns(texts(rows, 'symbol')).map(({ symbol, start, end }) => {
    const own = sliceRows(shown, start, end)
    const part = matrixColumns(
      {
        timestamp: numbers(own, 'timestamp'),
        source: texts(own, 'source'),
        values: Object.fromEntries(features.map((name) => [name, numbers(own, name)])),
      },
      formula,
      // Shared memory: the columns go on to the thread that writes the matrix without being copied.
      (length) => new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT)),
    )
    return { symbol, ...part }
  })
}

function knownBy(rows: Columns, asOf: number): Columns {
  const knownAt = numbers(rows, 'known_at')
  // An unknown `known_at` is not knowledge.
  if (knownAt.every((known) => known <= asOf)) return rows
  const kept: number[] = []
  for (let row = 0; row < knownAt.length; row++) if (knownAt[row]! <= asOf) kept.push(row)
  return takeRows(rows, kept)
}

function countBars(rows: Columns): number {
  const timestamp = numbers(rows, 'timestamp')
  let count = 0
  for (let row = 0; row < timestamp.length; row++) {
    if (row === 0 || timestamp[row] !== timestamp[row - 1]) count += 1
  }
  return count
}

function computeSymbol(rows: Columns, { features, formula }: GroupTask): KnownFeatures {
  const bars: BarRows = {
    timestamp: numbers(rows, 'timestamp'),
    knownAt: numbers(rows, 'known_at'),
    open: numbers(rows, 'open'),
    high: numbers(rows, 'high'),
    low: numbers(rows, 'low'),
    close: numbers(rows, 'close'),
    volume: numbers(rows, 'volume'),
  }
  return featuresByEpoch(bars, (view) => computeFeatures(view, features, { formula }))
}

const INTEGERS = new Set(['timestamp', 'known_at'])

function asTable(name: string, rows: Columns, meta?: Readonly<Record<string, string>>): Table {
  return {
    name,
    columns: Object.entries(rows).map(([column, values]) => ({
      name: column,
      type: values instanceof Float64Array ? (INTEGERS.has(column) ? 'i64' : 'f64') : 'utf8',
      values,
    })),
    ...(meta && { meta }),
  }
}
