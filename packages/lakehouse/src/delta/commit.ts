import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isLakehouseError, LakehouseError } from '../errors.ts'
import type { Store } from '../store.ts'
import type { Action, AddFile, Commit, Transaction } from './actions.ts'
import type { Checkpoints } from './checkpoint.ts'
import { judge, severer, type Verdict } from './conflict.ts'
import { decodePath, inTable } from './layout.ts'
import { listLog, readCommits, readSnapshot } from './log.ts'
import { checkPlan, type Plan } from './plan.ts'
import { checkWritable } from './protocol.ts'
import { putCommit } from './put-commit.ts'
import { foldCommits, type Snapshot } from './snapshot.ts'

/** What a plan is made from. */
export interface Planning {
  /** The table as it is now, or null when there is none. */
  readonly snapshot: Snapshot | null
  /** The plan that lost a race, the table it stood on and why it cannot stand; null at first. */
  readonly previous: {
    readonly snapshot: Snapshot | null
    readonly plan: Plan
    readonly verdict: Verdict
  } | null
}

/** How to commit. */
export interface CommitOptions {
  /**
   * Works out the commit, writing its data files; called again only when a lost race asks for it. `done` says that
   * nothing is left to commit, and names the version that holds it all.
   */
  readonly build: (planning: Planning) => Promise<Plan | { readonly done: number }>
  /** The run's mark: a table that has it, or a later one of the same run, is left as it is. */
  readonly transaction?: Pick<Transaction, 'appId' | 'version'>
  /** A snapshot known already, to read less. */
  readonly base?: Snapshot | null
  /** Reads the table's checkpoints; without it every commit from version 0 on is read. */
  readonly checkpoints?: Checkpoints | undefined
  /** Name of the column whose bounds tell symbols apart, `symbol` unless given. */
  readonly symbolColumn?: string
  /** Who writes, for `commitInfo`. */
  readonly engineInfo?: string
  /** How often to try, 100 unless given. */
  readonly maxAttempts?: number
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number
  readonly sleep?: (milliseconds: number) => Promise<unknown>
  /** Makes the `txnId` by which a commit of unknown outcome is recognised. */
  readonly newId?: () => string
  readonly signal?: AbortSignal
}

/** How a commit ended. */
export interface CommitResult {
  /** The version that holds the work. */
  readonly version: number
  /** False when it was all there already and nothing was committed. */
  readonly written: boolean
  /** The table at that version or, where nothing was committed, as last read. */
  readonly snapshot: Snapshot | null
  /** How often a version was tried. */
  readonly attempts: number
}

// Every lost attempt is another writer's success, so a hundred only run out under a steady crowd.
const MAX_ATTEMPTS = 100
// A store that keeps failing is down; the run's mark makes a later run as good as more attempts now.
const MAX_DOUBTS = 5
const FIRST_DELAY_MS = 10
const LONGEST_DELAY_MS = 500

const OPERATION_NAMES: Readonly<Record<Plan['operation']['kind'], string>> = {
  append: 'WRITE',
  upsertSymbols: 'MERGE',
  compact: 'OPTIMIZE',
  schemaChange: 'ADD COLUMNS',
}

/**
 * Commits to a table without locks: plans on what is there, takes the next version by put-if-absent and, when another
 * writer took it first, reads what won and decides whether the plan still stands.
 *
 * @param store where the table lies
 * @param tablePath its folder
 * @param options the plan's builder and the run's mark
 * @returns the version that holds the work
 * @throws LakehouseError `commit_contention` when every attempt was lost or another writer's change forbids the plan,
 *   `unsupported_feature` for a table this package may not write, `aborted` by the signal, `io_error` when the outcome
 *   stayed unknown (a run with the same mark finds it out). Data files of a plan that lost for sure are removed;
 *   any others stay for vacuum.
 */
export async function commitActions(
  store: Store,
  tablePath: string,
  options: CommitOptions,
): Promise<CommitResult> {
  const { now = Date.now, sleep = delay, random = Math.random, newId = randomUUID } = options
  const maxAttempts = options.maxAttempts ?? MAX_ATTEMPTS
  // One id for all attempts: whichever of them got through is recognised.
  const txnId = newId()
  let snapshot = await readIfExists(store, tablePath, options.base ?? null, options.checkpoints)
  let previous: Planning['previous'] = null
  let plan: Plan | null = null
  let doubts = 0

  for (let attempts = 0; attempts < maxAttempts; attempts++) {
    // In doubt whether the last attempt got through, the answer comes first.
    if (doubts === 0) checkSignal(options.signal, tablePath)
    const earlier = earlierVersion(snapshot, options.transaction)
    if (earlier !== null) {
      await discard(store, tablePath, plan ?? previous?.plan, snapshot)
      return { version: earlier, written: false, snapshot, attempts }
    }
    if (plan === null) {
      if (snapshot !== null) checkWritable(tablePath, snapshot.protocol, snapshot.metaData)
      const built = await options.build({ snapshot, previous })
      await discard(store, tablePath, previous?.plan, snapshot, 'done' in built ? null : built)
      if ('done' in built) return { version: built.done, written: false, snapshot, attempts }
      plan = built
      checkSignal(options.signal, tablePath)
    }
    // Every time, as a winner may have changed the table's rules.
    checkPlan(plan, snapshot, tablePath)

    const version = (snapshot?.version ?? -1) + 1
    const actions = describeCommit(plan, version, txnId, now(), options)
    const outcome = await putCommit(store, tablePath, version, actions, txnId)
    if (outcome.kind === 'ours') {
      const commit: Commit = { version, modifiedMs: now(), actions }
      const committed = foldCommits(snapshot, [commit], tablePath)
      return { version, written: true, snapshot: committed, attempts: attempts + 1 }
    }
    if (outcome.kind === 'unknown' && (++doubts >= MAX_DOUBTS || attempts + 1 >= maxAttempts)) {
      throw unknownOutcome(tablePath, version, outcome.cause)
    }
    await sleep(random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts))
    if (outcome.kind === 'unknown') continue

    const winners = await readCommits(store, (await listLog(store, tablePath, version - 1)).commits)
    const current = foldCommits(snapshot, winners, tablePath)
    const verdict = judgePlan(plan, snapshot, winners, options.symbolColumn)
    if (verdict.kind === 'abort') {
      await discard(store, tablePath, plan, current)
      throw forbidden(tablePath, verdict)
    }
    if (verdict.kind !== 'go-on') {
      previous = { snapshot, plan: plan, verdict }
      plan = null
    }
    snapshot = current
  }
  await discard(store, tablePath, plan ?? previous?.plan, snapshot)
  throw contention(tablePath, maxAttempts, snapshot)
}

