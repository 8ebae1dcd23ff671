import { CommandError } from '@fs/cli'
import { LakehouseError, type LakehouseErrorCode } from '@fs/lakehouse'

/** How far a backfill had come when the store failed it. */
export type Stage =
  | { readonly kind: 'uncommitted' }
  | {
      readonly kind: 'committed'
      readonly table: string
      readonly version: number
      readonly output: string
    }

const NEXT: Partial<Record<LakehouseErrorCode, string>> = {
  aborted: 'Run the same command again to finish.',
  corrupt_file:
    'Import the bars of the damaged file again, or restore the file; a damaged matrix may be moved away, the next run makes a new one.',
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
  const next = NEXT[code]
  return new CommandError(code, message, {
    cause,
    unchanged: leftBy(code, stage),
    ...(next !== undefined && { next }),
  })
}

function leftBy(code: LakehouseErrorCode, stage: Stage): string {
  if (stage.kind === 'committed') {
    return `The table ${stage.table} is complete (version ${stage.version}); the matrix ${stage.output} stayed whole, and the next run brings it up to date.`
  }
  return code === 'io_error' || code === 'fsync_failed'
    ? 'The table holds all of this run or nothing of it; the matrix is as it was.'
    : 'Table and matrix are as they were.'
}
