import { CommandError } from './command-error.ts'

/** What a command has to say when the store or the disk fails it. */
export interface StorageFailureText {
  /** What was left as it was when nothing was committed, a full sentence. */
  unchanged: string
  /** The same where it cannot be told whether the commit arrived; `unchanged` unless given. */
  uncertain?: string
  /** What was interrupted, for the message: `the import`. */
  work: string
  /** What to do next where the command knows better than the frame, by the failure's code. */
  next?: Readonly<Record<string, string>>
}

// Codes are strings and not the packages' types, as with the exit codes: the frame knows no package.
const NEXT: Readonly<Record<string, string>> = {
  aborted: 'Run the same command again to finish.',
  corrupt_file: 'Restore the file that is named from a copy of the lakehouse.',
  corrupt_log: 'Restore the file that is named from a copy of the lakehouse.',
  commit_contention: 'Run the same command again when fewer runs write at once.',
  no_space: 'Free some space, then run the same command again.',
  read_only: 'Allow writing there, then run the same command again.',
  io_error: 'Run the same command again: it finds out what was committed and completes the rest.',
  fsync_failed: 'Check the disk, then run the same command again.',
}

const CODE_OF_SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: 'no_space',
  EDQUOT: 'no_space',
  EACCES: 'read_only',
  EPERM: 'read_only',
  EROFS: 'read_only',
  EIO: 'io_error',
}

/**
 * Says of a failure of the store or the disk what a command left as it was and what to do next.
 *
 * @param error anything that was thrown
 * @param text what the command has to say of it
 * @returns a `CommandError` with the code of the failure; one already, or no failure of a store: unchanged
 */
export function explainStorageFailure(error: unknown, text: StorageFailureText): unknown {
  if (error instanceof CommandError || !(error instanceof Error)) return error
  const code = storageCode(error)
  if (code === undefined) return error
  const next = text.next?.[code] ?? NEXT[code]
  return new CommandError(
    code,
    code === 'aborted' ? `${text.work} was interrupted` : error.message,
    {
      cause: error,
      unchanged: mayHaveCommitted(error) ? (text.uncertain ?? text.unchanged) : text.unchanged,
      ...(next === undefined ? {} : { next }),
    },
  )
}

/**
 * Tells whether a commit may have arrived although this error came back from it.
 *
 * @param error anything that was thrown
 * @returns false where the failure is of a kind that comes before the commit
 */
export function mayHaveCommitted(error: unknown): boolean {
  if (!(error instanceof Error)) return true
  const code = storageCode(error)
  return code === undefined || code === 'io_error' || code === 'fsync_failed'
}

function storageCode(error: Error): string | undefined {
  if (error.name === 'AbortError') return 'aborted'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return code === undefined ? undefined : (CODE_OF_SYSTEM[code] ?? code)
}
