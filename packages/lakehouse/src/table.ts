import { randomUUID } from 'node:crypto'
import { pointInTimeReads, type PointInTimeReads } from './as-of.ts'
import { toAddFile } from './add-file.ts'
import { checkRows, noSuchColumn } from './check-rows.ts'
import { type Column, type Columns, rowCount } from './columns.ts'
import type { Action } from './delta/actions.ts'
import { type Compaction, type CompactOptions, compactTable } from './compact.ts'
import { CHECKPOINT_INTERVAL, createCheckpoints } from './delta/checkpoint.ts'
import { commitActions } from './delta/commit.ts'
import { decodePath, inTable } from './delta/layout.ts'
import { readSnapshot, tableExists } from './delta/log.ts'
import { checkWritable, PROTOCOL } from './delta/protocol.ts'
import type { CommitSummary, Snapshot } from './delta/snapshot.ts'
import { compareCodePoints, mayHoldSymbols } from './delta/stats.ts'
import { type VacuumOptions, type VacuumPlan, vacuumTable } from './delta/vacuum.ts'
import { isLakehouseError, LakehouseError } from './errors.ts'
import { checkEvolution, evolvedMetaData, withNewColumns } from './evolve-schema.ts'
import type { MergeCounts, MergeOptions } from './merge-rows.ts'
import type { ReadPlan } from './read-plan.ts'
import type { IndexedRun } from './row-index.ts'
import {
  checkLayout,
  fromMetadata,
  type TableSchema,
  toConfiguration,
  toSchemaString,
} from './schema.ts'
import type { Store } from './store.ts'
import { SYMBOLS_PER_FILE, symbolBatches } from './symbol-batches.ts'
import type { WriteTarget, WrittenFile } from './workers/context.ts'
import { type PackedRows, packRows, unpackRows } from './workers/packed-rows.ts'
import type { WorkerPool } from './workers/pool.ts'
import type { MergeBatch, MergedBatch } from './workers/tasks.ts'

/** Which rows of a table to read. */
export interface ScanOptions {
  /** Names of columns, in the order wanted; default: all. */
  readonly columns?: readonly string[]
  readonly symbols?: readonly string[]
  /** Earliest value of the time column, Unix seconds, inclusive. */
  readonly from?: number
  /** Latest value of the time column, Unix seconds, inclusive. */
  readonly to?: number
  /** A version of the table; default: the newest. */
  readonly version?: number
  /** Told after each batch how many bytes it took to read. */
  readonly onBytesRead?: (bytes: number) => void
}

/** How rows are merged into a table. */
export interface UpsertOptions extends Omit<MergeOptions, 'now'> {
  /** The run that writes: recorded with the commit, and what makes a repeated commit recognisable. */
  readonly runId: string
  /** What `commitInfo` calls the operation. */
  readonly operation?: string
}

/** What an upsert came to. */
export interface UpsertResult extends MergeCounts {
  /** The version that was committed; null when the table knew every row already. */
  readonly version: number | null
  readonly perSymbol: ReadonlyMap<string, MergeCounts>
}

/** What the work on one group of symbols must give. */
export interface GroupResult {
  /** The data file with the group's new rows; null when it has none. */
  readonly file: WrittenFile | null
}

/** A commit made of independent groups of symbols, for callers that compute their rows in worker threads. */
export interface GroupCommit<Result extends GroupResult> {
  readonly runId: string
  readonly operation: string
  /** Symbols of each group, sorted; no symbol in two of them. */
  readonly groups: readonly (readonly string[])[]
  /**
   * Computes a group on a state of the table and writes its new rows. Called again, with its earlier result, when
   * another writer's commit touched the group.
   */
  readonly work: (
    group: readonly string[],
    snapshot: Snapshot | null,
    earlier: Result | undefined,
  ) => Promise<Result>
  /** Last word before the commit; what it throws leaves the table as it was. */
  readonly check?: (results: readonly Result[]) => Promise<void>
}

