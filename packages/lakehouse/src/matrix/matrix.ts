import { basename, dirname, resolve } from 'node:path'
import { LakehouseError } from '../errors.ts'
import { openStore } from '../store.ts'
import type { WorkerPool } from '../workers/pool.ts'
import type { MatrixData, MatrixSymbol } from './matrix-file.ts'
import type { DescribedFile, MatrixLocation } from './tasks.ts'

/** Cells of a matrix by symbol and feature: times, Unix seconds, ascending. */
export type CellList = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>

/** What a matrix says of itself. */
export interface MatrixDescription {
  /** Formula of its ratings; absent in a matrix that another program wrote. */
  readonly formula?: string
  /** Table it is derived from. */
  readonly table?: string
  /** Identity of that table (Delta `metaData.id`): a table that was created anew under the same name has another one. */
  readonly tableId?: string
  /** Version of that table it shows in full. */
  readonly tableVersion?: number
  /** Run that wrote it. */
  readonly runId?: string
  /** Cells that show a vendor's value. */
  readonly retrieved: CellList
  /** Cells that repeat an earlier value. */
  readonly filled: CellList
}

/** What a matrix says of itself, and whose columns it holds. */
export interface MatrixSummary extends MatrixDescription {
  /** Symbols with a column, in file order. */
  readonly symbols: readonly string[]
}

/** A matrix in memory. */
export interface Matrix {
  /** Bar opens, Unix seconds, ascending. */
  readonly timestamps: Float64Array
  /** In file order; `NaN` where there is no value. */
  readonly columns: readonly {
    readonly symbol: string
    readonly feature: string
    readonly values: Float64Array
  }[]
  readonly description: MatrixDescription
}

