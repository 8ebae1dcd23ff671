import { LakehouseError } from '../errors.ts'
import type { Action } from './actions.ts'
import type { Operation } from './conflict.ts'
import { decodePath } from './layout.ts'
import { isAppendOnly } from './metadata.ts'
import { checkWritable } from './protocol.ts'
import type { Snapshot } from './snapshot.ts'

/** A commit that is worked out but not yet in the log. Its data files are written already. */
export interface Plan {
  /** What it does, to tell which commits of others it collides with. */
  readonly operation: Operation
  /** Everything but `commitInfo` and `txn`, which the commit loop adds. */
  readonly actions: readonly Action[]
  /** More fields for `commitInfo`, such as `operation` and `operationParameters`. */
  readonly commitInfo?: Readonly<Record<string, unknown>>
}

/**
 * Refuses a plan that would break the table or its rules.
 *
 * @param plan what is to be committed
 * @param snapshot the table it would change, or null to create one
 * @param table folder of the table, for the error
 * @throws LakehouseError `unsupported_feature` for a table this package may not write; `invalid_input` for an empty
 *   plan, a first commit without protocol and metaData, two actions for one path, a path added twice, a path removed
 *   that is not there, and a removal of rows from an append-only table
 */
export function checkPlan(plan: Plan, snapshot: Snapshot | null, table: string): void {
  const problem = problemOf(plan.actions, snapshot)
  if (problem !== null) {
    throw new LakehouseError(
      'invalid_input',
      `cannot commit to ${table}: ${problem}; nothing was committed`,
      { evidence: { table, version: (snapshot?.version ?? -1) + 1 } },
    )
  }
  const protocol = find(plan.actions, 'protocol')?.protocol ?? snapshot?.protocol
  const metaData = find(plan.actions, 'metaData')?.metaData ?? snapshot?.metaData
  if (protocol !== undefined && metaData !== undefined) checkWritable(table, protocol, metaData)
}

function problemOf(actions: readonly Action[], snapshot: Snapshot | null): string | null {
  if (actions.length === 0) return 'the plan holds no action'
  const foreign = actions.find((action) => 'commitInfo' in action || 'txn' in action)
  if (foreign !== undefined) return 'commitInfo and txn are added by the commit itself'
  const metaData = find(actions, 'metaData')?.metaData ?? snapshot?.metaData
  if (metaData === undefined) return 'the first commit needs a metaData action'
  if (snapshot === null && find(actions, 'protocol') === undefined) {
    return 'the first commit needs a protocol action'
  }
  const touched = new Set<string>()
  const fileActions = actions.filter((action) => 'add' in action || 'remove' in action)
  for (const action of fileActions) {
    const { path } = 'add' in action ? action.add : action.remove
    if (touched.has(decodePath(path))) return `it holds two actions for ${path}`
    touched.add(decodePath(path))
  }
  const paths = (snapshot?.files ?? []).map((file) => decodePath(file.path))
  const live = new Set(paths.filter((path) => touched.has(path)))
  for (const action of fileActions) {
    const { path: given, dataChange } = 'add' in action ? action.add : action.remove
    const path = decodePath(given)
    if ('remove' in action && !live.has(path))
      return `it removes ${given}, which is not in the table`
    if ('add' in action && dataChange && live.has(path)) {
      return `it adds ${given}, which is in the table already`
    }
    if ('remove' in action && dataChange && isAppendOnly(metaData)) {
      return `it removes rows (${given}), but the table is append-only`
    }
  }
  return null
}

function find<Kind extends 'protocol' | 'metaData'>(
  actions: readonly Action[],
  kind: Kind,
): Extract<Action, Record<Kind, unknown>> | undefined {
  return actions.find((action): action is Extract<Action, Record<Kind, unknown>> => kind in action)
}
