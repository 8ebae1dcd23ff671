import { LakehouseError } from '../errors.ts'
import type { Store } from '../store.ts'
import type { CheckpointTask, WrittenCheckpoint } from '../workers/checkpoint-tasks.ts'
import type { WorkerPool } from '../workers/pool.ts'
import { type CheckpointContent, fromCheckpoint } from './checkpoint-rows.ts'
import { checkpointPath, lastCheckpointPath } from './layout.ts'
import { DAY_MS, durationSettingMs } from './retention.ts'
import type { Snapshot } from './snapshot.ts'

/** A file of a checkpoint, as a log lists it. */
export interface CheckpointFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** Reads and writes checkpoints. The codec runs in worker threads, so whoever has none reads commits alone. */
export interface Checkpoints {
  /**
   * Reads the state that a checkpoint holds.
   *
   * @param files its parts in order
   * @throws LakehouseError `corrupt_log` when they are no checkpoint, `corrupt_file` when one is damaged
   */
  read(version: number, files: readonly CheckpointFile[]): Promise<Snapshot>
  /** Writes a state as a checkpoint, and then the hint that names it. */
  write(tablePath: string, snapshot: Snapshot, nowMs: number): Promise<void>
}

/** Every how many versions a checkpoint is written. */
export const CHECKPOINT_INTERVAL = 10

// Removed files are listed for as long as vacuum leaves them.
const TOMBSTONE_MS = 7 * DAY_MS

const TASKS = new URL(
  `../workers/checkpoint-tasks.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)

/** Reads and writes checkpoints of a store in worker threads. */
export function createCheckpoints(store: Store, workers: WorkerPool): Checkpoints {
  return {
    async read(version, files) {
      const content = await workers.run<CheckpointContent>(TASKS, 'readCheckpoint', {
        store: store.uri,
        files: files.map(({ path, size }) => ({ path, size })),
      })
      try {
        return fromCheckpoint(version, content)
      } catch (cause) {
        if (!(cause instanceof RangeError || cause instanceof SyntaxError)) throw cause
        throw new LakehouseError(
          'corrupt_log',
          `the checkpoint ${files[0]?.path} is damaged: ${cause.message}. Nothing was changed: remove it if the log has every version before it`,
          { cause, evidence: { file: files[0]?.path ?? '', version } },
        )
      }
    },

    async write(tablePath, snapshot, nowMs) {
      const path = checkpointPath(tablePath, snapshot.version)
      const { actions, sizeInBytes } = await workers.run<WrittenCheckpoint>(
        TASKS,
        'writeCheckpoint',
        {
          store: store.uri,
          path,
          snapshot,
          keepRemovedSinceMs:
            nowMs -
            Math.max(
              TOMBSTONE_MS,
              durationSettingMs(snapshot.metaData, 'delta.deletedFileRetentionDuration'),
            ),
        } satisfies CheckpointTask,
      )
      const hint = {
        version: snapshot.version,
        size: actions,
        sizeInBytes,
        numOfAddFiles: snapshot.files.length,
      }
      await store.put(lastCheckpointPath(tablePath), new TextEncoder().encode(JSON.stringify(hint)))
    },
  }
}
