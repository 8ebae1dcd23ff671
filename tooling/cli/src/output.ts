import { styleText } from 'node:util'
import type { Io } from './io.ts'
import { createProgress, silentProgress, type Progress } from './progress.ts'

/** Where a command puts what it has to say: data on stdout, talk on stderr. */
export interface Output {
  /** Prints the result: with `--json` the object, else the text. Once per command. */
  result(value: object, text: () => string): void
  /** Says something useful to a person; silent with `--quiet`. */
  note(text: string): void
  /** Says something a person must not miss. */
  warn(text: string): void
  /** Shows the progress of a piece of work; silent with `--quiet`. */
  progress(work: { step: string; total?: number; unit: string }): Progress
  /** Colours text for stdout where colours are wanted and can be seen. */
  paint(style: 'bold' | 'red' | 'yellow' | 'green' | 'dim', text: string): string
}

/** The common options that decide about output. */
export interface OutputOptions {
  json?: boolean | undefined
  quiet?: boolean | undefined
  /** False with `--no-color`. */
  color?: boolean | undefined
}

/**
 * Opens the output of a command.
 *
 * @param io the process; `NO_COLOR` counts as `--no-color`
 * @param options the common options
 * @returns the output
 */
export function createOutput(
  io: Pick<Io, 'stdout' | 'stderr' | 'env' | 'now'>,
  options: OutputOptions,
): Output {
  const wantsColour = options.color !== false && !io.env['NO_COLOR']
  const paintOn = (stream: Io['stdout'], style: Parameters<Output['paint']>[0], text: string) =>
    wantsColour && stream.isTTY === true ? styleText(style, text, { validateStream: false }) : text
  return {
    result(value, text) {
      io.stdout.write(options.json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text()}\n`)
    },
    note(text) {
      if (!options.quiet) io.stderr.write(`${text}\n`)
    },
    warn(text) {
      io.stderr.write(`${paintOn(io.stderr, 'yellow', 'warning:')} ${text}\n`)
    },
    progress(work) {
      return options.quiet ? silentProgress : createProgress(io, work)
    },
    paint(style, text) {
      return options.json ? text : paintOn(io.stdout, style, text)
    },
  }
}
