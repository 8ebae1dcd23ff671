import { isLakehouseError, LakehouseError } from '../errors.ts'
import type { Store } from '../store.ts'
import type { Commit } from './actions.ts'
import type { Checkpoints } from './checkpoint.ts'
import { isJsonObject } from './json-object.ts'
import { decodePath, lastCheckpointPath } from './layout.ts'
import type { LogListing } from './log.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Reads the hint at the newest checkpoint. It is no more than that: whatever is wrong with it, the log is listed.
 *
 * @returns a version, or undefined
 */
export async function lastCheckpointHint(
  store: Store,
  tablePath: string,
): Promise<number | undefined> {
  try {
    const text = new TextDecoder().decode(await store.get(lastCheckpointPath(tablePath)))
    const hint: unknown = JSON.parse(text)
    const version = isJsonObject(hint) ? hint['version'] : undefined
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0
      ? version
      : undefined
  } catch (error) {
    if (error instanceof SyntaxError || isLakehouseError(error, 'not_found')) return undefined
    throw error
  }
}

/**
 * Reads the newest checkpoint of a listing that can be read.
 *
 * @param version the newest that may be used; the newest of all unless given
 * @returns the state it holds; null when none can be read, with the failure of the newest
 */
export async function newestCheckpoint(
  listing: LogListing,
  checkpoints: Checkpoints | undefined,
  version: number = Number.POSITIVE_INFINITY,
): Promise<{ base: Snapshot | null; failure: unknown }> {
  let failure: unknown = null
  if (checkpoints === undefined) return { base: null, failure }
  const usable = [...listing.classic].filter(([at]) => at <= version)
  for (const [at, files] of usable.toReversed()) {
    // A checkpoint that the commits do not reach back to cannot be continued.
    const next = listing.commits.find((file) => file.version > at)
    if (next !== undefined && next.version !== at + 1) continue
    try {
      return { base: await checkpoints.read(at, files), failure }
    } catch (error) {
      // An older one, or every commit, gives the same state; when neither is there, this is what is reported.
      if (!isLakehouseError(error, 'corrupt_file', 'corrupt_log', 'not_found')) throw error
      failure ??= error
    }
  }
  return { base: null, failure }
}

/**
 * Compares a checkpoint with the commit of its version, where that is still there.
 *
 * @throws LakehouseError `corrupt_log` when they are of different tables or histories
 */
export function checkAgreement(base: Snapshot, commit: Commit, table: string): void {
  const problem = disagreement(base, commit)
  if (problem === null) return
  throw new LakehouseError(
    'corrupt_log',
    `the checkpoint of version ${base.version} of ${table} disagrees with the commit of that version: ${problem}. Nothing was changed: remove the checkpoint if every commit before it is there`,
    { evidence: { table, version: base.version } },
  )
}

function disagreement(base: Snapshot, { actions }: Commit): string | null {
  const last = new Map<string, boolean>()
  for (const action of actions) {
    if ('metaData' in action && action.metaData.id !== base.metaData.id) {
      return `it is of table ${base.metaData.id}, not ${action.metaData.id}`
    }
    if ('txn' in action && !base.transactions.has(action.txn.appId)) {
      return `it lacks the mark of run ${action.txn.appId}`
    }
    if ('add' in action) last.set(decodePath(action.add.path), true)
    if ('remove' in action) last.set(decodePath(action.remove.path), false)
  }
  if (last.size === 0) return null
  const live = new Set(base.files.map((file) => decodePath(file.path)))
  for (const [path, isLive] of last) {
    if (live.has(path) !== isLive) return `${path} is ${isLive ? 'missing' : 'still there'}`
  }
  return null
}
