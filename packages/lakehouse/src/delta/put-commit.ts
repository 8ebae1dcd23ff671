import { isLakehouseError } from '../errors.ts'
import type { Store } from '../store.ts'
import type { Action } from './actions.ts'
import { formatActions, parseActions } from './commit-file.ts'
import { commitPath } from './layout.ts'

/** How an attempt to take a version ended. `unknown`: it failed, and nothing lies there yet. */
export type PutOutcome =
  | { readonly kind: 'ours' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'unknown'; readonly cause: unknown }

/**
 * Tries to take a version. When the store cannot say what became of the write, or says that the name was taken,
 * the version is read back: the `txnId` in it tells whose it is. So a lost reply is no lost commit.
 *
 * @param store where the table lies
 * @param tablePath its folder
 * @param version the version to take
 * @param actions the commit, with a `commitInfo` that carries `txnId`
 * @param txnId the random id of this writer
 * @returns whose version it is now
 * @throws LakehouseError whatever the store says for sure, such as `read_only`, `no_space` or `fsync_failed`
 */
export async function putCommit(
  store: Store,
  tablePath: string,
  version: number,
  actions: readonly Action[],
  txnId: string,
): Promise<PutOutcome> {
  const path = commitPath(tablePath, version)
  let doubt: unknown = null
  try {
    if (await store.putIfAbsent(path, formatActions(actions))) return { kind: 'ours' }
  } catch (error) {
    if (!isLakehouseError(error, 'io_error')) throw error
    doubt = error
  }
  try {
    const there = parseActions(await store.get(path), version, path)
    const noted = there.find((action) => 'commitInfo' in action)?.commitInfo['txnId']
    return { kind: noted === txnId ? 'ours' : 'taken' }
  } catch (error) {
    if (!isLakehouseError(error, 'io_error', 'not_found')) throw error
    return { kind: 'unknown', cause: doubt ?? error }
  }
}
