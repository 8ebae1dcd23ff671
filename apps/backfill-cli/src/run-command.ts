import {
  chooseProfile,
  chooseRunId,
  CommandError,
  type CommonOptions,
  type InputFile,
  type Io,
  openCommand,
  type Output,
  type Progress,
  readInputFile,
  runFolder,
  type Settings,
  withCommonOptions,
} from '@fs/cli'
import { openLakehouse, openStore } from '@fs/lakehouse'
import { type Candidate, CandidatesError, parseCandidates } from '@fs/tv-client'
import { POLICIES, type Policy } from '@fs/validator'
import { type Command, InvalidArgumentError } from 'commander'
import { isDeepStrictEqual } from 'node:util'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runBackfill } from './backfill.ts'
import { formatReport } from './format-report.ts'
import type { ProgramDependencies } from './program.ts'
import type { RunReport } from './run-report.ts'

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
const MASTER_MATRIX = 'features_matrix.parquet'
const REPORT = 'backfill.json'
const VALIDATION_REPORT = 'validation_report.json'

/** Adds `fs-backfill run`. */
export function addRunCommand(program: Command, dependencies: ProgramDependencies): void {
  const command = program
    .command('run')
    .description('compute the features of the candidates and bring the matrix up to date')
    .option('--candidates <file>', 'candidates.json: the symbols of this run')
    .option('--all', 'every symbol there are bars for')
    .option('--output <file>', `the matrix (default: ${MASTER_MATRIX} in the lakehouse)`)
    .option('--table <name>', `the feature table, under features/ (default: ${DEFAULT_TABLE})`)
    .option('--formula <id>', "rating formula (default: the table's; institutional for a new one)")
    .option(
      '--features <list>',
      "comma-separated (default: the table's; the three ratings for a new one)",
    )
    .option('--policy <name>', 'strict, research or compat', 'strict')
    .option('--as-of <time>', 'use only bars known by then: Unix seconds or ISO date', parseTime)
    .option('--workers <n>', 'worker threads (default: one a processor)', parseCount)
    .option('--strict-scope', 'refuse to touch any cell outside the candidates')
    .option('--dry-run', 'say what would change, and change nothing')
  withCommonOptions(
    command,
    'fs-backfill run --candidates data/runs/20260129-011526/candidates.json',
  )
  command.action(async (options: RunOptions) => {
    await run(options, dependencies.io)
  })
}

async function run(options: RunOptions, io: Io): Promise<void> {
  const { settings, output } = await openCommand(options, io)
  if ((options.candidates === undefined) === (options.all === undefined)) {
    throw new CommandError(
      'usage',
      options.all ? '--candidates and --all exclude each other' : 'no candidates were given',
      {
        unchanged: 'Nothing was touched.',
        next: 'Name them with --candidates FILE, or compute every symbol with --all.',
      },
    )
  }
  const input =
    options.candidates === undefined
      ? null
      : await readInputFile(options.candidates, { what: 'candidates file', cwd: io.cwd })
  const candidates = input && readCandidates(input, output)
  const { name: profile, profile: configured } = chooseProfile(settings, {
    given: options.profile,
    candidates: options.candidates,
    cwd: io.cwd,
  })
  const runId = chooseRunId({
    given: options.runId,
    candidates: options.candidates,
    runs: settings.runs,
    cwd: io.cwd,
    now: io.now,
    random: io.random,
  })
  const folder = runFolder(settings, runId)
  const runStore = openStore(folder)
  const earlier = await readReport(folder)
  const now = () => Math.floor(io.now())
  const startedSeconds = io.now()

  await using lake = openLakehouse(settings.lakehouse, {
    now,
    signal: io.signal,
    ...(options.workers !== undefined && { workers: options.workers }),
  })
  const compute = computeProgress(output)
  const report = await runBackfill({
    lake,
    runId,
    profile,
    candidates,
    candidatesSha256: input?.sha256 ?? null,
    table: checkTable(options.table ?? configured.table ?? DEFAULT_TABLE),
    output: matrixPath(options.output ?? configured.output, settings, io),
    runFile: join(folder, MASTER_MATRIX),
    formula: options.formula ?? configured.formula,
    features: options.features?.split(',').map((name) => name.trim()) ?? configured.features,
    policy: policyOf(options.policy ?? configured.policy ?? 'strict'),
    asOf: options.asOf,
    strictScope: options.strictScope ?? false,
    dryRun: options.dryRun ?? false,
    startedAt: earlier?.started_at ?? now(),
    now,
    async keepReport(next) {
      if (earlier !== null && next.status === 'started') checkSameInputs(folder, earlier, next)
      if (input !== null && next.status === 'started') {
        await runStore.put('candidates.json', new TextEncoder().encode(input.text))
      }
      await putJson(folder, REPORT, next)
    },
    keepValidation: (validation) => putJson(folder, VALIDATION_REPORT, validation),
    onStep: (name) => output.note(`${name} …`),
    onComputed: compute,
  })
  const seconds = io.now() - startedSeconds
  for (const notice of report.notices) output.warn(notice)
  output.result({ ...report, seconds }, () => formatReport(report, seconds, folder, output))
}

