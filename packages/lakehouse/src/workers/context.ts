import { createHash, randomUUID } from 'node:crypto'
import { type Columns, concatRows, numbers, rowCount, texts } from '../columns.ts'
import { LakehouseError } from '../errors.ts'
import { toArrow } from '../parquet/arrow-columns.ts'
import { encodeParquet } from '../parquet/encode.ts'
import { corrupt, openFile, type OpenFile } from '../parquet/file-source.ts'
import type { ReadPlan } from '../read-plan.ts'
import { formatRowIndex, type IndexedRun, indexRows, ROW_INDEX_KEY } from '../row-index.ts'
import type { TableColumn } from '../schema.ts'
import { sortRows } from '../sort-rows.ts'
import { openStore, type Store } from '../store.ts'
import { emptyRows, readFileRows } from './file-rows.ts'

/** Where rows are written: plain data. */
export interface WriteTarget {
  readonly store: string
  readonly table: string
  readonly columns: readonly TableColumn[]
  readonly time: string
}

/** A data file that has been written and not been committed yet. */
export interface WrittenFile {
  /** Path relative to the table. */
  readonly path: string
  readonly size: number
  readonly rows: number
  readonly sha256: string
  /** Statistics as Delta keeps them, JSON. */
  readonly stats: string
  readonly symbols: readonly string[]
}

/** What a task in a worker thread can do with tables. */
export interface WorkerContext {
  /**
   * Reads rows, sorted by symbol, time and `known_at`. Text columns come as text, all others as numbers.
   *
   * @throws LakehouseError `corrupt_file` when a file is damaged
   */
  readRows(plan: ReadPlan): Promise<{ rows: Columns; bytesRead: number }>
  /**
   * Writes rows, sorted or not, as one new data file. It belongs to the table only once it is committed.
   *
   * @returns null when there are no rows
   */
  writeRows(target: WriteTarget, rows: Columns): Promise<WrittenFile | null>
  /**
   * Opens a data file; its footer is kept, as such a file never changes.
   *
   * @throws LakehouseError `corrupt_file` when it is missing, of another size or damaged
   */
  open(store: Store, path: string, size: number): Promise<OpenFile>
  /** Opens a file that is replaced from time to time. */
  openChanging(store: Store, path: string, size: number): Promise<OpenFile>
}

// Enough to hold the footers of a store of 25,000 symbols; data files never change, so path and size name one.
const CACHED_FOOTERS = 512
// Small enough to read one symbol of many, large enough to compress.
const ROW_GROUP_ROWS = 4096
const SMALLEST_SYMBOL_GROUP_ROWS = 512

/** Makes the context of a worker thread. */
export function createContext(): WorkerContext {
  const stores = new Map<string, Store>()
  const footers = new Map<string, OpenFile>()

  const storeAt = (uri: string): Store => {
    const store = stores.get(uri) ?? openStore(uri)
    stores.set(uri, store)
    return store
  }

  const openChanging = async (store: Store, path: string, size: number): Promise<OpenFile> =>
    await openFile({ path, size, read: (start, end) => store.getRange(path, start, end) })

  const open = async (store: Store, path: string, size: number): Promise<OpenFile> => {
    const name = `${store.uri}\n${path}\n${size}`
    const head = await store.head(path)
    if (head?.size !== size) {
      throw corrupt(
        path,
        head === null ? 'it is missing' : `it has ${head.size} bytes instead of ${size}`,
      )
    }
    const cached = footers.get(name)
    if (cached !== undefined) return cached
    const opened = await openChanging(store, path, size)
    if (footers.size >= CACHED_FOOTERS) footers.delete(footers.keys().next().value!)
    footers.set(name, opened)
    return opened
  }

  return {
    open,
    openChanging,

    async readRows(plan) {
      const store = storeAt(plan.store)
      const parts: Columns[] = []
      let bytesRead = 0
      for (const file of plan.files) {
        const part = await readFileRows(await open(store, file.path, file.size), file, plan)
        bytesRead += part.bytesRead
        if (rowCount(part.rows) > 0) parts.push(part.rows)
      }
      const rows = parts.length === 0 ? emptyRows(plan.columns) : concatRows(parts)
      return { rows: sortRows(rows, plan.time), bytesRead }
    },

    async writeRows(target, unsorted) {
      if (rowCount(unsorted) === 0) return null
      const rows = sortRows(unsorted, target.time)
      const index = indexRows(rows, target.time)
      const bytes = await encodeParquet(toArrow(rows, target.columns), {
        rowGroupRows: rowGroupRows(index),
        dictionary: target.columns.filter(({ type }) => type === 'string').map(({ name }) => name),
        delta: target.columns.filter(({ type }) => type === 'long').map(({ name }) => name),
        keyValues: new Map([[ROW_INDEX_KEY, formatRowIndex(index)]]),
      })
      const path = `part-${randomUUID()}.zstd.parquet`
      const store = storeAt(target.store)
      if (!(await store.putIfAbsent(`${target.table}/${path}`, bytes))) {
        throw new LakehouseError(
          'io_error',
          `${target.table}/${path} exists already; nothing was changed`,
        )
      }
      return {
        path,
        size: bytes.length,
        rows: rowCount(rows),
        sha256: createHash('sha256').update(bytes).digest('hex'),
        stats: JSON.stringify(statistics(rows, target)),
        symbols: index.map((run) => run.symbol),
      }
    },
  }
}

// Equal lengths give exactly one row group a symbol.
function rowGroupRows(index: readonly IndexedRun[]): number {
  const length = index[0]!.rows
  const equal = index.every((run) => run.rows === length)
  return equal && length >= SMALLEST_SYMBOL_GROUP_ROWS ? length : ROW_GROUP_ROWS
}

function statistics(rows: Columns, target: WriteTarget): object {
  const minValues: Record<string, unknown> = {}
  const maxValues: Record<string, unknown> = {}
  const nullCount: Record<string, number> = {}
  const symbols = texts(rows, 'symbol')
  // Sorted by symbol.
  minValues['symbol'] = symbols[0]
  maxValues['symbol'] = symbols.at(-1)
  nullCount['symbol'] = 0
  for (const name of [target.time, 'known_at']) {
    const values = numbers(rows, name)
    let min = Infinity
    let max = -Infinity
    let nulls = 0
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value < min) min = value
      if (value > max) max = value
      if (value !== value) nulls += 1
    }
    if (nulls < values.length) {
      minValues[name] = min
      maxValues[name] = max
    }
    nullCount[name] = nulls
  }
  return { numRecords: rowCount(rows), minValues, maxValues, nullCount }
}
