import { resolve } from 'node:path'
import type { Columns } from './columns.ts'
import { LakehouseError } from './errors.ts'
import { checkSchema, type TableSchema } from './schema.ts'
import { openStore, type Store } from './store.ts'
import { type LakehouseEvent, openTable, type Table } from './table.ts'
import { type PackedRows, unpackRows } from './workers/packed-rows.ts'
import { createWorkerPool, type WorkerPool } from './workers/pool.ts'
import type { ForeignFile } from './workers/tasks.ts'

/** What a lakehouse works with; everything has a default. */
export interface LakehouseOptions {
  /** The clock, Unix seconds. */
  readonly now?: () => number
  /** Number of worker threads, one a processor by default; or the threads of another lakehouse, which closes them. */
  readonly workers?: number | WorkerPool
  /** Ends the work at the next safe point; nothing half-done is committed. */
  readonly signal?: AbortSignal
  /** Told of what went wrong beside the work, such as a checkpoint that could not be written. */
  readonly onEvent?: (event: LakehouseEvent) => void
}

/** A lakehouse: tables in one store, and the threads that read and write them. */
export interface Lakehouse {
  readonly store: Store
  readonly workers: WorkerPool
  /**
   * Opens a table by its path, such as `features/local_1d`.
   *
   * @param options.schema what the table is created with at its first commit; an existing one keeps its own and takes
   *   on the schema's new nullable columns with the first rows written
   */
  table(name: string, options?: { readonly schema?: TableSchema }): Table
  /**
   * Reads a flat Parquet file from anywhere on this machine.
   *
   * @throws LakehouseError `corrupt_file` when it is damaged or no Parquet file, `not_found` when there is none
   */
  readParquet(
    path: string,
    options?: { readonly columns?: readonly string[] },
  ): Promise<ForeignFile>
  /** Stops its own threads; work under way fails with `aborted`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const TABLE_NAME = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/

/**
 * Opens a lakehouse. Nothing is read or created yet.
 *
 * @param place a folder, as a path or `file://` URI; or a store, through which logs are then read and written, while
 *   worker threads read and write data files at its URI
 * @throws LakehouseError `unsupported_option` for another kind of URI
 * @example
 * await using lake = openLakehouse('data/lakehouse')
 * for await (const bars of lake.table('bars_1d').scan({ symbols: ['BINANCE:BTCUSDT'] })) …
 */
export function openLakehouse(place: string | Store, options: LakehouseOptions = {}): Lakehouse {
  const store = typeof place === 'string' ? openStore(place) : place
  const isShared = typeof options.workers === 'object'
  const workers =
    typeof options.workers === 'object'
      ? options.workers
      : createWorkerPool(options.workers, options.signal)
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  const close = async () => {
    if (!isShared) await workers.close()
  }
  return {
    store,
    workers,
    table(name, { schema } = {}) {
      if (!TABLE_NAME.test(name)) {
        throw new LakehouseError('invalid_input', `'${name}' is no name of a table`, {
          evidence: { table: name },
        })
      }
      if (schema !== undefined) checkSchema(name, schema)
      return openTable(
        { store, workers, now, signal: options.signal, onEvent: options.onEvent },
        name,
        schema,
      )
    },
    async readParquet(path, { columns } = {}) {
      const { rows, types, unread } = await workers.run<{
        rows: PackedRows
        types: Record<string, string>
        unread: string[]
      }>(TASKS, 'readForeignFile', { path: resolve(path), ...(columns && { columns }) })
      return { columns: unpackRows(rows) satisfies Columns, types, unread }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const TASKS = new URL(
  `./workers/tasks.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)
