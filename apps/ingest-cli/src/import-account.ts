import { readFile, rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CommandError, writeArtefact } from '@fs/cli'
import { BARS_IMPORT_FILE, type BarsImport } from './bars-import.ts'
import type { BarFile } from './find-bar-files.ts'
import { BARS_TABLE } from './import-bars.ts'
import { digestFile } from './read-bar-file.ts'

/** What a run's folder holds from before the first effect of an import until its account is written. */
interface StartedImport {
  schema: 'fs.bars_import_started/1'
  run_id: string
  from: string
  options: BarsImport['options']
  started_at: number
  files: { symbol: string; file: string }[]
}

/** What an import is about to do. */
export interface ImportPlan {
  /** Folder of the run, absolute. */
  folder: string
  runId: string
  /** The file or folder that is imported, absolute. */
  from: string
  options: BarsImport['options']
  /** The import's clock, Unix seconds. */
  now: number
  files: readonly BarFile[]
}

/** The account of an import in the folder of its run. */
export interface ImportAccount {
  /** Path of the final account, absolute. */
  path: string
  /** The account of an import that this run has made before. */
  earlier: BarsImport | undefined
  /** Claims the run id before the first effect. */
  start(): Promise<void>
  /** Takes the claim back after an import that had no effect. */
  withdraw(): Promise<void>
  /** Writes the final account in place of the claim. */
  finish(report: BarsImport): Promise<void>
}

const STARTED_FILE = 'bars_import_started.json'

/**
 * Opens the account of an import, and refuses a run id under which other inputs were imported or begun.
 *
 * @param plan run and inputs
 * @returns the account; nothing is written yet
 * @throws CommandError `run_id_reused` (exit code 2) naming what differs, `corrupt_file` (3) for a damaged account
 */
export async function openAccount(plan: ImportPlan): Promise<ImportAccount> {
  const { folder, runId, options, files } = plan
  const path = join(folder, BARS_IMPORT_FILE)
  const startedPath = join(folder, STARTED_FILE)
  const earlier = await readAccount<BarsImport>(path)
  const begun = await readAccount<StartedImport>(startedPath)
  if (earlier) await refuseOtherInputs(earlier, runId, options, files)
  else if (begun) refuseOtherBeginning(begun, plan)
  return {
    path,
    earlier,
    async start() {
      const started: StartedImport = {
        schema: 'fs.bars_import_started/1',
        run_id: runId,
        from: plan.from,
        options,
        started_at: plan.now,
        files: files.map(({ symbol, path: file }) => ({ symbol, file: basename(file) })),
      }
      await writeArtefact(startedPath, started).catch((error: Error) => {
        throw new CommandError(
          'unwritable_runs',
          `the folder of the run ${folder} cannot be written: ${error.message}`,
          {
            cause: error,
            unchanged: 'Nothing was imported.',
            next: 'Make it writable or give another folder with --runs, then run the same command again.',
          },
        )
      })
    },
    async withdraw() {
      if (begun) return
      // A folder that holds something else stays; and why the import failed matters more than a claim that is left.
      await rm(startedPath, { force: true })
        .then(() => rmdir(folder))
        .catch(() => undefined)
    },
    async finish(report) {
      await writeArtefact(path, report).catch((error: Error) => {
        const version = report.version ?? 'unchanged, it knew every bar already'
        throw new CommandError(
          'account_not_written',
          `the bars are in, and the account of their import ${path} cannot be written: ${error.message}`,
          {
            cause: error,
            unchanged: `The table ${BARS_TABLE} holds the bars of all ${report.symbols.length} symbols (version ${version}).`,
            next:
              'Make the folder writable and run the same command with --run-id ' +
              `${runId}: it imports no bar twice and writes the account.`,
          },
        )
      })
      await rm(startedPath, { force: true })
    },
  }
}

async function readAccount<T>(artefact: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(artefact, 'utf8')) as T
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new CommandError('corrupt_file', `${artefact} is damaged: ${error.message}`, {
        cause: error,
        unchanged: 'Nothing was touched.',
        next: 'Import under another --run-id.',
      })
    }
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new CommandError('unreadable_file', `${artefact} cannot be read: ${message}`, {
      cause: error,
      unchanged: 'Nothing was touched.',
      next: 'Make it readable or give another folder with --runs, then run the same command again.',
    })
  }
}

function refuseOtherBeginning(begun: StartedImport, { runId, options, files }: ImportPlan): void {
  const names = (list: readonly { symbol: string }[]) => new Set(list.map(({ symbol }) => symbol))
  const [before, now] = [names(begun.files), names(files)]
  const [differs] = [
    ...(begun.options.known_at === options.known_at ? [] : ['--known-at']),
    ...(begun.options.before === options.before ? [] : ['--before']),
    ...[...before].filter((symbol) => !now.has(symbol)),
    ...[...now].filter((symbol) => !before.has(symbol)),
  ]
  if (differs !== undefined) throw reused(runId, 'has begun to import bars', differs)
}

function reused(runId: string, what: string, differs: string): CommandError {
  return new CommandError(
    'run_id_reused',
    `the run ${runId} ${what}, and with other inputs: ${differs} differs`,
    { unchanged: 'Nothing was touched.', next: 'Leave --run-id out, or choose another.' },
  )
}

async function refuseOtherInputs(
  earlier: BarsImport,
  runId: string,
  choices: BarsImport['options'],
  files: readonly BarFile[],
): Promise<void> {
  const digests = new Map(earlier.symbols.map(({ symbol, sha256 }) => [symbol, sha256]))
  const same = (): string | undefined => {
    if (earlier.options.known_at !== choices.known_at) return '--known-at'
    if (earlier.options.before !== choices.before) return '--before'
    const gone = earlier.symbols.find(({ symbol }) => !files.some((file) => file.symbol === symbol))
    return gone?.file
  }
  let differs = same()
  for (const file of differs === undefined ? files : []) {
    const before = digests.get(file.symbol)
    const wasThere =
      before !== undefined || earlier.left_out.some(({ symbol }) => symbol === file.symbol)
    if (!wasThere || (before !== undefined && (await digestFile(file.path)).sha256 !== before)) {
      differs = file.path
      break
    }
  }
  if (differs !== undefined) throw reused(runId, 'has imported bars already', differs)
}
