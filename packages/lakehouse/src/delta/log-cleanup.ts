import type { StoreEntry } from '../store.ts'
import { checkpointPart, checkpointVersion, commitVersion } from './layout.ts'
import type { CommitSummary } from './snapshot.ts'

/** What of a log may go. */
export interface LogCleanup {
  /** The checkpoint that takes the place of what is removed; null when nothing is. */
  readonly checkpoint: number | null
  /** Files of versions before it, with paths inside the table. */
  readonly files: readonly StoreEntry[]
}

/**
 * Decides which files of a log a checkpoint has made superfluous. Pure.
 *
 * @param files the files in the table's folder, with paths inside the table
 * @param commits the history, oldest first
 * @param keepFrom the oldest version that must stay readable
 * @param beforeMs a version committed later than this stays readable, milliseconds since 1970 UTC
 * @returns the files below the newest checkpoint that is old enough; that checkpoint and its own commit stay
 */
export function planLogCleanup(
  files: readonly StoreEntry[],
  commits: readonly CommitSummary[],
  keepFrom: number,
  beforeMs: number,
): LogCleanup {
  const log = files.filter((file) => file.path.startsWith('_delta_log/'))
  const whole = new Set(
    log
      .filter((file) => checkpointPart(file.path)?.parts === 1)
      .map((file) => checkpointVersion(file.path)),
  )
  const checkpoint =
    commits.findLast(
      ({ version, timestampMs }) =>
        version <= keepFrom && timestampMs < beforeMs && whole.has(version),
    )?.version ?? null
  if (checkpoint === null) return { checkpoint, files: [] }
  const superfluous = log.filter(({ path }) => {
    const version = commitVersion(path) ?? checkpointVersion(path)
    return version !== null && version < checkpoint
  })
  return { checkpoint: superfluous.length === 0 ? null : checkpoint, files: superfluous }
}
