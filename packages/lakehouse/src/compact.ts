import { toAddFile } from './add-file.ts'
import type { Action } from './delta/actions.ts'
import type { Checkpoints } from './delta/checkpoint.ts'
import { commitActions } from './delta/commit.ts'
import { decodePath, inTable } from './delta/layout.ts'
import { readSnapshot } from './delta/log.ts'
import type { Plan } from './delta/plan.ts'
import type { Snapshot } from './delta/snapshot.ts'
import { LakehouseError } from './errors.ts'
import { type CompactionGroup, planCompaction } from './plan-compaction.ts'
import type { ReadPlan } from './read-plan.ts'
import type { IndexedRun } from './row-index.ts'
import { checkLayout, type TableSchema } from './schema.ts'
import type { Store } from './store.ts'
import { SYMBOLS_PER_FILE } from './symbol-batches.ts'
import type { WriteTarget, WrittenFile } from './workers/context.ts'
import type { WorkerPool } from './workers/pool.ts'

/** How to compact. */
export interface CompactOptions {
  /** The run that does it, recorded with the commit. */
  readonly runId: string
  /** Plans without writing anything. */
  readonly dryRun?: boolean
}

/** What a compaction came to. */
export interface Compaction {
  /** The version that was committed; null when nothing was. */
  readonly version: number | null
  readonly filesBefore: number
  readonly filesAfter: number
  /** Rows that were written again, unchanged. */
  readonly rows: number
  /** Files left as they are, since another writer changed them in the meantime. */
  readonly leftOut: readonly string[]
}

/** What a compaction needs of a table. */
export interface CompactableTable {
  readonly name: string
  readonly store: Store
  readonly workers: WorkerPool
  /** Unix seconds. */
  readonly now: () => number
  readonly signal: AbortSignal | undefined
  readonly checkpoints: Checkpoints
  readonly schema: (at: Snapshot) => TableSchema
  readonly plan: (
    at: Snapshot,
    options: { readonly columns?: readonly string[]; readonly symbols?: readonly string[] },
  ) => ReadPlan
  readonly target: (at: Snapshot) => WriteTarget
}

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const TASKS = new URL(`./workers/tasks.${EXTENSION}`, import.meta.url)
const COMPACT_TASKS = new URL(`./workers/compact-tasks.${EXTENSION}`, import.meta.url)
// Raw size of a file: enough for the codec to write it with room to spare.
const RAW_BYTES_PER_FILE = 128 * 2 ** 20

interface Written {
  readonly group: CompactionGroup
  readonly files: readonly WrittenFile[]
}

/**
 * Rewrites a table's small files, and those that share symbols, into few files. Every row stays, in the order in which
 * ties are settled. It never stands in another writer's way: what one changed in the meantime is left as it is.
 *
 * @throws LakehouseError `unsupported_feature` for a table laid out by another engine, `corrupt_file` when a file to be
 *   read is damaged, `commit_contention` when another writer changed the table's columns; it is then as it was
 */
export async function compactTable(
  table: CompactableTable,
  options: CompactOptions,
): Promise<Compaction> {
  const { name, store, now, checkpoints } = table
  // What was planned on, when it was: another writer may have committed before the commit begins.
  let base = await readSnapshot(store, name, { checkpoints })
  let groups: readonly CompactionGroup[] = []
  let written: readonly Written[] | undefined
  const outcomeOf = (
    version: number | null,
    kept: readonly CompactionGroup[],
    filesAfter: number,
  ): Compaction => ({
    version,
    filesBefore: base.files.length,
    filesAfter,
    rows: kept.reduce((sum, group) => sum + group.rows, 0),
    leftOut: groups.filter((group) => !kept.includes(group)).flatMap((group) => group.paths),
  })
  if (options.dryRun === true) {
    checkLayout(name, base.metaData)
    groups = await planGroups(table, base)
    const fewer = groups.reduce((sum, { paths, files }) => sum + paths.length - files.length, 0)
    return outcomeOf(null, groups, base.files.length - fewer)
  }
  const commit = await commitActions(store, name, {
    base,
    checkpoints,
    now: () => now() * 1000,
    ...(table.signal && { signal: table.signal }),
    async build({ snapshot, previous }) {
      if (previous?.verdict.kind === 'drop' && written !== undefined) {
        const taken = new Set(previous.verdict.paths.map(decodePath))
        written = written.filter(({ group }) => !group.paths.some((path) => taken.has(path)))
      } else {
        base = snapshot ?? base
        checkLayout(name, base.metaData)
        groups = await planGroups(table, base)
        written = await rewrite(table, base, groups)
      }
      if (written.length === 0) return { done: snapshot?.version ?? base.version }
      return describe(written, base, options.runId, now())
    },
  })
  if (!commit.written) return outcomeOf(null, [], base.files.length)
  const kept = written!.map(({ group }) => group)
  return outcomeOf(commit.version, kept, commit.snapshot!.files.length)
}

