import { isLakehouseError, LakehouseError } from '../errors.ts'
import type { Store, StoreEntry } from '../store.ts'
import type { Commit } from './actions.ts'
import { parseActions } from './commit-file.ts'
import { checkpointVersion, commitPath, commitVersion, logPrefix } from './layout.ts'
import { checkReadable } from './protocol.ts'
import { foldCommits, type Snapshot } from './snapshot.ts'

/** The file of one version in a log. */
export interface LogFile extends StoreEntry {
  readonly version: number
}

/** What lies in a log: the commits and the versions that have a checkpoint, both ascending. */
export interface LogListing {
  readonly commits: readonly LogFile[]
  readonly checkpoints: readonly number[]
}

/** Which state of a table to read. */
export interface ReadOptions {
  /** Exactly this version; the newest unless given. */
  readonly version?: number
  /** The version in force at this time, milliseconds since 1970 UTC; not together with `version`. */
  readonly timestampMs?: number
  /** An earlier snapshot of the same table: only what came after it is read. */
  readonly base?: Snapshot | null
}

// Enough to hide the latency of object storage, few enough to leave file handles to others.
const READ_AT_ONCE = 16

/**
 * Lists a table's log. Names this package does not know are left out.
 *
 * @param store where the table lies
 * @param tablePath folder of the table
 * @param after lists only what follows this version
 * @returns the commits and checkpoints; both empty when there is no table
 */
export async function listLog(store: Store, tablePath: string, after = -1): Promise<LogListing> {
  const options = after < 0 ? {} : { after: commitPath(tablePath, after) }
  const commits: LogFile[] = []
  const checkpoints = new Set<number>()
  for (const entry of await store.list(logPrefix(tablePath), options)) {
    const version = commitVersion(entry.path)
    if (version !== null) commits.push({ ...entry, version })
    const checkpoint = checkpointVersion(entry.path)
    if (checkpoint !== null) checkpoints.add(checkpoint)
  }
  return { commits, checkpoints: [...checkpoints] }
}

/**
 * Reads commits.
 *
 * @param store where the table lies
 * @param files which, as `listLog` gave them
 * @returns the commits in the same order
 * @throws LakehouseError `corrupt_log` for one that cannot be parsed
 */
export async function readCommits(
  store: Store,
  files: readonly LogFile[],
): Promise<readonly Commit[]> {
  const commits: Commit[] = []
  for (let start = 0; start < files.length; start += READ_AT_ONCE) {
    const batch = files.slice(start, start + READ_AT_ONCE).map(async (file): Promise<Commit> => {
      const actions = parseActions(await readListed(store, file), file.version, file.path)
      return { version: file.version, modifiedMs: file.modifiedMs, actions }
    })
    commits.push(...(await Promise.all(batch)))
  }
  return commits
}

async function readListed(store: Store, file: LogFile): Promise<Uint8Array> {
  try {
    return await store.get(file.path)
  } catch (cause) {
    if (!isLakehouseError(cause, 'not_found')) throw cause
    throw new LakehouseError(
      'corrupt_log',
      `version ${file.version} was removed from the log while it was read (${file.path}): read again`,
      { cause, evidence: { file: file.path, version: file.version } },
    )
  }
}

/**
 * Tells whether there is a table.
 *
 * @param store where it would lie
 * @param tablePath its folder
 * @returns true when its log holds a commit or a checkpoint
 */
export async function tableExists(store: Store, tablePath: string): Promise<boolean> {
  const { commits, checkpoints } = await listLog(store, tablePath)
  return commits.length > 0 || checkpoints.length > 0
}

/**
 * Reads the state of a table.
 *
 * @param store where the table lies
 * @param tablePath its folder
 * @param options which state, and what is known already
 * @returns the snapshot
 * @throws LakehouseError `not_found` without a table, `version_not_available` for a version that was never made or a
 *   time before the first, `corrupt_log` for a gap or a broken line, `unsupported_feature` for a table that needs
 *   more than reader version 1
 */
export async function readSnapshot(
  store: Store,
  tablePath: string,
  options: ReadOptions = {},
): Promise<Snapshot> {
  checkOptions(options)
  const { version, timestampMs } = options
  const snapshot =
    (await continueFrom(store, tablePath, options)) ??
    (await readFromStart(store, tablePath, version, timestampMs))
  checkReadable(tablePath, snapshot.protocol, snapshot.metaData, snapshot.files)
  return snapshot
}

