import {
  chooseProfile,
  chooseRunId,
  CommandError,
  type CommonOptions,
  type InputFile,
  openCommand,
  type Output,
  type Progress,
  readInputFile,
  runFolder,
  type Settings,
  withCommonOptions,
} from '@fs/cli'
import { openLakehouse } from '@fs/lakehouse'
import { type Candidate, CandidatesError, parseCandidates } from '@fs/tv-client'
import { type Command, InvalidArgumentError } from 'commander'
import { join } from 'node:path'
import { runBackfill } from './backfill.ts'
import { backfillPolicy } from './backfill-policy.ts'
import { formatReport } from './format-report.ts'
import type { ProgramDependencies } from './program.ts'
import { openRunRecord } from './run-record.ts'
import { MATRIX, matrixPath } from './matrix-path.ts'
import { parseTime } from './time-option.ts'

interface RunOptions extends CommonOptions {
  candidates?: string
  all?: boolean
  output?: string
  table?: string
  formula?: string
  features?: string
  policy?: string
  asOf?: number
  workers?: number
  strictScope?: boolean
  dryRun?: boolean
}

const DEFAULT_TABLE = 'features/local_1d'

/** Adds `fs-backfill run`. */
export function addRunCommand(program: Command, dependencies: ProgramDependencies): void {
  const command = program
    .command('run')
    .description('compute the features of the candidates and bring the matrix up to date')
    .option(
      '--candidates <file>',
      "candidates.json: the symbols of this run (default: the profile's)",
    )
    .option('--all', 'every symbol there are bars for')
    .option('--output <file>', `the matrix (default: ${MATRIX} in the lakehouse)`)
    .option('--table <name>', `the feature table, under features/ (default: ${DEFAULT_TABLE})`)
    .option('--formula <id>', "rating formula (default: the table's; institutional for a new one)")
    .option(
      '--features <list>',
      "comma-separated (default: the table's; the three ratings for a new one)",
    )
    .option('--policy <name>', 'strict, research, compat or a JSON file (default: strict)')
    .option(
      '--as-of <time>',
      'use only what was known by then: Unix seconds, or an ISO date (UTC)',
      parseTime,
    )
    .option('--workers <n>', 'worker threads (default: one a processor)', parseCount)
    .option('--strict-scope', 'refuse a plan that touches any cell outside the candidates')
    .option('--dry-run', 'compute and validate, say what would change, and change nothing')
  withCommonOptions(
    command,
    'fs-backfill run --candidates data/runs/20260129-011526/candidates.json',
  )
  command.action(async (options: RunOptions) => {
    await run(options, dependencies)
  })
}

async function run(
  options: RunOptions,
  { io, workers: given }: ProgramDependencies,
): Promise<void> {
  const { settings, output } = await openCommand(options, io)
  const startedAt = io.now()
  const { cwd } = io
  const path = candidatesPath(options, settings)
  const input = path === null ? null : await readInputFile(path, { what: 'candidates file', cwd })
  const candidates = input && readCandidates(input, output)
  const chosen = { candidates: path ?? undefined, cwd }
  const { name, profile } = chooseProfile(settings, { given: options.profile, ...chosen })
  const runId = chooseRunId({
    given: options.runId,
    runs: settings.runs,
    now: io.now,
    random: io.random,
    ...chosen,
  })
  const policy = await backfillPolicy(options.policy ?? profile.policy ?? 'strict', cwd)
  const table = checkTable(options.table ?? profile.table ?? DEFAULT_TABLE)
  const matrix = await matrixPath(options.output ?? profile.output, settings, io)
  const folder = runFolder(settings, runId)
  const record = await openRunRecord(folder, input)
  const now = () => Math.floor(io.now())
  const workers = given ?? options.workers

  await using lake = openLakehouse(settings.lakehouse, {
    now,
    signal: io.signal,
    ...(workers !== undefined && { workers }),
  })
  const progress = computeProgress(output)
  try {
    const report = await runBackfill({
      lake,
      runId,
      profile: name,
      candidates,
      candidatesSha256: input?.sha256 ?? null,
      table,
      output: matrix,
      runFile: join(folder, MATRIX),
      formula: options.formula ?? profile.formula,
      features: options.features?.split(',').map((feature) => feature.trim()) ?? profile.features,
      policy,
      asOf: options.asOf,
      strictScope: options.strictScope ?? false,
      dryRun: options.dryRun ?? false,
      startedAt: record.earlier?.started_at ?? now(),
      now,
      signal: io.signal,
      record,
      onStep: (step) => output.note(`${step} …`),
      onComputed: progress.show,
    })
    const seconds = io.now() - startedAt
    for (const notice of report.notices) output.warn(notice)
    output.result({ ...report, seconds }, () =>
      formatReport(report, {
        seconds,
        folder,
        width: io.stdout.columns ?? 100,
        output,
      }),
    )
  } finally {
    progress.end()
  }
}

function candidatesPath(options: RunOptions, { profiles }: Settings): string | null {
  if (options.candidates !== undefined && options.all) {
    throw new CommandError('usage', '--candidates and --all exclude each other', {
      unchanged: 'Nothing was touched.',
    })
  }
  if (options.all) return null
  const profile = options.profile
  const configured =
    profile !== undefined && Object.hasOwn(profiles, profile)
      ? profiles[profile]!.candidates
      : undefined
  const path = options.candidates ?? configured
  if (path !== undefined) return path
  throw new CommandError('usage', 'no candidates were given', {
    unchanged: 'Nothing was touched.',
    next: 'Name them with --candidates FILE, or compute every symbol with --all.',
  })
}

// A lost race computes a group again after the bar has ended, and a failure may end it early.
function computeProgress(output: Output): {
  show: (symbols: number, of: number) => void
  end: () => void
} {
  let progress: Progress | undefined
  let counted = 0
  let ended = false
  const end = () => {
    if (!ended) progress?.finish()
    ended = true
  }
  return {
    show(symbols, of) {
      progress ??= output.progress({ step: 'compute', total: of, unit: 'symbols' })
      if (ended) return
      progress.advance(symbols - counted)
      counted = symbols
      if (symbols === of) end()
    },
    end,
  }
}

function readCandidates(input: InputFile, output: Output): readonly Candidate[] {
  try {
    const { candidates, duplicates } = parseCandidates(input.text)
    if (duplicates.length > 0) output.note(`${duplicates.length} duplicate candidates collapsed`)
    return candidates
  } catch (error) {
    if (!(error instanceof CandidatesError)) throw error
    throw new CommandError(error.code, `${input.path}: ${error.message}`, {
      cause: error,
      unchanged: 'Nothing was touched.',
      next: 'Correct the file, or compute every symbol with --all.',
    })
  }
}

function checkTable(name: string): string {
  if (
    /^features\/[A-Za-z0-9_-]+$/.test(name) &&
    !name.toLowerCase().startsWith('features/tv_technicals_')
  ) {
    return name
  }
  throw new CommandError('invalid_input', `'${name}' cannot be a feature table`, {
    unchanged: 'Nothing was touched.',
    next: 'Name one like features/local_1d; tv_technicals_ is kept for snapshots.',
  })
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new InvalidArgumentError('must be a positive whole number.')
}
