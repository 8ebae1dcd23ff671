import { Command } from 'commander'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { reportFailure } from './failure.ts'
import type { Io } from './io.ts'
import { createOutput, type Output, type OutputOptions } from './output.ts'
import { checkProfile, resolveSettings, type SettingFlags, type Settings } from './settings.ts'

/** The options that every command has. */
export interface CommonOptions extends OutputOptions, SettingFlags {
  runId?: string | undefined
  profile?: string | undefined
}

/**
 * Makes a program that writes through the given process and throws instead of ending it.
 *
 * @param about name of the binary, one sentence, version
 * @param io the process
 * @returns the program; its commands inherit the behaviour
 */
export function createProgram(
  about: { name: string; description: string; version?: string },
  io: Pick<Io, 'stdout' | 'stderr'>,
): Command {
  const program = new Command(about.name)
    .description(about.description)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(--help shows the options and an example that works)')
  return about.version === undefined ? program : program.version(about.version)
}

/**
 * Adds the options that every command has, and an example at the end of its help.
 *
 * @param command a command of a program made by `createProgram`
 * @param example a command line that works, without the prompt
 * @returns the same command
 */
export function withCommonOptions(command: Command, example: string): Command {
  return command
    .option(
      '--lakehouse <uri>',
      'path, file:// or s3:// (default: FS_LAKEHOUSE, else data/lakehouse)',
    )
    .option('--runs <dir>', 'folder of all runs (default: FS_RUNS, else data/runs)')
    .option('--run-id <id>', 'letters, digits, _ and - (default: a new id that sorts by time)')
    .option('--profile <name>', 'named pipeline configuration of fs.config.json')
    .option('--json', 'one JSON object on stdout, nothing else')
    .option('--quiet', 'no talk and no progress, warnings remain')
    .option('--no-color', 'no colours')
    .addHelpText('after', `\nExample:\n  ${example}\n`)
}

/**
 * Opens what every command begins with: its settings and its output.
 *
 * @param options the common options as parsed
 * @param io the process
 * @returns settings and output
 * @throws CommandError `invalid_config` when a setting cannot be used, `invalid_input` when `--profile` names none of the
 *   configured profiles
 */
export async function openCommand(
  options: CommonOptions,
  io: Io,
): Promise<{ settings: Settings; output: Output }> {
  const settings = await resolveSettings(options, io)
  if (options.profile !== undefined) checkProfile(options.profile, settings)
  return { settings, output: createOutput(io, options) }
}

/**
 * Runs a program to its end and prints what made it fail. An action says its verdict through `setExitCode`.
 *
 * @param build makes the program; what it sets is the exit code of a command that did not fail
 * @param io the process
 * @returns the exit code to end with
 */
export async function runProgram(
  build: (setExitCode: (code: ExitCode) => void) => Command,
  io: Io,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done
  const program = build((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...io.argv], { from: 'user' })
    return exitCode
  } catch (error) {
    return reportFailure(error, io)
  }
}
