import { parseArgs, type ParseArgsConfig } from 'node:util'
import { LedgerError } from '../errors.ts'
import { checkpointCommand } from './checkpoint-command.ts'
import type { Command, CommandValues, ExitCode } from './command.ts'
import { exportCommand } from './export-command.ts'
import type { LedgerIo } from './io.ts'
import { createPaint } from './output.ts'
import { showCommand } from './show-command.ts'
import { stateCommand } from './state-command.ts'
import { verifyCommand } from './verify-command.ts'

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['verify', verifyCommand],
  ['show', showCommand],
  ['state', stateCommand],
  ['checkpoint', checkpointCommand],
  ['export', exportCommand],
])

const COMMON = {
  lakehouse: { type: 'string' },
  ledger: { type: 'string' },
  runs: { type: 'string' },
  store: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options']

const COMMON_HELP = `  --lakehouse URI   the ledger of this lakehouse (FS_LAKEHOUSE; data/lakehouse)
  --ledger DIR      the audit folder itself
  --runs DIR        where runs/… artefacts lie (FS_RUNS; data/runs)
  --store MODULE    opens other places: its openStore(uri) makes the store (FS_LEDGER_STORE)
  --json            one JSON object on stdout
  --quiet, --no-color, --help`

/**
 * Runs `fs-ledger`.
 *
 * @param io the process
 * @returns the exit code
 */
export async function runLedgerProgram(io: LedgerIo): Promise<ExitCode> {
  const [name = '', ...args] = io.argv
  try {
    const command = COMMANDS.get(name)
    if (command === undefined) {
      if (name === '--help' || name === '-h') {
        await io.write(formatHelp())
        return 0
      }
      const what = name === '' ? 'a command is missing' : `there is no command ${name}`
      throw new LedgerError('invalid_input', `${what}. Nothing was done: see fs-ledger --help.`)
    }
    return await runCommand(io, name, command, args)
  } catch (error) {
    return reportFailure(io, error)
  }
}

async function runCommand(
  io: LedgerIo,
  name: string,
  command: Command,
  args: readonly string[],
): Promise<ExitCode> {
  const { values, positionals } = parse(name, command, args)
  if (values['help']) {
    await io.write(
      `fs-ledger ${name} ${command.usage}\n\n${command.summary}\n\n${COMMON_HELP}\n\nExample: ${command.example}\n`,
    )
    return 0
  }
  const options = values as CommandValues
  return command.run({
    io,
    values: options,
    positionals,
    isJson: options.json ?? false,
    paint: createPaint(io, values['no-color'] === true || options.json === true),
    integer(option) {
      const text = options[option]
      if (text === undefined) return undefined
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
        throw new LedgerError('invalid_input', `--${option} must be an entry's number, was ${text}`)
      }
      return Number(text)
    },
    time(option) {
      const text = options[option]
      if (text === undefined) return undefined
      const milliseconds = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
      if (Number.isNaN(milliseconds)) {
        throw new LedgerError(
          'invalid_input',
          `--${option} must be a time like 2026-01-31 or 2026-01-31T09:30:00Z, was ${text}`,
        )
      }
      return new Date(milliseconds).toISOString()
    },
    async store(store) {
      if ((await store.list('ledger')).length > 0) return
      const place =
        options.ledger ?? options.lakehouse ?? io.env['FS_LAKEHOUSE'] ?? 'data/lakehouse'
      throw new LedgerError(
        'no_ledger',
        `there is no ledger in ${place}. Nothing was done: the first step that writes to the lakehouse makes one.`,
      )
    },
  })
}

function parse(
  name: string,
  command: Command,
  args: readonly string[],
): { values: Record<string, unknown>; positionals: readonly string[] } {
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...COMMON, ...command.options },
      allowPositionals: true,
      strict: true,
    })
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new LedgerError('invalid_input', `${detail} (fs-ledger ${name} --help)`, { cause })
  }
  const most = name === 'show' ? 1 : 0
  if (parsed.positionals.length > most) {
    throw new LedgerError(
      'invalid_input',
      `fs-ledger ${name} does not take ${parsed.positionals.at(most)}. Nothing was done.`,
    )
  }
  return parsed
}

function formatHelp(): string {
  const commands = [...COMMANDS].map(
    ([name, { usage, summary }]) => `  ${name} ${usage}\n      ${summary}`,
  )
  return `fs-ledger COMMAND\n\n${commands.join('\n')}\n\n${COMMON_HELP}\n\nExample: ${verifyCommand.example}\n`
}

/** Says on stderr what failed, with `--json` also as one object on stdout. */
async function reportFailure(io: LedgerIo, error: unknown): Promise<ExitCode> {
  const message = error instanceof Error ? error.message : String(error)
  const isOurs = error instanceof LedgerError
  const code = isOurs ? error.code : systemCodeOf(error)
  const exit = isOurs ? error.exit : 5
  io.say(`error: ${code === undefined ? `internal error, ${message}` : message}`)
  if (io.env['FS_DEBUG'] && error instanceof Error && error.stack) io.say(error.stack)
  // An export is a stream of lines: what was printed before the failure is not to be mixed with anything.
  if (io.argv.includes('--json') && io.argv[0] !== 'export') {
    const finding = isOurs ? error.finding : undefined
    const failure = { error: { code: code ?? 'internal', exit_code: exit, message, finding } }
    await io.write(`${JSON.stringify(failure, undefined, 2)}\n`)
  }
  return exit
}

function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
