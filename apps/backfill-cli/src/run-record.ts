import { CommandError, type InputFile } from '@fs/cli'
import { LakehouseError, openStore } from '@fs/lakehouse'
import type { Report } from '@fs/validator'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { RunInputs, RunReport } from './run-report.ts'

/** What a run leaves behind beside table and matrix: the files of its folder. */
export interface RunRecord {
  /** Absolute path of the run's folder. */
  readonly folder: string
  /** The report that an earlier start of this run kept, or null. */
  readonly earlier: RunReport | null
  /** Path of the run's validation report. */
  readonly validationFile: string
  /**
   * Refuses the id of a run that was begun with other inputs. Nothing is written.
   *
   * @throws CommandError `run_id_reused`, exit code 2, naming the inputs that differ
   */
  checkInputs(inputs: RunInputs): void
  /** Keeps the run's report, and with its first one the candidates it was given. */
  keepReport(report: RunReport): Promise<void>
  keepValidation(report: Report): Promise<void>
}

const REPORT = 'backfill.json'
const CANDIDATES = 'candidates.json'
const VALIDATION = 'validation_report.json'

/**
 * Opens the folder of a run, which need not exist; nothing is written before the first report.
 *
 * @param folder absolute path
 * @param candidates the candidates file the run was given; null for every symbol
 * @throws CommandError `unreadable_file` when what lies there as the run's report is none
 */
export async function openRunRecord(
  folder: string,
  candidates: InputFile | null,
): Promise<RunRecord> {
  const store = openStore(folder)
  const read = async (name: string): Promise<Uint8Array | null> =>
    (await store.head(name)) === null ? null : await store.get(name)
  const write = async (name: string, text: string): Promise<void> => {
    try {
      await store.put(name, new TextEncoder().encode(text))
    } catch (error) {
      if (!(error instanceof LakehouseError)) throw error
      throw new CommandError(
        error.code,
        `${join(folder, name)} could not be written: ${error.message}`,
        {
          cause: error,
          unchanged: 'Nothing of this step was changed in the lakehouse.',
          next: 'Mend that, or choose another folder with --runs, and run the same command again.',
        },
      )
    }
  }

  const earlier = parseReport(join(folder, REPORT), await read(REPORT))
  const keptCandidates = await read(CANDIDATES)
  return {
    folder,
    earlier,
    validationFile: join(folder, VALIDATION),
    checkInputs(inputs) {
      const differing =
        earlier === null
          ? keptCandidates !== null &&
            candidates !== null &&
            sha256(keptCandidates) !== candidates.sha256
            ? ['candidates_sha256']
            : []
          : differingInputs(earlier.inputs, inputs)
      if (differing.length === 0) return
      throw new CommandError(
        'run_id_reused',
        `${folder} belongs to a run that was begun with other inputs: ${differing.join(', ')}`,
        {
          unchanged: 'Nothing was touched.',
          next: 'Give this run an id of its own with --run-id.',
        },
      )
    },
    async keepReport(report) {
      if (candidates !== null && report.status === 'started') {
        await write(CANDIDATES, candidates.text)
      }
      await write(REPORT, toJson(report))
    },
    keepValidation: (report) => write(VALIDATION, toJson(report)),
  }
}

function differingInputs(earlier: RunInputs, next: RunInputs): string[] {
  const names = Object.keys(next) as (keyof RunInputs)[]
  return names.filter((name) => !isDeepStrictEqual(earlier[name], next[name]))
}

function parseReport(path: string, bytes: Uint8Array | null): RunReport | null {
  if (bytes === null) return null
  try {
    const report = JSON.parse(new TextDecoder().decode(bytes)) as Partial<RunReport>
    // Only what a continued run relies on.
    if (typeof report.inputs === 'object' && typeof report.started_at === 'number') {
      return report as RunReport
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new CommandError('unreadable_file', `${path} is no report of a backfill`, {
    unchanged: 'Nothing was touched.',
    next: 'Move it away, or give this run an id of its own with --run-id.',
  })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function toJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