// The bar appears with the first group, when the number of symbols is known.
function computeProgress(output: Output): (symbols: number, total: number) => void {
  let progress: Progress | undefined
  let counted = 0
  return (symbols, total) => {
    progress ??= output.progress({ step: 'compute', total, unit: 'symbols' })
    progress.advance(symbols - counted)
    if (symbols === total && counted < total) progress.finish()
    counted = symbols
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
    })
  }
}

function checkTable(name: string): string {
  if (/^features\/[A-Za-z0-9_-]+$/.test(name) && !name.startsWith('features/tv_technicals_'))
    return name
  throw new CommandError('invalid_input', `'${name}' cannot be a feature table`, {
    unchanged: 'Nothing was touched.',
    next: 'Name one like features/local_1d; tv_technicals_ is kept for snapshots.',
  })
}

function matrixPath(output: string | undefined, settings: Settings, io: Io): string {
  if (output !== undefined) return resolve(io.cwd, output)
  const lakehouse = settings.lakehouse.startsWith('file://')
    ? fileURLToPath(settings.lakehouse)
    : settings.lakehouse
  return resolve(io.cwd, lakehouse, MASTER_MATRIX)
}

// Freshness is a promise of promotion, not of computing history: a backfill of old bars is no failure.
function policyOf(name: string): Policy {
  if (!Object.hasOwn(POLICIES, name)) {
    throw new CommandError('invalid_input', `there is no policy '${name}'`, {
      unchanged: 'Nothing was touched.',
      next: `Choose one of ${Object.keys(POLICIES).join(', ')}.`,
    })
  }
  const policy = POLICIES[name as keyof typeof POLICIES]
  if (name !== 'strict') return policy
  return { ...policy, checks: { ...policy.checks, 'FRESH-01': { severity: 'W' } } }
}

async function readReport(folder: string): Promise<RunReport | null> {
  const store = openStore(folder)
  if ((await store.head(REPORT)) === null) return null
  return JSON.parse(new TextDecoder().decode(await store.get(REPORT))) as RunReport
}

function checkSameInputs(folder: string, earlier: RunReport, next: RunReport): void {
  if (isDeepStrictEqual(earlier.inputs, JSON.parse(JSON.stringify(next.inputs)))) return
  const names = Object.keys(next.inputs) as (keyof RunReport['inputs'])[]
  const differing = names.filter(
    (name) => JSON.stringify(earlier.inputs[name]) !== JSON.stringify(next.inputs[name]),
  )
  throw new CommandError(
    'run_id_reused',
    `the run ${earlier.run_id} in ${folder} was begun with other inputs: ${differing.join(', ')}`,
    { unchanged: 'Nothing was touched.', next: 'Give this run an id of its own with --run-id.' },
  )
}

async function putJson(folder: string, name: string, value: object): Promise<void> {
  const text = `${JSON.stringify(value, undefined, 2)}\n`
  await openStore(folder).put(name, new TextEncoder().encode(text))
}

function parseTime(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (Number.isFinite(seconds)) return Math.floor(seconds)
  throw new InvalidArgumentError('must be Unix seconds or an ISO date.')
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new InvalidArgumentError('must be a positive whole number.')
}
