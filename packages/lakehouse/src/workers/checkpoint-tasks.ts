import { fromCheckpointColumns, toCheckpointBatch } from '../delta/checkpoint-arrow.ts'
import {
  type CheckpointContent,
  checkpointRows,
  formatHistory,
  HISTORY_KEY,
} from '../delta/checkpoint-rows.ts'
import type { Snapshot } from '../delta/snapshot.ts'
import { decodeParquet } from '../parquet/decode.ts'
import { encodeParquet } from '../parquet/encode.ts'
import { openStore } from '../store.ts'
import type { WorkerContext } from './context.ts'

// Reading and writing of checkpoints, in worker threads as all of Parquet.

/** The arguments of {@link writeCheckpoint}. */
export interface CheckpointTask {
  readonly store: string
  readonly path: string
  readonly snapshot: Snapshot
  /** Removals before this are left out, milliseconds since 1970 UTC. */
  readonly keepRemovedSinceMs: number
}

/** What was written. */
export interface WrittenCheckpoint {
  readonly actions: number
  readonly sizeInBytes: number
}

const ROW_GROUP_ROWS = 2 ** 20

/** Writes a state as one Parquet file. */
export async function writeCheckpoint(args: CheckpointTask): Promise<WrittenCheckpoint> {
  const { snapshot } = args
  const rows = checkpointRows(snapshot, args.keepRemovedSinceMs)
  const bytes = await encodeParquet(toCheckpointBatch(rows), {
    rowGroupRows: ROW_GROUP_ROWS,
    dictionary: [],
    delta: [],
    keyValues: new Map([[HISTORY_KEY, formatHistory(snapshot)]]),
  })
  // Whoever wrote it before wrote the same state; a damaged one is mended.
  await openStore(args.store).put(args.path, bytes)
  return { actions: rows.length, sizeInBytes: bytes.length }
}

/** Reads the actions of a checkpoint, all its parts one behind the other. */
export async function readCheckpoint(
  args: {
    readonly store: string
    readonly files: readonly { readonly path: string; readonly size: number }[]
  },
  context: WorkerContext,
): Promise<CheckpointContent> {
  const store = openStore(args.store)
  const parts: CheckpointContent[] = []
  for (const { path, size } of args.files) {
    // A checkpoint may be replaced, so its footer is not kept.
    const file = await context.openChanging(store, path, size)
    const { table } = await decodeParquet(file, { columns: file.footer.columns })
    parts.push({
      ...fromCheckpointColumns((name) => table.getChild(name)),
      history: file.footer.keyValues.get(HISTORY_KEY),
    })
  }
  const all = <Row>(of: (part: CheckpointContent) => readonly Row[]) => parts.flatMap(of)
  return {
    protocol: all((part) => part.protocol),
    metaData: all((part) => part.metaData),
    txn: all((part) => part.txn),
    remove: all((part) => part.remove),
    add: all((part) => part.add),
    history: parts[0]?.history,
  }
}
