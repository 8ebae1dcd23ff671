import type { Lakehouse } from '@fs/lakehouse'
import type { Candidate } from '@fs/tv-client'
import { mergeReports, type Report } from '@fs/validator'
import type { ComputedGroup } from './backfill-group.ts'
import { type BackfillPlan, planBackfill } from './backfill-plan.ts'
import type { BackfillPolicy } from './backfill-policy.ts'
import { groupsOf, openGroupWork } from './group-work.ts'
import { saveMatrix } from './matrix-save.ts'
import { nothingToDo, validationRefused } from './refusal.ts'
import type { RunRecord } from './run-record.ts'
import { reportComputed, type RunReport } from './run-report.ts'
import { explainFailure, type Stage } from './storage-failure.ts'

/** What a backfill is asked to do. */
export interface BackfillRequest {
  readonly lake: Lakehouse
  readonly runId: string
  readonly profile: string
  /** The candidates, or null for every symbol there are bars for. */
  readonly candidates: readonly Candidate[] | null
  readonly candidatesSha256: string | null
  /** Name of the feature table. */
  readonly table: string
  /** Path of the matrix. */
  readonly output: string
  /** Path of the run's own copy of the matrix. */
  readonly runFile: string
  readonly formula?: string | undefined
  readonly features?: readonly string[] | undefined
  readonly policy: BackfillPolicy
  /** Only what was known by then is used, Unix seconds; default: all bars. */
  readonly asOf?: number | undefined
  /** Refuses to touch any cell outside the candidates. */
  readonly strictScope: boolean
  /** Computes and judges, and changes nothing. */
  readonly dryRun: boolean
  /** When the run began, Unix seconds; the same when it is continued. */
  readonly startedAt: number
  /** Unix seconds. */
  readonly now: () => number
  /** Ends the run at the next safe point. */
  readonly signal: AbortSignal
  /** The files of the run's folder. */
  readonly record: RunRecord
  readonly onStep: (step: string) => void
  /** Called with 0 when computing begins, then after each group of symbols. */
  readonly onComputed: (symbols: number, of: number) => void
}

/**
 * Runs a backfill: resolves the symbols, loads what exists, computes on all processors, merges, validates, and saves
 * atomically: one commit to the feature table, then the matrix.
 *
 * @returns the run's report, as it is kept in its folder
 * @throws CommandError when the request cannot be met, validation refuses or the store fails; it says what was left as it
 *   was. Before the commit table and matrix are untouched, after it the next run completes the matrix
 */
export async function runBackfill(request: BackfillRequest): Promise<RunReport> {
  const { output } = request
  let stage: Stage = { output, table: request.table, committed: null }
  try {
    const plan = await planBackfill(request)
    request.record.checkInputs(plan.report.inputs)
    if (request.dryRun) return await computeOnly(request, plan)
    await request.record.keepReport(plan.report)

    const { report, version, results } = await commit(request, plan)
    stage = { ...stage, committed: version }
    request.signal.throwIfAborted()

    request.onStep('save the matrix')
    const saved = await saveMatrix({
      lake: request.lake,
      table: plan.local.table,
      output,
      runFile: request.runFile,
      runId: request.runId,
      ...plan.set,
      scope: request.strictScope ? new Set(plan.symbols) : null,
      computed: { version, columns: results.flatMap(({ matrix }) => matrix) },
      signal: request.signal,
    })
    const { sha256, rows, columns, size: bytes } = saved
    const done: RunReport = {
      ...report,
      status: 'done',
      table_version: saved.tableVersion,
      matrix: { path: output, sha256, rows, columns, bytes },
      also_refreshed: saved.alsoRefreshed,
      notices: [...report.notices, ...saved.notices],
    }
    await request.record.keepReport(done)
    return done
  } catch (error) {
    throw explainFailure(error, stage)
  }
}

async function computeOnly(request: BackfillRequest, plan: BackfillPlan): Promise<RunReport> {
  request.onStep('compute')
  const work = openGroupWork(request, plan)
  const groups = groupsOf(plan.symbols)
  const results = await Promise.all(groups.map((group) => work(group, plan.local.snapshot)))
  request.onStep('validate')
  const judged = judge(request, plan, results)
  if (judged.status === 'failed') throw validationRefused(judged, null)
  return { ...reportComputed(plan.report, results, judged), status: 'planned' }
}

async function commit(
  request: BackfillRequest,
  plan: BackfillPlan,
): Promise<{ report: RunReport; version: number; results: readonly ComputedGroup[] }> {
  const { record } = request
  request.onStep('compute')
  let judged: Report | undefined
  const { version, snapshot, results } = await plan.local.table.commitGroups<ComputedGroup>({
    runId: request.runId,
    operation: 'BACKFILL',
    groups: groupsOf(plan.symbols),
    work: openGroupWork(request, plan),
    async check(computed) {
      request.onStep('validate')
      judged = judge(request, plan, computed)
      await record.keepValidation(judged)
      if (judged.status !== 'failed') return
      await record.keepReport({
        ...reportComputed(plan.report, computed, judged),
        status: 'refused',
      })
      throw validationRefused(judged, record.validationFile)
    },
  })
  const report = reportComputed(plan.report, results, judged!)
  return {
    report: { ...report, committed: version !== null },
    version: snapshot!.version,
    results,
  }
}

function judge(
  request: BackfillRequest,
  plan: BackfillPlan,
  results: readonly ComputedGroup[],
): Report {
  const reports = results.flatMap(({ report }) => (report === null ? [] : [report]))
  if (reports.length === 0) {
    throw nothingToDo([...plan.report.left_out, ...results.flatMap(({ leftOut }) => leftOut)])
  }
  // Groups with values that replace others of the same `known_at` were judged a little later than the rest.
  const as_of = reports
    .map((report) => report.as_of)
    .reduce((latest, moment) => (Number(moment) > Number(latest) ? moment : latest))
  return mergeReports(
    reports.map((report) => ({ ...report, as_of })),
    request.policy.policy,
  )
}