function checkOptions({ version, timestampMs }: ReadOptions): void {
  if (version !== undefined && timestampMs !== undefined) {
    throw new LakehouseError('invalid_input', 'a state is named by version or by time, not by both')
  }
  if (version !== undefined && (!Number.isSafeInteger(version) || version < 0)) {
    throw new LakehouseError(
      'invalid_input',
      `version must be a whole number from 0, was ${version}`,
    )
  }
  if (timestampMs !== undefined && !Number.isFinite(timestampMs)) {
    throw new LakehouseError(
      'invalid_input',
      `timestampMs must be a finite number, was ${timestampMs}`,
    )
  }
}

async function continueFrom(
  store: Store,
  tablePath: string,
  { base = null, version = Number.POSITIVE_INFINITY, timestampMs }: ReadOptions,
): Promise<Snapshot | null> {
  if (base === null || version < base.version || timestampMs !== undefined) return null
  if (version === base.version) return base
  const { commits } = await listLog(store, tablePath, base.version - 1)
  // The base's own file must still be there: else the log was cleaned or the table made anew.
  if (commits[0]?.version !== base.version) return null
  const wanted = commits.slice(1).filter((file) => file.version <= version)
  if (version !== Number.POSITIVE_INFINITY && commits.at(-1)!.version < version) return null
  return wanted.length === 0 ? base : foldCommits(base, await readCommits(store, wanted), tablePath)
}

async function readFromStart(
  store: Store,
  tablePath: string,
  version: number | undefined,
  timestampMs: number | undefined,
): Promise<Snapshot> {
  const files = await listWholeLog(store, tablePath)
  const newest = files.at(-1)!.version
  if (version !== undefined && version > newest) {
    throw new LakehouseError(
      'version_not_available',
      `the table ${tablePath} has no version ${version}; its newest is ${newest}`,
      { evidence: { table: tablePath, version, newest } },
    )
  }
  const wanted = version === undefined ? files : files.filter((file) => file.version <= version)
  const commits = await readCommits(store, wanted)
  const snapshot = foldCommits(null, commits, tablePath)
  if (timestampMs === undefined) return snapshot
  const target = versionAt(snapshot, timestampMs, tablePath)
  return target === newest ? snapshot : foldCommits(null, commits.slice(0, target + 1), tablePath)
}

/**
 * Lists every commit of a table from version 0 on.
 *
 * @param store where the table lies
 * @param tablePath its folder
 * @returns the files of the commits, ascending; at least one
 * @throws LakehouseError `not_found` without a table, `unsupported_feature` when the log starts with a checkpoint
 */
export async function listWholeLog(store: Store, tablePath: string): Promise<readonly LogFile[]> {
  const { commits, checkpoints } = await listLog(store, tablePath)
  if (checkpoints.length > 0 && commits[0]?.version !== 0) {
    throw needsCheckpoint(tablePath, checkpoints)
  }
  if (commits.length === 0) {
    throw new LakehouseError('not_found', `there is no table at ${tablePath} in ${store.uri}`, {
      evidence: { table: tablePath, file: store.uri },
    })
  }
  return commits
}

/**
 * Finds the version in force at a time.
 *
 * @param snapshot the table, with its history
 * @param timestampMs milliseconds since 1970 UTC
 * @param tablePath folder of the table, for the error
 * @returns the last version committed at that time or before
 * @throws LakehouseError `version_not_available` when the history begins later
 */
export function versionAt(snapshot: Snapshot, timestampMs: number, tablePath: string): number {
  const found = snapshot.commits.findLast((commit) => commit.timestampMs <= timestampMs)
  if (found !== undefined) return found.version
  const oldest = snapshot.commits[0]
  const since = oldest === undefined ? '' : `, of ${new Date(oldest.timestampMs).toISOString()}`
  throw new LakehouseError(
    'version_not_available',
    `the table ${tablePath} has no version as of ${new Date(timestampMs).toISOString()}: the oldest known is ` +
      `version ${oldest?.version ?? snapshot.version}${since}`,
    { evidence: { table: tablePath, timestampMs, oldest: oldest?.version ?? snapshot.version } },
  )
}

function needsCheckpoint(tablePath: string, checkpoints: readonly number[]): LakehouseError {
  return new LakehouseError(
    'unsupported_feature',
    `the log of ${tablePath} starts with a checkpoint (version ${checkpoints.join(', ')}), which this reader ` +
      'cannot read: it needs every commit from version 0. Nothing was read',
    { evidence: { table: tablePath, feature: 'checkpoint', checkpoints } },
  )
}