/** One table of a lakehouse. */
export interface Table extends PointInTimeReads {
  readonly name: string
  /** The newest state, or that of a version; null when the table does not exist yet. */
  state(version?: number): Promise<Snapshot | null>
  /**
   * The schema at a state of the table, with the new nullable columns it was opened with; for a table that does not
   * exist yet, the one it was opened with.
   */
  schema(snapshot: Snapshot | null): TableSchema
  /** Plans a read of a state, for a task in a worker thread. */
  plan(snapshot: Snapshot | null, options?: Omit<ScanOptions, 'version' | 'onBytesRead'>): ReadPlan
  /** Where such a task writes. */
  target(snapshot: Snapshot | null): WriteTarget
  /** Lists the symbols held, ascending, with their number of rows; `since` counts only files added after a version. */
  symbols(snapshot: Snapshot, since?: number): Promise<ReadonlyMap<string, number>>
  /**
   * Reads rows in batches of whole symbols, ascending by symbol, time and `known_at`.
   *
   * @throws LakehouseError `not_found` without the table, `corrupt_file` when a file it must read is damaged
   */
  scan(options?: ScanOptions): AsyncIterable<Columns>
  /**
   * Adds the rows the table does not know yet, in one commit. A row whose values differ from those held becomes a
   * second row; see `MergeOptions`. Other writers' commits of other symbols in the meantime do not matter.
   *
   * @param batches rows in any order and portion; all rows of a symbol must come together
   * @throws LakehouseError `schema_mismatch` when a value does not fit its column, `invalid_input` when rows
   *   contradict each other, `unsupported_feature` for a table that may only be read, `commit_contention` when others
   *   always won, `aborted` by the signal; the table is then as it was. After `io_error` it holds all or nothing.
   */
  upsertSymbols(
    batches: AsyncIterable<Columns> | Iterable<Columns>,
    options: UpsertOptions,
  ): Promise<UpsertResult>
  /** Commits groups computed elsewhere; see {@link GroupCommit}. */
  commitGroups<Result extends GroupResult>(
    commit: GroupCommit<Result>,
  ): Promise<{ version: number | null; snapshot: Snapshot | null; results: readonly Result[] }>
  /**
   * Writes a checkpoint of the newest state, as every tenth commit does by itself: the table then opens without the
   * commits before it.
   *
   * @returns the version it holds
   */
  checkpoint(): Promise<number>
  /** Rewrites small files and those that share symbols into few; the rows stay as they are. See {@link Compaction}. */
  compact(options: CompactOptions): Promise<Compaction>
  /** Removes files that no retained version needs; see {@link VacuumOptions}. */
  vacuum(options?: Omit<VacuumOptions, 'checkpoints'>): Promise<VacuumPlan>
  /** The table's history, oldest version first. */
  versions(): Promise<readonly CommitSummary[]>
}

/** Something that went wrong beside the work, without ending it. */
export interface LakehouseEvent {
  readonly kind: 'checkpoint_failed'
  readonly table: string
  readonly version: number
  readonly error: unknown
}

/** What a table works with. */
export interface TableEnvironment {
  readonly store: Store
  readonly workers: WorkerPool
  /** Unix seconds. */
  readonly now: () => number
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: LakehouseEvent) => void) | undefined
}

interface ScannedRows {
  readonly rows: PackedRows
  readonly bytesRead: number
}

