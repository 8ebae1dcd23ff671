/**
 * What verification finds, for callers to switch on.
 *
 * - `bad_line`: no entry: not the frame of one, no JSON, or a record with missing, foreign or malformed keys
 * - `bad_utf8`: the record is no valid UTF-8
 * - `not_canonical`: the record is JSON, but not written the one canonical way
 * - `hash_mismatch`: the record is not what was hashed
 * - `prev_mismatch`: the entry is chained on something else than the entry before it
 * - `seq_gap`: an entry is missing, or stands in the wrong place
 * - `fork`: two different entries carry one number
 * - `time_backwards`: an entry is older than the one before it
 * - `record_too_large`: the record has more than 65,535 bytes
 * - `bad_genesis`: the first entry is no genesis, or a later one is
 * - `bad_segment`: a file whose name is none or contradicts its lines, or that does not end with a line feed
 * - `checkpoint_mismatch`: a checkpoint names another entry than the ledger holds
 * - `tail_missing`: a checkpoint is larger than the ledger
 * - `bad_signature`: a checkpoint is not signed by whom it should be
 * - `digest_mismatch`: an artefact is not the one that was recorded
 */
export type FindingCode =
  | 'bad_line'
  | 'bad_utf8'
  | 'not_canonical'
  | 'hash_mismatch'
  | 'prev_mismatch'
  | 'seq_gap'
  | 'fork'
  | 'time_backwards'
  | 'record_too_large'
  | 'bad_genesis'
  | 'bad_segment'
  | 'checkpoint_mismatch'
  | 'tail_missing'
  | 'bad_signature'
  | 'digest_mismatch'

/**
 * What went wrong: a finding that stops the work, or
 *
 * - `invalid_record`: an entry that may not be appended
 * - `invalid_input`: another argument or setting that can never work
 * - `origin_mismatch`: the ledger, the key or the options name different origins
 * - `bad_key`: text that is no signing or verifier key, or a key file that others may read
 * - `bad_note`: text that is no checkpoint
 * - `contention`: other writers won every attempt; nothing was written
 * - `no_ledger`: there is no ledger in that place
 * - `not_found`: no entry of that number or hash
 * - `store_failed`: the store failed; the message says what is known of the outcome
 */
export type LedgerErrorCode =
  | FindingCode
  | 'invalid_record'
  | 'invalid_input'
  | 'origin_mismatch'
  | 'bad_key'
  | 'bad_note'
  | 'contention'
  | 'no_ledger'
  | 'not_found'
  | 'store_failed'

/** Where verification found what. */
export interface Finding {
  readonly code: FindingCode
  /** Number of the entry, by its place. */
  readonly seq: number
  /** Name of the file, relative to the audit folder; null where there is none. */
  readonly segment: string | null
  /** Line in that file, from 1. */
  readonly line: number | null
  /** Byte in that file at which the line begins, from 0. */
  readonly offset: number | null
  /** Name of the checkpoint or URI of the artefact that contradicts the ledger. */
  readonly subject?: string
}

/** The exit code of a command that ends with this error. */
export type LedgerExit = 1 | 2 | 3 | 5

const EXITS: Partial<Record<LedgerErrorCode, LedgerExit>> = {
  invalid_record: 2,
  invalid_input: 2,
  origin_mismatch: 2,
  bad_key: 2,
  contention: 5,
  no_ledger: 5,
  not_found: 1,
  store_failed: 5,
}

/** The one error of this package: a message for people, a `code`, an exit code and the finding for programs. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode
  /** 1 not found, 2 wrong input, 3 integrity, 5 environment. */
  readonly exit: LedgerExit
  readonly finding: Finding | undefined

  /**
   * @param code what went wrong
   * @param message what failed, on what, what stayed unchanged, what to do next
   * @param details the error behind this one, the finding, and an exit code other than the usual one of the code
   */
  constructor(
    code: LedgerErrorCode,
    message: string,
    details: {
      readonly cause?: unknown
      readonly finding?: Finding
      readonly exit?: LedgerExit
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'LedgerError'
    this.code = code
    this.exit = details.exit ?? EXITS[code] ?? 3
    this.finding = details.finding
  }
}
