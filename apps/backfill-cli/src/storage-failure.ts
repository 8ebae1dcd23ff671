import { CommandError } from '@fs/cli'
import { LakehouseError, type LakehouseErrorCode } from '@fs/lakehouse'
import { basename } from 'node:path'
import { BARS } from './backfill-plan.ts'

/** How far a backfill had come when the store failed it. */
export interface Stage {
  /** Path of the matrix. */
  readonly output: string
  /** Name of the feature table. */
  readonly table: string
  /** Version of the table that holds the run's rows; null before its commit. */
  readonly committed: number | null
}

const NEXT: Partial<Record<LakehouseErrorCode, string>> = {
  aborted: 'Run the same command again to finish.',
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
  const next = nextStep(code, cause, stage)
  return new CommandError(code, message, {
    cause,
    unchanged: leftBy(code, stage),
    ...(next !== undefined && { next }),
  })
}

function nextStep(code: LakehouseErrorCode, cause: unknown, stage: Stage): string | undefined {
  const file = cause instanceof LakehouseError ? (cause.evidence.file ?? '') : ''
  if (code === 'schema_mismatch' && file === stage.output) {
    return 'Name another matrix with --output FILE, or the table it belongs to with --table.'
  }
  return code === 'corrupt_file' || code === 'corrupt_log' ? afterDamage(file, stage) : NEXT[code]
}

function afterDamage(file: string, { output, table }: Stage): string {
  if (file === basename(output)) {
    return `Move ${output} away: the next run makes a new one from the table.`
  }
  if (file.startsWith(`${table}/`)) {
    return `Put the file back from a copy of the lakehouse. Without one, remove the folder ${table} there and run fs-backfill run --all: computed values come back from the bars, the vendor's only from candidates that hold them.`
  }
  if (file.startsWith(`${BARS}/`)) {
    return `Put the file back from a copy of the lakehouse. Without one, remove the folder ${BARS} there and import the bars again (fs-ingest bars --from PATH).`
  }
  return 'Put the file that is named back from a copy of the lakehouse.'
}

function leftBy(code: LakehouseErrorCode, { committed, output, table }: Stage): string {
  const isOpen = code === 'io_error' || code === 'fsync_failed'
  if (committed !== null) {
    const matrix = isOpen
      ? 'may show the run already or not yet; a later run brings it up to date'
      : 'was not replaced; a later run brings it up to date'
    return `The table ${table} is complete (version ${committed}); the matrix ${output} ${matrix}.`
  }
  return isOpen
    ? 'The table holds all of this run or nothing of it; the matrix is as it was.'
    : 'Table and matrix are as they were.'
}
