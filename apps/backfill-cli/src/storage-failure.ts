import { CommandError } from '@fs/cli'
import { LakehouseError, type LakehouseErrorCode } from '@fs/lakehouse'
import { basename } from 'node:path'

/** How far a backfill had come when the store failed it. */
export interface Stage {
  /** Path of the matrix. */
  readonly output: string
  /** The table's name and the version that holds the run's rows; null before its commit. */
  readonly committed: { readonly table: string; readonly version: number } | null
}

const NEXT: Partial<Record<LakehouseErrorCode, string>> = {
  aborted: 'Run the same command again to finish.',
  corrupt_file: 'Restore the file that is named from a copy of the lakehouse.',
  corrupt_log: 'Restore the file that is named from a copy of the lakehouse.',
  commit_contention: 'Run the same command again when fewer runs write at once.',
  no_space: 'Free some space, then run the same command again.',
  read_only: 'Allow writing there, then run the same command again.',
  io_error: 'Run the same command again: it finds out what was committed and completes the rest.',
  fsync_failed: 'Check the disk, then run the same command again.',
}

/**
 * Says of a failure of the store what a backfill left as it was and what to do next.
 *
 * @param error anything that was thrown
 * @param stage how far the backfill had come
 * @returns a `CommandError` with the code of the failure; what is no failure of the store, unchanged
 */
export function explainFailure(error: unknown, stage: Stage): unknown {
  if (error instanceof LakehouseError) return failure(error.code, error.message, error, stage)
  const isInterrupt = error instanceof Error && error.name === 'AbortError'
  return isInterrupt ? failure('aborted', 'the backfill was interrupted', error, stage) : error
}

function failure(
  code: LakehouseErrorCode,
  message: string,
  cause: unknown,
  stage: Stage,
): CommandError {
  const file = cause instanceof LakehouseError ? cause.evidence.file : undefined
  const isMatrix = code === 'corrupt_file' && file === basename(stage.output)
  const next = isMatrix
    ? `Move ${stage.output} away: the next run makes a new one from the table.`
    : NEXT[code]
  return new CommandError(code, message, {
    cause,
    unchanged: leftBy(code, stage),
    ...(next !== undefined && { next }),
  })
}

function leftBy(code: LakehouseErrorCode, { committed, output }: Stage): string {
  if (committed !== null) {
    return `The table ${committed.table} is complete (version ${committed.version}); the matrix ${output} stayed whole, and the next run brings it up to date.`
  }
  return code === 'io_error' || code === 'fsync_failed'
    ? 'The table holds all of this run or nothing of it; the matrix is as it was.'
    : 'Table and matrix are as they were.'
}