const TASKS = new URL(
  `./workers/tasks.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)
const KEY_COLUMNS = ['symbol', 'known_at']

/** Opens a table; nothing is read yet. */
export function openTable(
  environment: TableEnvironment,
  name: string,
  declared: TableSchema | undefined,
): Table {
  const { store, workers, now, signal } = environment
  const checkpoints = createCheckpoints(store, workers)
  let known: Snapshot | null = null
  const checkSignal = (): void => {
    if (signal?.aborted !== true) return
    throw new LakehouseError('aborted', `the work on ${name} was ended; nothing was committed`, {
      cause: signal.reason,
      evidence: { table: name },
    })
  }

  const state = async (): Promise<Snapshot | null> => {
    if (known === null && !(await tableExists(store, name))) return null
    known = await readSnapshot(store, name, { base: known, checkpoints })
    return known
  }
  const existing = async (version?: number): Promise<Snapshot> => {
    const found =
      version === undefined
        ? await state()
        : await readSnapshot(store, name, { version, checkpoints })
    if (found !== null) return found
    throw new LakehouseError('not_found', `there is no table ${name} in ${store.uri}`, {
      evidence: { table: name },
    })
  }
  const heldSchema = (at: Snapshot): TableSchema => {
    const settings = Object.entries(at.metaData.configuration ?? {})
    return fromMetadata(
      name,
      at.metaData.schemaString,
      Object.fromEntries(settings.filter((entry): entry is [string, string] => entry[1] !== null)),
    )
  }
  const schema = (at: Snapshot | null): TableSchema => {
    if (at === null) {
      if (declared !== undefined) return declared
      throw new LakehouseError('not_found', `there is no table ${name} in ${store.uri}`, {
        evidence: { table: name },
      })
    }
    return withNewColumns(heldSchema(at), declared)
  }
  /** What a commit must say about the table beside its rows. */
  const description = (at: Snapshot | null): Action[] => {
    if (at === null) return creation(schema(null), now())
    const metaData = evolvedMetaData(at.metaData, heldSchema(at), declared)
    return metaData === null ? [] : [{ metaData }]
  }

  const plan: Table['plan'] = (at, options = {}) => {
    const { columns, time } = schema(at)
    const symbols = options.symbols?.toSorted(compareCodePoints)
    const wanted = options.columns && new Set([...KEY_COLUMNS, time, ...options.columns])
    for (const column of options.columns ?? []) {
      if (!columns.some((held) => held.name === column)) throw noSuchColumn(name, column, columns)
    }
    return {
      store: store.uri,
      table: name,
      files: (at?.files ?? [])
        .filter((file) => symbols === undefined || mayHoldSymbols(file, symbols))
        .map((file) => ({
          path: inTable(name, decodePath(file.path)),
          size: file.size,
          partitionValues: file.partitionValues,
        })),
      columns: wanted === undefined ? columns : columns.filter((column) => wanted.has(column.name)),
      time,
      ...(symbols && { symbols }),
      ...(options.from !== undefined && { from: options.from }),
      ...(options.to !== undefined && { to: options.to }),
    }
  }
  const target: Table['target'] = (at) => {
    const { columns, time } = schema(at)
    return { store: store.uri, table: name, columns, time }
  }

  const symbols: Table['symbols'] = async (at, since = -1) => {
    const held = new Set<string>()
    if (since >= 0) {
      const earlier = await readSnapshot(store, name, { version: since, checkpoints })
      for (const file of earlier.files) held.add(file.path)
    }
    const files = at.files.filter((file) => !held.has(file.path))
    const whole = plan({ ...at, files }, { columns: [] })
    // A few files a task: the answers are small, the tasks should not be.
    const slices = chunk(whole.files, 16).map((part) =>
      workers.run<(readonly IndexedRun[])[]>(TASKS, 'indexFiles', { ...whole, files: part }),
    )
    const rows = new Map<string, number>()
    for (const index of (await Promise.all(slices)).flat(2)) {
      rows.set(index.symbol, (rows.get(index.symbol) ?? 0) + index.rows)
    }
    return new Map([...rows].toSorted(([a], [b]) => compareCodePoints(a, b)))
  }

  async function* scan(options: ScanOptions = {}): AsyncGenerator<Columns> {
    const at = await existing(options.version)
    const { columns } = schema(at)
    const names = options.columns ?? columns.map((column) => column.name)
    const unknown = names.find((wanted) => !columns.some((column) => column.name === wanted))
    if (unknown !== undefined) throw noSuchColumn(name, unknown, columns)
    const wanted =
      options.symbols === undefined
        ? [...(await symbols(at)).keys()]
        : [...new Set(options.symbols)].toSorted(compareCodePoints)
    // One batch is read ahead while the caller works on the one before.
    const read = (group: readonly string[]) =>
      workers.run<ScannedRows>(TASKS, 'scanRows', plan(at, { ...options, symbols: group }))
    let next: Promise<ScannedRows> | undefined
    for (const group of [...chunk(wanted, SYMBOLS_PER_FILE), undefined]) {
      const current = next
      next = group && read(group)
      // Its failure is reported when its turn comes.
      next?.catch(() => undefined)
      if (current === undefined) continue
      const { rows: packed, bytesRead } = await current
      options.onBytesRead?.(bytesRead)
      const rows = unpackRows(packed)
      checkSignal()
      if (rowCount(rows) === 0) continue
      yield Object.fromEntries(names.map((column): [string, Column] => [column, rows[column]!]))
    }
  }

  // The commit stands, and readers do without: the next tenth version tries again.
  const tryCheckpoint = async (at: Snapshot): Promise<void> => {
    try {
      await checkpoints.write(name, at, now() * 1000)
    } catch (error) {
      environment.onEvent?.({ kind: 'checkpoint_failed', table: name, version: at.version, error })
    }
  }

  /** Commits groups; `staged` are files that were written for them before, by path in the table. */
  const commitStaged = async <Result extends GroupResult>(
    commit: GroupCommit<Result>,
    staged: readonly string[],
  ) => {
    let results: Result[] = []
    let tried = false
    const written = new Set(staged)
    const discard = async (kept: ReadonlySet<string>) => {
      for (const path of written) {
        // A file that stays costs space until vacuum finds it; failing here would hide how the commit ended.
        if (!kept.has(path)) await store.remove(inTable(name, path)).catch(() => undefined)
      }
    }
    const build = async (at: Snapshot | null, before: Snapshot | null | undefined) => {
      const known = new Set(before?.files)
      const changed = (at?.files ?? []).filter((file) => !known.has(file))
      const stands = before !== undefined && at?.metaData === before?.metaData
      results = await allOrError(
        commit.groups.map(async (group, i) => {
          const earlier = results[i]
          if (
            earlier !== undefined &&
            stands &&
            !changed.some((file) => mayHoldSymbols(file, group))
          ) {
            return earlier
          }
          checkSignal()
          const result = await commit.work(group, at, earlier)
          if (result.file !== null) written.add(result.file.path)
          return result
        }),
      )
      await commit.check?.(results)
      const files = results.flatMap(({ file }) => (file === null ? [] : [file]))
      if (files.length === 0) return { done: at?.version ?? -1 }
      // Behind the work and the check, whose own reasons to refuse say more.
      if (at !== null) checkEvolution(name, heldSchema(at), declared)
      const adds = files.map((file): Action => ({ add: toAddFile(file, now()) }))
      tried = true
      return {
        operation: {
          kind: 'upsertSymbols' as const,
          symbols: commit.groups.flat().toSorted(compareCodePoints),
        },
        actions: [...description(at), ...adds],
        commitInfo: { operation: commit.operation, operationParameters: { runId: commit.runId } },
      }
    }
    try {
      const base = await state()
      const outcome = await commitActions(store, name, {
        base,
        checkpoints,
        transaction: {
          appId: commit.runId,
          version: (base?.transactions.get(commit.runId)?.version ?? -1) + 1,
        },
        now: () => now() * 1000,
        ...(signal && { signal }),
        build: ({ snapshot: at, previous }) =>
          build(at, previous === null ? undefined : previous.snapshot),
      })
      known = outcome.snapshot
      if (outcome.written && outcome.version > 0 && outcome.version % CHECKPOINT_INTERVAL === 0) {
        await tryCheckpoint(outcome.snapshot!)
      }
      await discard(new Set(outcome.snapshot?.files.map((file) => decodePath(file.path))))
      return {
        version: outcome.written ? outcome.version : null,
        snapshot: outcome.snapshot,
        results,
      }
    } catch (error) {
      // Once a commit was tried, these leave open whether it was made: the files may belong to the table.
      const isOpen = tried && isLakehouseError(error, 'io_error', 'fsync_failed')
      if (!isOpen) await discard(new Set())
      throw error
    }
  }

  const upsertSymbols: Table['upsertSymbols'] = async (batches, options) => {
    const base = await state()
    const expected = schema(base)
    if (base !== null) checkFits(base)
    /** Refuses a state of the table that rows of the schema they were checked against cannot go into. */
    function checkFits(at: Snapshot) {
      checkWritable(name, at.protocol, at.metaData)
      checkLayout(name, at.metaData)
      checkEvolution(name, heldSchema(at), declared)
      const found = schema(at)
      for (const { name: column, type } of expected.columns) {
        const held = found.columns.find((candidate) => candidate.name === column)
        if (held === undefined) throw noSuchColumn(name, column, found.columns)
        if (held.type === type) continue
        throw new LakehouseError(
          'schema_mismatch',
          `table ${name}: column '${column}' is of type ${held.type} by now, but rows came for ${type}; nothing was written`,
          { evidence: { table: name, column, version: at.version } },
        )
      }
    }
    const merge = (
      group: readonly string[],
      at: Snapshot | null,
      incoming: MergeBatch['incoming'],
    ) =>
      workers.run<MergedBatch>(TASKS, 'mergeBatch', {
        target: target(at),
        schema: schema(at),
        existing: plan(at, { symbols: group }),
        incoming,
        options: {
          now: now(),
          ...(options.restatedAt !== undefined && { restatedAt: options.restatedAt }),
          ...(options.onlyNewSymbols !== undefined && { onlyNewSymbols: options.onlyNewSymbols }),
        },
      } satisfies MergeBatch)

    async function* checked(portions: AsyncIterable<Columns> | Iterable<Columns>) {
      for await (const portion of portions) {
        if (rowCount(portion) === 0) continue
        checkRows(name, portion, expected)
        yield portion
      }
    }
    // Batches are merged as they arrive, so that a long import never lies in memory as a whole.
    const groups: (readonly string[])[] = []
    const merged: Promise<MergedBatch>[] = []
    const running = new Set<Promise<unknown>>()
    const failures: unknown[] = []
    try {
      for await (const batch of symbolBatches(checked(batches), expected.time)) {
        checkSignal()
        // The rest of a long import is not read for nothing.
        if (failures.length > 0) throw failures[0]
        groups.push(batch.symbols)
        const work = merge(batch.symbols, base, { rows: packRows(batch.rows) })
        merged.push(work)
        const settled = work
          .catch((error: unknown) => failures.push(error))
          .finally(() => running.delete(settled))
        running.add(settled)
        if (running.size > workers.size) await Promise.race(running)
      }
      await Promise.all(merged)
    } catch (error) {
      for (const outcome of await Promise.allSettled(merged)) {
        if (outcome.status === 'rejected' || outcome.value.file === null) continue
        await store.remove(inTable(name, outcome.value.file.path)).catch(() => undefined)
      }
      throw error
    }

    const first = new Map<readonly string[], MergedBatch>()
    for (const [i, group] of groups.entries()) first.set(group, await merged[i]!)
    const { version, results } = await commitStaged<MergedBatch>(
      {
        runId: options.runId,
        operation: options.operation ?? 'MERGE',
        groups,
        work: async (group, at, earlier = first.get(group)!) => {
          if (at?.version === base?.version || earlier.file === null) return earlier
          checkFits(at!)
          // What was new against the older state is merged once more, against the newer one.
          const staged = { path: inTable(name, earlier.file.path), size: earlier.file.size }
          const whole = plan(at, { symbols: group })
          const again = await merge(group, at, { plan: { ...whole, files: [staged] } })
          return { ...again, perSymbol: afterRepetition(earlier.perSymbol, again.perSymbol) }
        },
      },
      [...first.values()].flatMap(({ file }) => (file === null ? [] : [file.path])),
    )
    const perSymbol = new Map(results.flatMap((result) => [...result.perSymbol]))
    const total: MergeCounts = { added: 0, restated: 0, unchanged: 0 }
    for (const counts of perSymbol.values()) {
      total.added += counts.added
      total.restated += counts.restated
      total.unchanged += counts.unchanged
    }
    return { version, perSymbol, ...total }
  }

  return {
    name,
    state: async (version) => (version === undefined ? await state() : await existing(version)),
    schema,
    plan,
    target,
    symbols,
    scan,
    upsertSymbols,
    commitGroups: (commit) => commitStaged(commit, []),
    async checkpoint() {
      const at = await existing()
      checkWritable(name, at.protocol, at.metaData)
      await checkpoints.write(name, at, now() * 1000)
      return at.version
    },
    compact: (options) =>
      compactTable(
        { name, store, workers, now, signal, checkpoints, schema, plan, target },
        options,
      ),
    vacuum: (options = {}) =>
      vacuumTable(store, name, { now: () => now() * 1000, ...options, checkpoints }),
    versions: async () => (await existing()).commits,
    ...pointInTimeReads({ name, workers, now, signal, existing, schema, plan, symbols }),
  }
}

function creation(schema: TableSchema, nowSeconds: number): Action[] {
  return [
    { protocol: PROTOCOL },
    {
      metaData: {
        id: randomUUID(),
        format: { provider: 'parquet', options: {} },
        schemaString: toSchemaString(schema.columns),
        partitionColumns: [],
        configuration: toConfiguration(schema),
        createdTime: nowSeconds * 1000,
      },
    },
  ]
}

// A repetition sees only the rows that were new before: those that were not stay counted.
function afterRepetition(
  before: ReadonlyMap<string, MergeCounts>,
  again: ReadonlyMap<string, MergeCounts>,
): ReadonlyMap<string, MergeCounts> {
  return new Map(
    [...before].map(([symbol, counts]): [string, MergeCounts] => {
      const { added, restated, unchanged } = again.get(symbol) ?? NO_ROWS
      return [symbol, { added, restated, unchanged: counts.unchanged + unchanged }]
    }),
  )
}

const NO_ROWS: MergeCounts = { added: 0, restated: 0, unchanged: 0 }

/** Waits for all, also when one fails: what the others write can then be cleared away. */
async function allOrError<Result>(work: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(work)
  return await Promise.all(work)
}

/** Cuts a list into pieces of a length, the last one shorter. */
function chunk<Item>(items: readonly Item[], length: number): Item[][] {
  const pieces: Item[][] = []
  for (let i = 0; i < items.length; i += length) pieces.push(items.slice(i, i + length))
  return pieces
}
