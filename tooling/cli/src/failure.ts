import { CommanderError } from 'commander'
import { CommandError } from './command-error.ts'
import { EXIT, exitCodeFor, type ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'

/** A failure as it is printed, whatever was thrown. */
export interface Failure {
  exitCode: ExitCode
  code: string
  message: string
  unchanged?: string | undefined
  next?: string | undefined
}

/**
 * Reads what a command threw.
 *
 * @param error anything that was thrown
 * @returns exit code, code and sentences; an error without a code is an internal one, exit code 5
 */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CommandError) {
    const { exitCode, code, message, unchanged, next } = error
    return { exitCode, code, message, unchanged, next }
  }
  if (error instanceof CommanderError) {
    return {
      exitCode: error.exitCode === 0 ? EXIT.done : EXIT.usage,
      code: 'usage',
      message: error.message.replace(/^error: /, ''),
      unchanged: 'Nothing was touched.',
    }
  }
  if (!(error instanceof Error)) {
    return internal(String(error))
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (error.name === 'AbortError') {
    return {
      exitCode: EXIT.environment,
      code: 'aborted',
      message: 'the command was interrupted',
      unchanged: 'What was committed before stays; nothing was committed after the interrupt.',
      next: 'Run the same command again to finish.',
    }
  }
  if (code === undefined) return internal(`${error.name}: ${error.message}`)
  return { exitCode: exitCodeFor(code), code, message: error.message }
}

function internal(message: string): Failure {
  return {
    exitCode: EXIT.environment,
    code: 'internal',
    message: `internal error, ${message}`,
    next: 'This is a defect of the program: run again with FS_DEBUG=1 and report what it prints.',
  }
}

/**
 * Prints a failure: sentences on stderr, with `--json` also one object on stdout. Commander has already printed its own.
 *
 * @param error anything that was thrown
 * @param io the process
 * @returns the exit code to end with
 */
export function reportFailure(error: unknown, io: Io): ExitCode {
  const failure = describeFailure(error)
  if (failure.exitCode === EXIT.done) return EXIT.done
  if (!(error instanceof CommanderError)) {
    const lines = [`error: ${failure.message}`, failure.unchanged, failure.next]
    io.stderr.write(`${lines.filter((line) => line !== undefined).join('\n')}\n`)
  }
  if (io.env['FS_DEBUG'] && error instanceof Error) io.stderr.write(`${stackOf(error)}\n`)
  if (io.argv.includes('--json')) {
    const { exitCode, code, message, unchanged, next } = failure
    io.stdout.write(
      `${JSON.stringify({ error: { code, exit_code: exitCode, message, unchanged, next } }, undefined, 2)}\n`,
    )
  }
  return failure.exitCode
}

function stackOf(error: Error): string {
  const stack = error.stack ?? error.message
  return error.cause instanceof Error ? `${stack}\ncaused by: ${stackOf(error.cause)}` : stack
}
