import { compareCodePoints, type Lakehouse, type Snapshot, SYMBOLS_PER_FILE } from '@fs/lakehouse'
import pLimit from 'p-limit'
import { setImmediate } from 'node:timers/promises'
import type { ComputedGroup, GroupTask } from './backfill-group.ts'
import type { BackfillPlan } from './backfill-plan.ts'
import type { BackfillRequest } from './backfill.ts'
import { GROUP_TASKS } from './matrix-save.ts'

/** Cuts symbols into groups of one data file each, sorted; the cut depends on the symbols alone. */
export function groupsOf(symbols: readonly string[]): readonly (readonly string[])[] {
  const sorted = symbols.toSorted(compareCodePoints)
  const groups: string[][] = []
  for (let i = 0; i < sorted.length; i += SYMBOLS_PER_FILE) {
    groups.push(sorted.slice(i, i + SYMBOLS_PER_FILE))
  }
  return groups
}

/**
 * Makes the function that computes one group on a state of the feature table in a worker thread. Not more groups than
 * keep the threads busy are under way, so that an interrupt takes effect soon.
 *
 * @returns a promise that, after an interrupt, rejects with an `AbortError` once no thread writes any more
 */
export function openGroupQueue(
  request: BackfillRequest,
  plan: BackfillPlan,
): (symbols: readonly string[], snapshot: Snapshot | null) => Promise<ComputedGroup> {
  const { lake, signal } = request
  // One group waits for each thread, so that none is idle while results are taken.
  const limit = pLimit(2 * lake.workers.size)
  const running = new Set<Promise<ComputedGroup>>()
  let computed = 0
  request.onComputed(0, plan.symbols.length)

  return (symbols, snapshot) =>
    limit(async () => {
      if (signal.aborted) {
        // What those under way have written can be removed only after they have ended.
        await Promise.allSettled(running)
        await setImmediate()
        signal.throwIfAborted()
      }
      const group = computeGroup(lake, request, plan, symbols, snapshot)
      running.add(group)
      try {
        return await group
      } finally {
        running.delete(group)
        // A group that another run overtook is computed again, but counted once.
        computed = Math.min(plan.symbols.length, computed + symbols.length)
        request.onComputed(computed, plan.symbols.length)
      }
    })
}

async function computeGroup(
  lake: Lakehouse,
  request: BackfillRequest,
  { bars, local, set, retrieved, asOf, judgedAt }: BackfillPlan,
  symbols: readonly string[],
  snapshot: Snapshot | null,
): Promise<ComputedGroup> {
  const wanted = new Set(symbols)
  return await lake.workers.run<ComputedGroup>(GROUP_TASKS, 'computeGroup', {
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
    judgedAt,
    now: request.now(),
    policy: request.policy.policy,
    write: !request.dryRun,
  } satisfies GroupTask)
}
