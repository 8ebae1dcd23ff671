import { isLakehouseError, LakehouseError } from '../errors.ts'
import type { Store, StoreEntry } from '../store.ts'
import { inTable } from './layout.ts'
import { fileLifespans, type FileLifespan, oldestWholeVersion } from './lifespan.ts'
import type { Checkpoints } from './checkpoint.ts'
import { planLogCleanup, type LogCleanup } from './log-cleanup.ts'
import { type LogListing, readWholeLog } from './log.ts'
import { checkReadable, checkWritable } from './protocol.ts'
import { DAY_MS, durationSettingMs } from './retention.ts'
import { type CommitSummary, foldCommits } from './snapshot.ts'

/** What a vacuum decides on. */
export interface VacuumInput {
  /** Every version that can be read, oldest first. */
  readonly commits: readonly CommitSummary[]
  readonly lifespans: readonly FileLifespan[]
  /** The files in the table's folder, with paths inside the table. */
  readonly files: readonly StoreEntry[]
  /** Temporary files in the table's folder, with paths inside the table. */
  readonly temporary: readonly StoreEntry[]
  /** Milliseconds since 1970 UTC. */
  readonly nowMs: number
  /** For how long a version stays readable after the next one replaced it. */
  readonly retentionMs: number
  /** For how long a version of the log stays; absent: all of it does. */
  readonly logRetentionMs?: number
  /** Versions that stay readable whatever their age. */
  readonly pinnedVersions: readonly number[]
}

const NO_CLEANUP: LogCleanup = { checkpoint: null, files: [] }

/** What a vacuum would remove. */
export interface VacuumPlan {
  /** Data files that no retained version needs, with paths inside the table. */
  readonly dataFiles: readonly StoreEntry[]
  /** What writers that died left behind, with paths inside the table. */
  readonly temporaryFiles: readonly StoreEntry[]
  /** Versions of the log that a checkpoint stands for, older than 30 days or what the table says. */
  readonly logFiles: readonly StoreEntry[]
  /** That checkpoint; null when the log stays as it is. */
  readonly checkpoint: number | null
  /** Bytes of all. */
  readonly sizeBytes: number
  /** The versions that stay whole for sure: the newest, the young and the pinned. */
  readonly retainedVersions: readonly number[]
  /** From which version on every one is whole afterwards; null when files of the newest are missing already. */
  readonly oldestReadableVersion: number | null
}

/** How to vacuum a table. */
export interface VacuumOptions {
  /** Plans without removing anything. */
  readonly dryRun?: boolean
  /** Seven days unless given; a longer `delta.deletedFileRetentionDuration` of the table wins. */
  readonly retentionMs?: number
  /** Allows a retention below a day, at which commits in flight may lose their files. */
  readonly force?: boolean
  readonly pinnedVersions?: readonly number[]
  /** Needed where the log begins with a checkpoint, and to remove versions of the log that one stands for. */
  readonly checkpoints?: Checkpoints | undefined
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number
}

const RETENTION_MS = 7 * DAY_MS
const LOG_RETENTION_MS = 30 * DAY_MS
// No write lasts a day; a younger temporary file may be in use.
const TEMPORARY_AGE_MS = DAY_MS

/**
 * Decides which files of a table may go: data files that no retained version needs and that are older than the
 * retention, as a younger one may belong to a commit in flight. Pure.
 *
 * @param input the table's history and what lies in its folder
 * @returns the files to remove, and what stays readable
 * @throws LakehouseError `invalid_input` for a pinned version the table never had, and for a folder that holds another
 *   table, whose files would look unused
 */
export function planVacuum(input: VacuumInput): VacuumPlan {
  const { commits, lifespans, files, nowMs, retentionMs, pinnedVersions } = input
  const newest = commits.at(-1)?.version ?? -1
  const unknown = pinnedVersions.find((version) => !(version >= 0 && version <= newest))
  if (unknown !== undefined) {
    throw refused(`version ${unknown} is to be kept, but the newest is ${newest}`, {
      version: unknown,
    })
  }
  const nested = files.find((file) => file.path.includes('/_delta_log/'))
  if (nested !== undefined) {
    throw refused(`its folder holds another table (${nested.path})`, { file: nested.path })
  }
  const pinned = new Set(pinnedVersions)
  const cutoff = nowMs - retentionMs
  const retainedVersions = commits
    .filter(({ version }, index) => {
      const replaced = commits[index + 1]
      return replaced === undefined || replaced.timestampMs > cutoff || pinned.has(version)
    })
    .map((commit) => commit.version)
  const needed = new Set(
    lifespans.filter((span) => overlaps(span, retainedVersions)).map((span) => span.path),
  )
  const dataFiles = files.filter(
    (file) => isDataFile(file.path) && file.modifiedMs < cutoff && !needed.has(file.path),
  )
  const temporaryFiles = input.temporary.filter(
    (file) => file.modifiedMs < nowMs - TEMPORARY_AGE_MS,
  )
  const cleanup =
    input.logRetentionMs === undefined
      ? NO_CLEANUP
      : planLogCleanup(files, commits, retainedVersions[0] ?? 0, nowMs - input.logRetentionMs)
  const logFiles = cleanup.files
  const gone = new Set(dataFiles.map((file) => file.path))
  const staying = new Set(files.map((file) => file.path).filter((path) => !gone.has(path)))
  return {
    dataFiles,
    temporaryFiles,
    logFiles,
    checkpoint: cleanup.checkpoint,
    sizeBytes: [...dataFiles, ...temporaryFiles, ...logFiles].reduce(
      (sum, file) => sum + file.size,
      0,
    ),
    retainedVersions,
    oldestReadableVersion: oldestWholeVersion(
      lifespans,
      (path) => staying.has(path),
      newest,
      cleanup.checkpoint ?? commits[0]?.version,
    ),
  }
}