async function readIfExists(
  store: Store,
  tablePath: string,
  base: Snapshot | null,
  checkpoints: Checkpoints | undefined,
): Promise<Snapshot | null> {
  try {
    return await readSnapshot(store, tablePath, { base, checkpoints })
  } catch (error) {
    if (isLakehouseError(error, 'not_found')) return null
    throw error
  }
}

function earlierVersion(
  snapshot: Snapshot | null,
  transaction: CommitOptions['transaction'],
): number | null {
  if (snapshot === null || transaction === undefined) return null
  const applied = snapshot.transactions.get(transaction.appId)
  return applied !== undefined && applied.version >= transaction.version
    ? applied.tableVersion
    : null
}

function describeCommit(
  plan: Plan,
  version: number,
  txnId: string,
  timestamp: number,
  { transaction, engineInfo }: CommitOptions,
): readonly Action[] {
  const commitInfo = {
    operation: OPERATION_NAMES[plan.operation.kind],
    operationParameters: {},
    ...(version > 0 && { readVersion: version - 1 }),
    isBlindAppend: plan.operation.kind === 'append',
    ...(engineInfo !== undefined && { engineInfo }),
    ...plan.commitInfo,
    timestamp,
    txnId,
  }
  const txn = transaction && { ...transaction, lastUpdated: timestamp }
  return [{ commitInfo }, ...(txn === undefined ? [] : [{ txn }]), ...plan.actions]
}

function judgePlan(
  plan: Plan,
  snapshot: Snapshot | null,
  winners: readonly Commit[],
  symbolColumn: string | undefined,
): Verdict {
  const verdict = judge(plan.operation, snapshot, winners, symbolColumn)
  if (!plan.actions.some((action) => 'metaData' in action || 'protocol' in action)) return verdict
  return severer(verdict, judge({ kind: 'schemaChange' }, snapshot, winners, symbolColumn))
}

/** Removes the data files of a plan that will never be committed, but none that the table or `kept` names. */
async function discard(
  store: Store,
  tablePath: string,
  plan: Plan | null | undefined,
  snapshot: Snapshot | null,
  kept: Plan | null = null,
): Promise<void> {
  if (!plan) return
  const named = new Set(
    [...(snapshot?.files ?? []), ...(snapshot?.tombstones ?? []), ...addsOf(kept)].map((file) =>
      decodePath(file.path),
    ),
  )
  for (const { path } of addsOf(plan)) {
    const file = decodePath(path)
    // A file that stays costs space until vacuum finds it; failing here would hide how the commit ended.
    if (!named.has(file)) await store.remove(inTable(tablePath, file)).catch(() => undefined)
  }
}

function addsOf(plan: Plan | null): readonly AddFile[] {
  return (plan?.actions ?? []).flatMap((action) => ('add' in action ? [action.add] : []))
}

function checkSignal(signal: AbortSignal | undefined, tablePath: string): void {
  if (signal?.aborted !== true) return
  throw new LakehouseError('aborted', `the commit to ${tablePath} was ended before it was made`, {
    cause: signal.reason,
    evidence: { table: tablePath },
  })
}

function unknownOutcome(tablePath: string, version: number, cause: unknown): LakehouseError {
  return new LakehouseError(
    'io_error',
    `the store does not say whether version ${version} of ${tablePath} was committed. The table holds all of the ` +
      'commit or nothing of it: run again with the same run id, which finds out',
    { cause, evidence: { table: tablePath, version } },
  )
}

function forbidden(
  tablePath: string,
  verdict: Extract<Verdict, { readonly kind: 'abort' }>,
): LakehouseError {
  return new LakehouseError(
    verdict.code,
    `cannot commit to ${tablePath}: ${verdict.reason} (version ${verdict.version}). Nothing of this run was ` +
      'committed: look at that change, then run again',
    { evidence: { table: tablePath, version: verdict.version } },
  )
}

function contention(
  tablePath: string,
  attempts: number,
  snapshot: Snapshot | null,
): LakehouseError {
  return new LakehouseError(
    'commit_contention',
    `other writers took every version of ${tablePath} that ${attempts} attempts aimed at. Nothing of this run was ` +
      'committed: run it again when fewer write at once',
    { evidence: { table: tablePath, attempts, ...(snapshot && { version: snapshot.version }) } },
  )
}
