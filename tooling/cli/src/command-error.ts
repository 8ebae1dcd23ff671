import { exitCodeFor, type ExitCode } from './exit-codes.ts'

/** The parts of a failure that a user needs beside what went wrong. */
export interface CommandErrorOptions {
  /** What was left as it was, a full sentence. */
  unchanged?: string
  /** What to do now, a full sentence. */
  next?: string
  /** Overrides the exit code that `code` stands for. */
  exitCode?: ExitCode
  cause?: unknown
}

/** A failure that ends a command: what failed and on what, what was left unchanged, what to do next. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  readonly exitCode: ExitCode
  readonly unchanged: string | undefined
  readonly next: string | undefined

  constructor(code: string, message: string, options: CommandErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.exitCode = options.exitCode ?? exitCodeFor(code)
    this.unchanged = options.unchanged
    this.next = options.next
  }
}

/**
 * Runs a check of what the user gave and turns its `RangeError` into a usage failure.
 *
 * @param check returns the checked value, or throws a `RangeError` that names it
 * @param next what to do about it, a full sentence
 * @returns what the check returned
 * @throws CommandError `invalid_input`, exit code 2
 */
export function checkInput<T>(check: () => T, next?: string): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CommandError('invalid_input', error.message, {
      cause: error,
      unchanged: 'Nothing was touched.',
      ...(next === undefined ? {} : { next }),
    })
  }
}