function overlaps({ since, until }: FileLifespan, ascending: readonly number[]): boolean {
  const first = ascending.find((version) => version >= since)
  return first !== undefined && (until === null || first < until)
}

// Folders and files of engines start with _ or a dot; a partition column may too, and shows by its =.
function isDataFile(path: string): boolean {
  const hidden = path.split('/').some((segment) => /^[_.]/.test(segment) && !segment.includes('='))
  return path.endsWith('.parquet') && !hidden
}

/**
 * Removes the files of a table that no retained version needs.
 *
 * @param store where the table lies
 * @param tablePath its folder
 * @param options what to keep
 * @returns what was removed, or in a dry run would be
 * @throws LakehouseError `invalid_input` for a retention below a day without `force` and for what `planVacuum` refuses,
 *   `unsupported_feature` for a table this package may not write; nothing was removed then
 */
export async function vacuumTable(
  store: Store,
  tablePath: string,
  options: VacuumOptions = {},
): Promise<VacuumPlan> {
  const { retentionMs = RETENTION_MS, force = false, now = Date.now } = options
  if (!(retentionMs >= 0)) throw refused(`retentionMs must not be negative, was ${retentionMs}`)
  if (retentionMs < DAY_MS && !force) {
    throw refused(
      `a retention of ${retentionMs / 3_600_000} hours could take files from a commit in flight: allow 24 hours, ` +
        'or use force while nobody writes',
    )
  }
  // The log first: what it names is then in the list, and what the list has beyond it is too young to go.
  const { base, commits, listing } = await readWholeLog(store, tablePath, options.checkpoints)
  const snapshot =
    base !== null && commits.length === 0 ? base : foldCommits(base, commits, tablePath)
  checkReadable(tablePath, snapshot.protocol, snapshot.metaData, snapshot.files)
  checkWritable(tablePath, snapshot.protocol, snapshot.metaData)
  const prefix = inTable(tablePath, '')
  const inside = (entry: StoreEntry): StoreEntry => ({
    ...entry,
    path: entry.path.slice(prefix.length),
  })
  const { checkpoints } = options
  const input: VacuumInput = {
    commits: snapshot.commits.filter(({ version }) => version >= (base?.version ?? 0)),
    lifespans: fileLifespans(commits, base),
    files: (await store.list(prefix)).map(inside),
    temporary: (await store.listTemporary(prefix)).map(inside),
    nowMs: now(),
    retentionMs: Math.max(
      retentionMs,
      durationSettingMs(snapshot.metaData, 'delta.deletedFileRetentionDuration'),
    ),
    pinnedVersions: options.pinnedVersions ?? [],
    ...(checkpoints !== undefined && {
      logRetentionMs: Math.max(
        LOG_RETENTION_MS,
        durationSettingMs(snapshot.metaData, 'delta.logRetentionDuration'),
      ),
    }),
  }
  let plan = planVacuum(input)
  if (plan.checkpoint !== null && !(await isReadable(plan.checkpoint, listing, checkpoints))) {
    const { logRetentionMs: _, ...rest } = input
    plan = planVacuum(rest)
  }
  if (options.dryRun !== true) {
    for (const { path } of [...plan.dataFiles, ...plan.temporaryFiles, ...plan.logFiles]) {
      await store.remove(inTable(tablePath, path))
    }
  }
  return plan
}

// Nothing may go that only a damaged checkpoint would stand for.
async function isReadable(
  version: number,
  { classic }: LogListing,
  checkpoints: Checkpoints | undefined,
): Promise<boolean> {
  try {
    await checkpoints?.read(version, classic.get(version) ?? [])
    return true
  } catch (error) {
    if (isLakehouseError(error, 'corrupt_file', 'corrupt_log')) return false
    throw error
  }
}

function refused(
  problem: string,
  evidence: Readonly<Record<string, unknown>> = {},
): LakehouseError {
  return new LakehouseError(
    'invalid_input',
    `cannot vacuum the table: ${problem}. Nothing was removed`,
    {
      evidence,
    },
  )
}
