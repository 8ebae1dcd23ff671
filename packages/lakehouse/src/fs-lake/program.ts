import { resolve } from 'node:path'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { isLakehouseError, type LakehouseErrorCode } from '../errors.ts'
import { openLakehouse } from '../lakehouse.ts'
import { COMPACT, VACUUM } from './care.ts'
import { CHECK } from './check.ts'
import { type Command, type Flags, type Io, usageError } from './command.ts'
import { EXPLAIN } from './explain.ts'
import { DIFF, VERSIONS } from './history.ts'
import { JOIN } from './join.ts'
import { LATEST, SNAPSHOT } from './universe.ts'

const COMMANDS: Readonly<Record<string, Command>> = {
  join: JOIN,
  latest: LATEST,
  snapshot: SNAPSHOT,
  versions: VERSIONS,
  diff: DIFF,
  explain: EXPLAIN,
  check: CHECK,
  vacuum: VACUUM,
  compact: COMPACT,
}

const COMMON = {
  lakehouse: { type: 'string' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig

const COMMON_USAGE = `Common options: --lakehouse URI (default data/lakehouse, or FS_LAKEHOUSE), --workers N, --json, --quiet
Exit codes: 0 done, 1 a check said no, 2 wrong usage, 3 damaged data, 5 environment`

// What is not listed is the environment's fault.
const EXIT_CODES: Partial<Record<LakehouseErrorCode, number>> = {
  ambiguous_rows: 1,
  not_found: 2,
  invalid_input: 2,
  schema_mismatch: 2,
  unsupported_option: 2,
  version_not_available: 2,
  corrupt_file: 3,
  corrupt_log: 3,
}

/**
 * Runs `fs-lake`.
 *
 * @param argv arguments behind the program's name
 * @param io the process
 * @returns the exit code
 */
export async function runFsLake(argv: readonly string[], io: Io): Promise<number> {
  const [name = '', ...rest] = argv
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (name === '' || name === '--help' || name === '-h' || name === 'help') {
    io.stdout(overview())
    return name === '' ? 2 : 0
  }
  try {
    if (command === undefined) {
      throw usageError(
        `there is no command '${name}'; there are ${Object.keys(COMMANDS).join(', ')}`,
      )
    }
    return await runCommand(name, command, rest, io)
  } catch (error) {
    return reportFailure(error, argv, io)
  }
}

async function runCommand(
  name: string,
  command: Command,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  const { values, positionals } = parse(command, argv)
  if (values['help'] === true) {
    io.stdout(
      `fs-lake ${name} ${command.usage}\n\n${command.summary}\n\n${COMMON_USAGE}\n\nExample: ${command.example}\n`,
    )
    return 0
  }
  const takesMore = command.usage.includes('[TABLE…]')
  if (
    positionals.length < command.operands.length ||
    (!takesMore && positionals.length > command.operands.length)
  ) {
    throw usageError(
      `fs-lake ${name} takes ${command.operands.join(' ') || 'no operands'}, was '${positionals.join(' ')}'`,
    )
  }
  const workers = typeof values['workers'] === 'string' ? Number(values['workers']) : undefined
  if (workers !== undefined && !(Number.isInteger(workers) && workers > 0)) {
    throw usageError(`--workers must be a whole number from 1, was '${String(values['workers'])}'`)
  }
  const given = values['lakehouse'] ?? io.env['FS_LAKEHOUSE'] ?? 'data/lakehouse'
  const uri = String(given)
  await using lake = openLakehouse(
    /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) ? uri : resolve(io.cwd, uri),
    {
      now: io.now,
      ...(workers !== undefined && { workers }),
    },
  )
  const quiet = values['quiet'] === true
  const {
    value,
    text,
    exitCode = 0,
  } = await command.run({
    lake,
    io: quiet ? { ...io, stderr: () => undefined } : io,
    flags: values,
    operands: positionals,
  })
  io.stdout(`${values['json'] === true ? JSON.stringify(value, undefined, 2) : text()}\n`)
  return exitCode
}

function parse(
  command: Command,
  argv: readonly string[],
): { values: Flags; positionals: readonly string[] } {
  try {
    const options: ParseArgsOptionsConfig = { ...COMMON, ...command.options }
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    return { values: values as Flags, positionals }
  } catch (error) {
    // parseArgs explains itself; all that is left is to say whose fault it is.
    throw usageError(error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
  }
}

function reportFailure(error: unknown, argv: readonly string[], io: Io): number {
  const known = isLakehouseError(error)
  const code = known ? error.code : 'internal'
  const exitCode = known ? (EXIT_CODES[error.code] ?? 5) : 5
  const message = error instanceof Error ? error.message : String(error)
  io.stderr(
    `error: ${known ? message : `internal error, ${message}. Nothing was committed; run again with FS_DEBUG=1 and report what it prints.`}\n`,
  )
  if (io.env['FS_DEBUG'] && error instanceof Error) io.stderr(`${error.stack ?? ''}\n`)
  if (argv.includes('--json')) {
    const evidence = known ? error.evidence : {}
    io.stdout(
      `${JSON.stringify({ error: { code, exit_code: exitCode, message, evidence } }, undefined, 2)}\n`,
    )
  }
  return exitCode
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  )
  return `fs-lake COMMAND …\n\n${lines.join('\n')}\n\n${COMMON_USAGE}\n\nExample: ${LATEST.example}\n`
}
