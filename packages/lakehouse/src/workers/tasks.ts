import { open as openHandle } from 'node:fs/promises'
import { type DataType, Type } from 'apache-arrow'
import { type Column, type Columns } from '../columns.ts'
import { LakehouseError } from '../errors.ts'
import { mergeRows, type MergeCounts, type MergeOptions } from '../merge-rows.ts'
import { fromArrow } from '../parquet/arrow-columns.ts'
import { decodeParquet } from '../parquet/decode.ts'
import { openFile } from '../parquet/file-source.ts'
import type { PlannedFile, ReadPlan } from '../read-plan.ts'
import { type IndexedRun, indexRows, parseRowIndex, ROW_INDEX_KEY } from '../row-index.ts'
import type { TableSchema } from '../schema.ts'
import { sortRows } from '../sort-rows.ts'
import { openStore } from '../store.ts'
import type { WorkerContext, WriteTarget, WrittenFile } from './context.ts'
import { type PackedRows, packRows, unpackRows } from './packed-rows.ts'

// What this package itself runs in worker threads. Each function is one task; its arguments are plain data.

/** Reads the rows of a plan. */
export async function scanRows(
  plan: ReadPlan,
  context: WorkerContext,
): Promise<{ rows: PackedRows; bytesRead: number }> {
  const { rows, bytesRead } = await context.readRows(plan)
  return { rows: packRows(rows), bytesRead }
}

/** Lists which symbols data files hold, and where. */
export async function indexFiles(
  plan: ReadPlan,
  context: WorkerContext,
): Promise<(readonly IndexedRun[])[]> {
  const store = openStore(plan.store)
  return await Promise.all(
    plan.files.map(async (file: PlannedFile) => {
      const { footer } = await context.open(store, file.path, file.size)
      const index = parseRowIndex(footer.keyValues.get(ROW_INDEX_KEY))
      if (index !== undefined) return index
      // Another engine wrote this file: look at the rows themselves.
      const { rows } = await context.readRows({ ...plan, files: [file] })
      return indexRows(rows, plan.time)
    }),
  )
}

/** The arguments of {@link mergeBatch}. */
export interface MergeBatch {
  readonly target: WriteTarget
  readonly schema: TableSchema
  /** The rows the table holds for the batch's symbols. */
  readonly existing: ReadPlan
  /** The rows to merge; either as they came, or as an earlier attempt wrote them. */
  readonly incoming: { readonly rows: PackedRows } | { readonly plan: ReadPlan }
  readonly options: MergeOptions
}

/** A merged batch. */
export interface MergedBatch {
  readonly file: WrittenFile | null
  readonly perSymbol: ReadonlyMap<string, MergeCounts>
}

/** Merges incoming rows with those of the table and writes what is new as one data file. */
export async function mergeBatch(args: MergeBatch, context: WorkerContext): Promise<MergedBatch> {
  const { target, schema, options } = args
  const incoming =
    'plan' in args.incoming
      ? (await context.readRows(args.incoming.plan)).rows
      : sortRows(unpackRows(args.incoming.rows), target.time)
  const existing = (await context.readRows(args.existing)).rows
  const { rows, perSymbol } = mergeRows(schema, existing, incoming, options)
  return { file: await context.writeRows(target, rows), perSymbol }
}

/** A Parquet file that is no table of ours. */
export interface ForeignFile {
  readonly columns: Columns
  /** Kind of Arrow type of each column: `Float`, `Int`, `Timestamp`, `Utf8`, … */
  readonly types: Readonly<Record<string, string>>
  /** Columns of types that have no counterpart here, nested ones by their dotted path; they were not read. */
  readonly unread: readonly string[]
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

async function reading<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const isMissing = ABSENT.has(code)
    throw new LakehouseError(
      isMissing ? 'not_found' : 'io_error',
      isMissing ? `there is no file ${path}` : `could not read ${path} (${code})`,
      { cause, evidence: { file: path } },
    )
  }
}

/** Reads any flat Parquet file, given by an absolute path. */
export async function readForeignFile(args: {
  readonly path: string
  readonly columns?: readonly string[]
}): Promise<{ rows: PackedRows; types: Record<string, string>; unread: string[] }> {
  const handle = await reading(args.path, () => openHandle(args.path, 'r'))
  try {
    const { size } = await handle.stat()
    const file = await openFile({
      path: args.path,
      size,
      async read(start, end) {
        const buffer = new Uint8Array(end - start)
        const { bytesRead } = await reading(args.path, () =>
          handle.read(buffer, 0, buffer.length, start),
        )
        return buffer.subarray(0, bytesRead)
      },
    })
    const flat = file.footer.columns.filter((name) => !file.footer.nested.has(name))
    const wanted =
      args.columns === undefined ? flat : flat.filter((name) => args.columns!.includes(name))
    if (wanted.length === 0) return { rows: {}, types: {}, unread: [...file.footer.nested] }
    const { table } = await decodeParquet(file, { columns: wanted })
    const rows: Record<string, Column> = {}
    const types: Record<string, string> = {}
    const unread: string[] = args.columns === undefined ? [...file.footer.nested] : []
    for (const name of wanted) {
      const vector = table.getChild(name)!
      types[name] = Type[(vector.type as DataType).typeId]
      try {
        rows[name] = fromArrow(vector, name)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        unread.push(name)
      }
    }
    return { rows: packRows(rows), types, unread }
  } finally {
    await handle.close()
  }
}
