import { LakehouseError } from '../errors.ts'
import type {
  AddFile,
  Commit,
  CommitInfo,
  MetaData,
  Protocol,
  RemoveFile,
  Transaction,
} from './actions.ts'
import { decodePath } from './layout.ts'
import { fileStats } from './stats.ts'

/** A run's mark, and the version of the table that carries it. */
export interface AppliedTransaction extends Transaction {
  readonly tableVersion: number
}

/** One version in the history of a table. */
export interface CommitSummary {
  readonly version: number
  /** When it was committed, milliseconds since 1970 UTC, made to rise from version to version. */
  readonly timestampMs: number
  /** What its writer called it (`WRITE`, `MERGE`, …), or null. */
  readonly operation: string | null
  /** The run that wrote it, or null. */
  readonly runId: string | null
  readonly filesAdded: number
  readonly filesRemoved: number
  /** Rows in the files added, moved ones included; null when a file has no count. */
  readonly rowsAdded: number | null
  /** Rows in the files removed; null when a file has no count. */
  readonly rowsRemoved: number | null
  /** The writer's note as found, or null. */
  readonly commitInfo: CommitInfo | null
}

/** A table as one version has it. */
export interface Snapshot {
  readonly version: number
  readonly protocol: Protocol
  readonly metaData: MetaData
  /** The live files in log order: an earlier one was added by an earlier commit or line. */
  readonly files: readonly AddFile[]
  /** Files that were removed and not added again: vacuum and checkpoints need them. */
  readonly tombstones: readonly RemoveFile[]
  /** The latest mark of every run, by run id. */
  readonly transactions: ReadonlyMap<string, AppliedTransaction>
  /** The versions read, oldest first. */
  readonly commits: readonly CommitSummary[]
}

/**
 * Applies commits to a snapshot. Pure: the base is not changed.
 *
 * @param base the table before, or null to start at version 0
 * @param commits the next versions, oldest first and without a gap
 * @param table folder of the table, for the error
 * @returns the table after the last of them
 * @throws LakehouseError `corrupt_log` for a gap, and when no protocol or metaData was ever given
 */
export function foldCommits(
  base: Snapshot | null,
  commits: readonly Commit[],
  table: string,
): Snapshot {
  let version = base?.version ?? -1
  let protocol = base?.protocol
  let metaData = base?.metaData
  const files = startFiles(base, commits)
  const tombstones = new Map(base?.tombstones.map((file) => [decodePath(file.path), file]))
  const transactions = new Map(base?.transactions)
  const summaries = [...(base?.commits ?? [])]

  for (const commit of commits) {
    if (commit.version !== version + 1) throw gap(table, version + 1, commit.version)
    version = commit.version
    const counts = { filesAdded: 0, filesRemoved: 0, rowsAdded: 0, rowsRemoved: 0 }
    let commitInfo: CommitInfo | null = null
    let runId: string | null = null
    for (const action of commit.actions) {
      if ('add' in action) {
        const path = decodePath(action.add.path)
        // Added again while live (new statistics): the rows are the same, so the file keeps its place.
        const place = files.earlier.has(path) ? files.earlier : files.later
        const replaced = place.get(path)
        if (replaced !== undefined) {
          counts.filesRemoved++
          counts.rowsRemoved += rowsOf(replaced)
        }
        counts.filesAdded++
        counts.rowsAdded += rowsOf(action.add)
        place.set(path, action.add)
        tombstones.delete(path)
      } else if ('remove' in action) {
        const path = decodePath(action.remove.path)
        const removed = files.earlier.get(path) ?? files.later.get(path)
        if (removed !== undefined) {
          counts.filesRemoved++
          counts.rowsRemoved += rowsOf(removed)
          files.earlier.delete(path)
          files.later.delete(path)
        }
        tombstones.set(path, action.remove)
      } else if ('txn' in action) {
        transactions.set(action.txn.appId, { ...action.txn, tableVersion: version })
        runId ??= action.txn.appId
      } else if ('metaData' in action) metaData = action.metaData
      else if ('protocol' in action) protocol = action.protocol
      else commitInfo = action.commitInfo
    }
    const operation = commitInfo?.['operation']
    summaries.push({
      version,
      timestampMs: risingTimestamp(commit, commitInfo, summaries.at(-1)),
      operation: typeof operation === 'string' ? operation : null,
      runId,
      filesAdded: counts.filesAdded,
      filesRemoved: counts.filesRemoved,
      rowsAdded: Number.isNaN(counts.rowsAdded) ? null : counts.rowsAdded,
      rowsRemoved: Number.isNaN(counts.rowsRemoved) ? null : counts.rowsRemoved,
      commitInfo,
    })
  }
  if (protocol === undefined || metaData === undefined) {
    const lacking = protocol === undefined ? 'protocol' : 'metaData'
    throw new LakehouseError(
      'corrupt_log',
      `the log of ${table} holds no ${lacking} action up to version ${version}; nothing was changed`,
      { evidence: { table, version } },
    )
  }
  return {
    version,
    protocol,
    metaData,
    files: endFiles(base, files),
    tombstones: [...tombstones.values()],
    transactions,
    commits: summaries,
  }
}

// Only files that the commits name are looked at one by one: an append to a hundred thousand files costs one pass.
interface TouchedFiles {
  /** Live since the base. */
  readonly earlier: Map<string, AddFile>
  /** Added since, in order. */
  readonly later: Map<string, AddFile>
  /** Every path the commits name. */
  readonly paths: ReadonlySet<string>
}

function startFiles(base: Snapshot | null, commits: readonly Commit[]): TouchedFiles {
  const paths = new Set<string>()
  for (const { actions } of commits) {
    for (const action of actions) {
      if ('add' in action) paths.add(decodePath(action.add.path))
      else if ('remove' in action) paths.add(decodePath(action.remove.path))
    }
  }
  const earlier = new Map<string, AddFile>()
  for (const file of base?.files ?? []) {
    const path = decodePath(file.path)
    if (paths.has(path)) earlier.set(path, file)
  }
  return { earlier, later: new Map(), paths }
}

function endFiles(
  base: Snapshot | null,
  { earlier, later, paths }: TouchedFiles,
): readonly AddFile[] {
  const files: AddFile[] = []
  for (const file of base?.files ?? []) {
    const path = decodePath(file.path)
    const kept = paths.has(path) ? earlier.get(path) : file
    if (kept !== undefined) files.push(kept)
  }
  for (const file of later.values()) files.push(file)
  return files
}

function rowsOf(file: AddFile): number {
  return fileStats(file).numRecords ?? Number.NaN
}

// Clocks of writers differ; a time must still name one version, so each is at least a millisecond after the last.
function risingTimestamp(
  commit: Commit,
  commitInfo: CommitInfo | null,
  previous: CommitSummary | undefined,
): number {
  const noted = commitInfo?.['timestamp']
  const own = Math.floor(typeof noted === 'number' ? noted : commit.modifiedMs)
  return previous === undefined ? own : Math.max(own, previous.timestampMs + 1)
}

function gap(table: string, missing: number, found: number): LakehouseError {
  const otherwise = missing === 0 ? '' : `, or read version ${missing - 1} or earlier`
  return new LakehouseError(
    'corrupt_log',
    `version ${missing} is missing from the log of ${table}, which goes on with version ${found}. Nothing was ` +
      `changed: restore that file${otherwise}`,
    { evidence: { table, version: missing, found } },
  )
}
