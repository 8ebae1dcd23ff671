import type { AddFile, MetaData, Protocol, RemoveFile, Transaction } from './actions.ts'
import { actionProblem } from './commit-file.ts'
import { isJsonObject } from './json-object.ts'
import type { AppliedTransaction, CommitSummary, Snapshot } from './snapshot.ts'

/** One row of a checkpoint: one action. */
export interface CheckpointRow {
  readonly protocol?: Protocol
  readonly metaData?: MetaData
  readonly txn?: Transaction
  readonly remove?: RemoveFile
  readonly add?: AddFile
}

/** The actions of a checkpoint by kind, each in the order of the file. */
export interface CheckpointContent {
  readonly protocol: readonly Protocol[]
  readonly metaData: readonly MetaData[]
  readonly txn: readonly Transaction[]
  readonly remove: readonly RemoveFile[]
  readonly add: readonly AddFile[]
  /** What {@link formatHistory} wrote; absent in checkpoints of other engines. */
  readonly history?: string | undefined
}

/** The key under which our checkpoints keep what Delta's do not: the versions before them. */
export const HISTORY_KEY = 'fs.history'

/**
 * Lists the actions that make up a state, live files in the order in which they were added.
 *
 * @param snapshot the state
 * @param keepRemovedSinceMs removals older than this are left out, milliseconds since 1970 UTC
 */
export function checkpointRows(
  snapshot: Snapshot,
  keepRemovedSinceMs: number,
): readonly CheckpointRow[] {
  return [
    { protocol: snapshot.protocol },
    { metaData: snapshot.metaData },
    ...[...snapshot.transactions.values()].map(({ appId, version, lastUpdated }) => ({
      txn: { appId, version, ...(lastUpdated !== undefined && { lastUpdated }) },
    })),
    ...snapshot.tombstones
      .filter((remove) => (remove.deletionTimestamp ?? 0) >= keepRemovedSinceMs)
      .map((remove) => ({ remove })),
    ...snapshot.files.map((add) => ({ add })),
  ]
}

/** Writes down what the actions of a checkpoint do not say: the history, and which version carries each run's mark. */
export function formatHistory({ commits, transactions }: Snapshot): string {
  const versions = [...transactions].map(([run, { tableVersion }]) => [run, tableVersion])
  return JSON.stringify({ commits, versions })
}

/**
 * Makes a state of a checkpoint's actions.
 *
 * @param version the checkpoint's version
 * @returns the state, without a history where the checkpoint holds none
 * @throws RangeError when the actions are no state; says why
 */
export function fromCheckpoint(version: number, content: CheckpointContent): Snapshot {
  const { protocol, metaData } = content
  for (const kind of ['protocol', 'metaData', 'txn', 'remove', 'add'] as const) {
    for (const fields of content[kind]) {
      const problem = actionProblem(kind, fields)
      if (problem !== null) throw new RangeError(`it holds a bad ${kind} action: ${problem}`)
    }
  }
  if (protocol.length !== 1 || metaData.length !== 1) {
    throw new RangeError(
      `it holds ${protocol.length} protocol and ${metaData.length} metaData actions instead of one each`,
    )
  }
  const { commits, versions } = parseHistory(content.history)
  return {
    version,
    protocol: protocol[0]!,
    metaData: metaData[0]!,
    files: content.add,
    tombstones: content.remove,
    transactions: new Map(
      content.txn.map((txn): [string, AppliedTransaction] => [
        txn.appId,
        // Others do not note it; the checkpoint's own version holds the run's rows for sure.
        { ...txn, tableVersion: versions.get(txn.appId) ?? version },
      ]),
    ),
    commits: commits.at(-1)?.version === version ? commits : [],
  }
}

function parseHistory(text: string | undefined): {
  commits: readonly CommitSummary[]
  versions: ReadonlyMap<string, number>
} {
  const none = { commits: [], versions: new Map<string, number>() }
  if (text === undefined) return none
  // Written by this package and covered by the file's checksum, so its shape is known.
  const parsed: unknown = JSON.parse(text)
  if (!isJsonObject(parsed)) return none
  const { commits, versions } = parsed as {
    commits: readonly CommitSummary[]
    versions: readonly (readonly [string, number])[]
  }
  return { commits, versions: new Map(versions) }
}
