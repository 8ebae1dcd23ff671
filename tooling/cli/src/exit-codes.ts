/** What a program's exit code says; the same in all three apps. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5

/** The exit codes by their meaning. */
export const EXIT: {
  readonly done: 0
  readonly saidNo: 1
  readonly usage: 2
  readonly integrity: 3
  readonly interruptedRun: 4
  readonly environment: 5
} = {
  /** The command did what it was asked to. */
  done: 0,
  /** A check or gate said no. */
  saidNo: 1,
  /** Wrong usage or configuration; nothing was touched. */
  usage: 2,
  /** Integrity violation: bad hash, chain or digest, damaged file. */
  integrity: 3,
  /** An interrupted run was found and is named. */
  interruptedRun: 4,
  /** Environment: unreachable scanner, unreadable input, contention, interrupt, internal error. */
  environment: 5,
}

// Codes are strings and not the packages' types on purpose: the frame knows no package. What is not listed is 5.
const EXIT_BY_CODE: Readonly<Record<string, ExitCode>> = {
  ...exits(
    EXIT.saidNo,
    'nothing_usable check_failed gate_refused promotion_refused validation_failed not_reproduced',
  ),
  ...exits(
    EXIT.usage,
    `usage invalid_config unsupported_option invalid_input invalid_argument schema_mismatch missing_file
     invalid_json not_candidates empty_list malformed_entry unknown_column unknown_market unauthorized
     unknown_formula formula_mismatch run_id_reused duplicate_symbol conditional_put_unsupported`,
  ),
  ...exits(
    EXIT.integrity,
    `corrupt_file corrupt_log digest_mismatch hash_mismatch prev_mismatch seq_gap fork bad_line bad_utf8
     bad_genesis bad_segment bad_signature checkpoint_mismatch tail_missing time_backwards`,
  ),
  ...exits(EXIT.interruptedRun, 'interrupted_run'),
}

function exits(exit: ExitCode, codes: string): Record<string, ExitCode> {
  return Object.fromEntries(
    codes
      .trim()
      .split(/\s+/)
      .map((code) => [code, exit]),
  )
}

/**
 * Says which exit code an error's `code` stands for.
 *
 * @param code from a package's error class, or a system error such as `ENOENT`
 * @returns the exit code; 5 for what the table does not list
 */
export function exitCodeFor(code: string): ExitCode {
  return Object.hasOwn(EXIT_BY_CODE, code)
    ? (EXIT_BY_CODE[code] ?? EXIT.environment)
    : EXIT.environment
}
