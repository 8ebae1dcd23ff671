import { compareCodePoints, type Snapshot, SYMBOLS_PER_FILE } from '@fs/lakehouse'
import type { ComputedGroup, GroupTask } from './backfill-group.ts'
import { type BackfillPlan, checkCreatedTable } from './backfill-plan.ts'
import type { BackfillRequest } from './backfill.ts'
import { GROUP_TASKS } from './group-tasks.ts'

/** Cuts symbols into groups of one data file each, sorted; the cut depends on the symbols alone. */
export function groupsOf(symbols: readonly string[]): readonly (readonly string[])[] {
  const sorted = symbols.toSorted(compareCodePoints)
  const groups: string[][] = []
  for (let i = 0; i < sorted.length; i += SYMBOLS_PER_FILE) {
    groups.push(sorted.slice(i, i + SYMBOLS_PER_FILE))
  }
  return groups
}

/** Makes the function that computes one group, on a state of the feature table, in a worker thread. */
export function openGroupWork(
  request: BackfillRequest,
  plan: BackfillPlan,
): (symbols: readonly string[], snapshot: Snapshot | null) => Promise<ComputedGroup> {
  const total = plan.symbols.length
  let computed = 0
  request.onComputed(0, total)
  return async (symbols, snapshot) => {
    checkCreatedTable(plan, snapshot)
    const group = await runGroup(request, plan, symbols, snapshot)
    // A group that another run overtook is computed again, but counted once.
    computed = Math.min(total, computed + symbols.length)
    request.onComputed(computed, total)
    return group
  }
}

async function runGroup(
  request: BackfillRequest,
  { bars, local, set, retrieved, asOf, judgedAt }: BackfillPlan,
  symbols: readonly string[],
  snapshot: Snapshot | null,
): Promise<ComputedGroup> {
  const wanted = new Set(symbols)
  return await request.lake.workers.run<ComputedGroup>(GROUP_TASKS, 'computeGroup', {
    symbols,
    bars: bars.table.plan(bars.snapshot, {
      symbols,
      columns: ['symbol', 'timestamp', 'known_at', 'open', 'high', 'low', 'close', 'volume'],
    }),
    existing: local.table.plan(snapshot, { symbols }),
    target: local.table.target(snapshot),
    schema: local.table.schema(snapshot),
    formula: set.formula,
    features: set.features,
    retrieved: retrieved.filter(({ symbol }) => wanted.has(symbol)),
    runId: request.runId,
    profile: request.profile,
    asOf,
    isLookBack: request.asOf !== undefined,
    judgedAt,
    now: request.now(),
    policy: request.policy.policy,
    write: !request.dryRun,
  } satisfies GroupTask)
}
