import { isLakehouseError, LakehouseError } from '../errors.ts'
import type { Store, StoreEntry } from '../store.ts'
import type { Commit } from './actions.ts'
import type { CheckpointFile, Checkpoints } from './checkpoint.ts'
import { parseActions } from './commit-file.ts'
import { checkAgreement, lastCheckpointHint, newestCheckpoint } from './checkpoint-choice.ts'
import {
  checkpointPart,
  checkpointVersion,
  commitPath,
  commitVersion,
  logPrefix,
} from './layout.ts'
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
  /** The parts of each checkpoint that is whole and of the classic kind, by version, ascending. */
  readonly classic: ReadonlyMap<number, readonly CheckpointFile[]>
}

/** Which state of a table to read. */
export interface ReadOptions {
  /** Exactly this version; the newest unless given. */
  readonly version?: number
  /** The version in force at this time, milliseconds since 1970 UTC; not together with `version`. */
  readonly timestampMs?: number
  /** An earlier snapshot of the same table: only what came after it is read. */
  readonly base?: Snapshot | null
  /** Without it every commit from version 0 on is read. */
  readonly checkpoints?: Checkpoints | undefined
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
  const parts = new Map<number, StoreEntry[]>()
  for (const entry of await store.list(logPrefix(tablePath), options)) {
    const version = commitVersion(entry.path)
    if (version !== null) commits.push({ ...entry, version })
    const checkpoint = checkpointVersion(entry.path)
    if (checkpoint === null) continue
    const known = parts.get(checkpoint)
    if (known === undefined) parts.set(checkpoint, [entry])
    else known.push(entry)
  }
  const classic = new Map<number, readonly CheckpointFile[]>()
  for (const [version, files] of parts) {
    const whole = wholeCheckpoint(files)
    if (whole !== null) classic.set(version, whole)
  }
  return { commits, checkpoints: [...parts.keys()], classic }
}

// Two engines may have written one version, one in a single file, one in parts: any whole one will do.
function wholeCheckpoint(files: readonly StoreEntry[]): readonly CheckpointFile[] | null {
  const counts = new Set(files.map((file) => checkpointPart(file.path)?.parts))
  for (const count of counts) {
    const parts = files.filter((file) => checkpointPart(file.path)?.parts === count)
    if (count === parts.length) return parts
  }
  return null
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
    (timestampMs === undefined
      ? await readFromStart(store, tablePath, version, options.checkpoints)
      : await readAtTime(store, tablePath, timestampMs, options.checkpoints))
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

async function readAtTime(
  store: Store,
  tablePath: string,
  timestampMs: number,
  checkpoints: Checkpoints | undefined,
): Promise<Snapshot> {
  const newest = await readFromStart(store, tablePath, undefined, checkpoints)
  const version = versionAt(newest, timestampMs, tablePath)
  if (version === newest.version) return newest
  return await readFromStart(store, tablePath, version, checkpoints)
}

async function readFromStart(
  store: Store,
  tablePath: string,
  version: number | undefined,
  checkpoints: Checkpoints | undefined,
): Promise<Snapshot> {
  const hint = checkpoints && (await lastCheckpointHint(store, tablePath))
  if (hint !== undefined && !(version !== undefined && version < hint)) {
    const listing = await listLog(store, tablePath, hint - 1)
    const { base } = await newestCheckpoint(listing, checkpoints, version)
    // A history that begins at another engine's checkpoint is the last resort, not the first.
    if (base !== null && base.commits.length > 0) {
      return await readOn(store, tablePath, base, listing, version)
    }
  }
  const listing = await listLog(store, tablePath)
  const { base, failure } = await newestCheckpoint(listing, checkpoints, version)
  const isComplete = listing.commits[0]?.version === 0
  if (base !== null && (base.commits.length > 0 || !isComplete)) {
    return await readOn(store, tablePath, base, listing, version)
  }
  if (failure !== null && !isComplete) throw failure
  checkReach(tablePath, listing, version)
  return await readOn(store, tablePath, null, listing, version)
}

/** Refuses a version whose commits were cleaned up, naming the oldest that can still be read. */
function checkReach(tablePath: string, listing: LogListing, version: number | undefined): void {
  const [oldest] = listing.classic.keys()
  const first = listing.commits[0]?.version
  if (version === undefined || oldest === undefined || first === 0 || version >= oldest) return
  throw new LakehouseError(
    'version_not_available',
    `version ${version} of ${tablePath} can no longer be read: the log before version ${oldest} was cleaned up`,
    { evidence: { table: tablePath, version, oldest } },
  )
}

/** Reads the commits of a listing that come after a base. */
async function readOn(
  store: Store,
  tablePath: string,
  base: Snapshot | null,
  listing: LogListing,
  version = Number.POSITIVE_INFINITY,
): Promise<Snapshot> {
  if (base === null) checkWhole(store, tablePath, listing)
  const newest = Math.max(base?.version ?? -1, listing.commits.at(-1)?.version ?? -1)
  if (version > newest && version !== Number.POSITIVE_INFINITY) {
    throw new LakehouseError(
      'version_not_available',
      `the table ${tablePath} has no version ${version}; its newest is ${newest}`,
      { evidence: { table: tablePath, version, newest } },
    )
  }
  const since = base?.version ?? -1
  const files = listing.commits.filter((file) => file.version >= since && file.version <= version)
  const commits = await readCommits(store, files)
  if (base !== null && commits[0]?.version === since) checkAgreement(base, commits[0], tablePath)
  const later = commits.filter((commit) => commit.version > since)
  return base !== null && later.length === 0 ? base : foldCommits(base, later, tablePath)
}

/** A table's log as far back as it can be read. */
export interface WholeLog {
  /** The state the commits follow on; null when they begin at version 0. */
  readonly base: Snapshot | null
  /** All commits after it, oldest first. */
  readonly commits: readonly Commit[]
  readonly listing: LogListing
}

/**
 * Reads every commit of a table, from version 0 on or, where older ones were cleaned up, from the oldest checkpoint.
 *
 * @param store where the table lies
 * @param tablePath its folder
 * @param checkpoints needed where the log begins with a checkpoint
 * @returns the commits and the state before them
 * @throws LakehouseError `not_found` without a table, `unsupported_feature` when the log starts with a checkpoint that
 *   cannot be read
 */
export async function readWholeLog(
  store: Store,
  tablePath: string,
  checkpoints?: Checkpoints,
): Promise<WholeLog> {
  const listing = await listLog(store, tablePath)
  const oldest = [...listing.classic.keys()].find(
    (version) => version >= (listing.commits[0]?.version ?? 0) - 1,
  )
  if (listing.commits[0]?.version === 0 || oldest === undefined || checkpoints === undefined) {
    checkWhole(store, tablePath, listing)
    return { base: null, commits: await readCommits(store, listing.commits), listing }
  }
  const base = await checkpoints.read(oldest, listing.classic.get(oldest)!)
  const later = listing.commits.filter((file) => file.version > oldest)
  return { base, commits: await readCommits(store, later), listing }
}

function checkWhole(store: Store, tablePath: string, { commits, checkpoints }: LogListing): void {
  if (checkpoints.length > 0 && commits[0]?.version !== 0) {
    throw needsCheckpoint(tablePath, checkpoints)
  }
  if (commits.length > 0) return
  throw new LakehouseError('not_found', `there is no table at ${tablePath} in ${store.uri}`, {
    evidence: { table: tablePath, file: store.uri },
  })
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