const TASKS = new URL(`./tasks.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/**
 * Reads a features matrix, ours or one that pandas wrote; only the columns asked for are read.
 *
 * @param path the file
 * @returns null when there is no such file
 * @throws LakehouseError `corrupt_file` when it is damaged, `invalid_input` when it is no matrix
 */
export async function readMatrix(
  workers: WorkerPool,
  path: string,
  wanted: { readonly symbols?: readonly string[]; readonly features?: readonly string[] } = {},
): Promise<Matrix | null> {
  const data = await workers.run<MatrixData | null>(TASKS, 'readColumns', {
    ...locate(path),
    ...wanted,
  })
  if (data === null) return null
  const columns = data.columns.map(({ symbol, feature, values, valid }) => {
    if (valid === undefined) return { symbol, feature, values }
    const shown = Float64Array.from(values, (value, row) =>
      (valid[row >> 3]! >> (row & 7)) & 1 ? value : Number.NaN,
    )
    return { symbol, feature, values: shown }
  })
  return { timestamps: data.timestamps, columns, description: fromMetadata(data.metadata) }
}

/** Reads what a matrix says of itself, from its footer alone; null when there is no such file. */
export async function describeMatrix(
  workers: WorkerPool,
  path: string,
): Promise<MatrixSummary | null> {
  const data = await workers.run<DescribedFile | null>(TASKS, 'describe', locate(path))
  return data && { ...fromMetadata(data.metadata), symbols: data.symbols }
}

/** What goes into a matrix. */
export interface MatrixUpsert {
  /** Replaced or added: all columns of these symbols' features. */
  readonly symbols: readonly MatrixSymbol[]
  /** The cell lists name only cells of `symbols`; those of others are kept. */
  readonly description: MatrixDescription
  /** File the run keeps for itself; written first. */
  readonly runFile: string
  /** Starts from nothing: what the matrix holds is not read, and replaced as a whole. */
  readonly anew?: boolean
}

/** A matrix that has been written. */
export interface WrittenMatrix {
  readonly sha256: string
  readonly size: number
  readonly rows: number
  readonly columns: number
}

/**
 * Writes the matrix at `path` anew, with new columns for some symbols: first whole into the run's own file, then
 * swapped in atomically. Everybody who reads sees the old matrix or the new one.
 *
 * @returns null when another run replaced the matrix in the meantime: start over from the newest
 * @throws LakehouseError `schema_mismatch` when the matrix was made with another formula or from another table,
 *   `invalid_input` when it holds columns that are no feature of a symbol, which would be lost
 * @throws RangeError when times do not ascend or a column has another length than its times
 */
export async function upsertMatrix(
  workers: WorkerPool,
  path: string,
  upsert: MatrixUpsert,
): Promise<WrittenMatrix | null> {
  checkSymbols(upsert.symbols)
  const master = locate(path)
  const store = openStore(master.store)
  const before = await store.head(master.path)
  const current = before && !upsert.anew ? await describeMatrix(workers, path) : null
  if (current) checkMatrixOrigin(path, current, upsert.description)

  const names = new Set(upsert.symbols.map(({ symbol }) => symbol))
  const description: MatrixDescription = {
    ...upsert.description,
    retrieved: replaceCells(current?.retrieved, names, upsert.description.retrieved),
    filled: replaceCells(current?.filled, names, upsert.description.filled),
  }
  const output = locate(upsert.runFile)
  const written = await workers.run<WrittenMatrix>(TASKS, 'upsertFile', {
    base: upsert.anew ? null : before && master,
    symbols: upsert.symbols,
    metadata: toMetadata(description),
    output,
  })

  const bytes = await openStore(output.store).get(output.path)
  const now = await store.head(master.path)
  if (now?.size !== before?.size || now?.modifiedMs !== before?.modifiedMs) return null
  // A copy, not a link: whoever edits the master in place must not reach the run's own file.
  await store.put(master.path, bytes)
  return written
}

/**
 * Copies a matrix as it is, for a run that changed nothing in it.
 *
 * @throws LakehouseError `not_found` when there is none, `corrupt_file` when any byte of it is damaged
 */
export async function copyMatrix(
  workers: WorkerPool,
  path: string,
  target: string,
): Promise<WrittenMatrix> {
  return await workers.run<WrittenMatrix>(TASKS, 'copyFile', {
    ...locate(path),
    output: locate(target),
  })
}

function locate(path: string): MatrixLocation {
  const absolute = resolve(path)
  return { store: dirname(absolute), path: basename(absolute) }
}

/**
 * Refuses columns of another formula or table than those a matrix holds: they would be of two kinds. A matrix that says
 * nothing of itself, as another program wrote it, takes any.
 *
 * @param path the file, for the message
 * @throws LakehouseError `schema_mismatch`
 */
export function checkMatrixOrigin(
  path: string,
  current: Pick<MatrixDescription, 'formula' | 'table'>,
  next: Pick<MatrixDescription, 'formula' | 'table'>,
): void {
  for (const [what, before, after] of [
    ['formula', current.formula, next.formula],
    ['table', current.table, next.table],
  ]) {
    if (before === undefined || before === after) continue
    throw new LakehouseError(
      'schema_mismatch',
      `the matrix ${path} belongs to the ${what} '${before}', not to '${after}'`,
      { evidence: { file: path } },
    )
  }
}

function checkSymbols(symbols: readonly MatrixSymbol[]): void {
  for (const { symbol, timestamps, values } of symbols) {
    for (let i = 0; i < timestamps.length; i++) {
      if (timestamps[i]! > (i === 0 ? -Infinity : timestamps[i - 1]!)) continue
      throw new RangeError(`${symbol}: timestamps must ascend, but the one in row ${i} does not`)
    }
    for (const feature in values) {
      const { length } = values[feature]!
      if (length === timestamps.length) continue
      throw new RangeError(
        `${symbol}: ${feature} must have ${timestamps.length} values, was ${length}`,
      )
    }
  }
}

function replaceCells(
  current: CellList | undefined,
  symbols: ReadonlySet<string>,
  next: CellList,
): CellList {
  const kept = Object.entries(current ?? {}).filter(([symbol]) => !symbols.has(symbol))
  return Object.fromEntries(
    [...kept, ...Object.entries(next)].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  )
}

function toMetadata(description: MatrixDescription): Map<string, string> {
  const entries: [string, string | undefined][] = [
    ['fs.formula', description.formula],
    ['fs.table', description.table],
    ['fs.table_id', description.tableId],
    ['fs.table_version', description.tableVersion?.toString()],
    ['fs.run_id', description.runId],
    ['fs.retrieved', JSON.stringify(description.retrieved)],
    ['fs.filled', JSON.stringify(description.filled)],
  ]
  return new Map(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function fromMetadata(metadata: ReadonlyMap<string, string>): MatrixDescription {
  const text = (name: string) => metadata.get(name)
  const cells = (name: string): CellList => JSON.parse(text(name) ?? '{}') as CellList
  const version = text('fs.table_version')
  return {
    ...(text('fs.formula') !== undefined && { formula: text('fs.formula')! }),
    ...(text('fs.table') !== undefined && { table: text('fs.table')! }),
    ...(text('fs.table_id') !== undefined && { tableId: text('fs.table_id')! }),
    ...(version !== undefined && { tableVersion: Number(version) }),
    ...(text('fs.run_id') !== undefined && { runId: text('fs.run_id')! }),
    retrieved: cells('fs.retrieved'),
    filled: cells('fs.filled'),
  }
}
