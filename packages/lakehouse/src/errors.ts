/**
 * What went wrong, for callers to switch on.
 *
 * - `not_found`: no file, table or column of that name
 * - `corrupt_file`: a data file is damaged or shorter than its log says
 * - `corrupt_log`: a commit cannot be read, or a version is missing between two others
 * - `commit_contention`: other writers won every attempt; nothing was committed
 * - `unsupported_feature`: the table needs a Delta feature this package does not have
 * - `unsupported_option`: a URI or setting that is not available
 * - `schema_mismatch`: rows do not fit the table's columns
 * - `ambiguous_rows`: two rows have the same clocks, and the caller wants no choice made for it
 * - `invalid_input`: an argument that can never work
 * - `read_only`: the place may not be written
 * - `no_space`: the disk or the quota is full
 * - `io_error`: any other failure of the store; the outcome of a write is then unknown
 * - `fsync_failed`: the disk would not confirm a write; retrying cannot help
 * - `aborted`: the caller's signal ended the work
 * - `version_not_available`: the version was never made, or can no longer be read
 * - `conditional_put_unsupported`: the store cannot take a name atomically
 */
export type LakehouseErrorCode =
  | 'not_found'
  | 'corrupt_file'
  | 'corrupt_log'
  | 'commit_contention'
  | 'unsupported_feature'
  | 'unsupported_option'
  | 'schema_mismatch'
  | 'ambiguous_rows'
  | 'invalid_input'
  | 'read_only'
  | 'no_space'
  | 'io_error'
  | 'fsync_failed'
  | 'aborted'
  | 'version_not_available'
  | 'conditional_put_unsupported'

/** The facts behind an error, as data: where it happened and what was found there. */
export interface LakehouseEvidence {
  /** Path inside the store, or the store's URI. */
  readonly file?: string
  readonly table?: string
  readonly version?: number
  /** Line of a commit, counted from 1. */
  readonly line?: number
  readonly symbols?: readonly string[]
  /** Name of the Delta feature that is missing. */
  readonly feature?: string
  readonly [fact: string]: unknown
}

/** The one error of this package: a message for people, a `code` and `evidence` for programs. */
export class LakehouseError extends Error {
  readonly code: LakehouseErrorCode
  readonly evidence: LakehouseEvidence

  /**
   * @param code what went wrong
   * @param message what failed, on what, what stayed unchanged, what to do next
   * @param details the error behind this one, and the facts
   */
  constructor(
    code: LakehouseErrorCode,
    message: string,
    details: { readonly cause?: unknown; readonly evidence?: LakehouseEvidence } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'LakehouseError'
    this.code = code
    this.evidence = details.evidence ?? {}
  }
}

/**
 * Tells whether an error is a `LakehouseError` with one of these codes.
 *
 * @param error anything that was thrown
 * @param codes the codes to look for; none means any
 * @returns true when it is one
 */
export function isLakehouseError(
  error: unknown,
  ...codes: readonly LakehouseErrorCode[]
): error is LakehouseError {
  return error instanceof LakehouseError && (codes.length === 0 || codes.includes(error.code))
}