function describe(
  written: readonly Written[],
  base: Snapshot,
  runId: string,
  nowSeconds: number,
): Plan {
  const live = new Map(base.files.map((file) => [decodePath(file.path), file]))
  const removed = written.flatMap(({ group }) => group.paths.map((path) => live.get(path)!))
  return {
    operation: { kind: 'compact', removedPaths: removed.map(({ path }) => path) },
    actions: [
      ...removed.map(({ path, partitionValues, size }): Action => ({
        remove: {
          path,
          deletionTimestamp: nowSeconds * 1000,
          dataChange: false,
          extendedFileMetadata: true,
          partitionValues,
          size,
        },
      })),
      ...written.flatMap(({ files }) =>
        files.map((file): Action => ({
          add: { ...toAddFile(file, nowSeconds), dataChange: false },
        })),
      ),
    ],
    commitInfo: { operation: 'OPTIMIZE', operationParameters: { runId } },
  }
}

async function planGroups(
  { name, workers, plan, schema }: CompactableTable,
  base: Snapshot,
): Promise<readonly CompactionGroup[]> {
  const whole = plan(base, { columns: [] })
  const index = await workers.run<(readonly IndexedRun[])[]>(TASKS, 'indexFiles', whole)
  const files = whole.files.map(({ path }, at) => ({
    path: path.slice(inTable(name, '').length),
    runs: index[at]!,
  }))
  const rowsPerFile = Math.floor(RAW_BYTES_PER_FILE / (8 * schema(base).columns.length))
  return planCompaction(files, SYMBOLS_PER_FILE, rowsPerFile)
}

async function rewrite(
  { name, store, workers, plan, target, signal }: CompactableTable,
  base: Snapshot,
  groups: readonly CompactionGroup[],
): Promise<Written[]> {
  const tasks = groups.flatMap((group) => {
    const own = new Set(group.paths)
    const files = base.files.filter((file) => own.has(decodePath(file.path)))
    return group.files.map((symbols) => ({
      group,
      work: workers.run<WrittenFile>(COMPACT_TASKS, 'rewriteFile', {
        plan: plan({ ...base, files }, { symbols }),
        target: target(base),
      }),
    }))
  })
  const outcomes = await Promise.allSettled(tasks.map(({ work }) => work))
  const files = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  const written = groups.map((group) => ({
    group,
    files: files.filter((file, at) => tasks[at]!.group === group && file !== null) as WrittenFile[],
  }))
  const short = written.find(
    ({ group, files: own }) => own.reduce((sum, file) => sum + file.rows, 0) !== group.rows,
  )
  if (failed === undefined && short === undefined && signal?.aborted !== true) return written
  for (const file of files) {
    // A file that stays costs space until vacuum finds it; failing here would hide what went wrong.
    if (file !== null) await store.remove(inTable(name, file.path)).catch(() => undefined)
  }
  if (failed !== undefined) throw failed.reason
  if (short === undefined) {
    throw new LakehouseError(
      'aborted',
      `the compaction of ${name} was ended; nothing was committed`,
    )
  }
  throw new LakehouseError(
    'corrupt_file',
    `files of ${name} hold other rows than they list (${short.group.paths.join(', ')}); nothing was committed`,
    { evidence: { table: name, file: short.group.paths[0]! } },
  )
}
