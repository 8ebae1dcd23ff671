import { createHash } from 'node:crypto'
import { openStore } from '../store.ts'
import type { WorkerContext } from '../workers/context.ts'
import {
  encodeMatrix,
  type MatrixData,
  type MatrixSymbol,
  readMatrixFile,
  upsertColumns,
} from './matrix-file.ts'

// The matrix's work in worker threads; arguments and results are plain data.

/** Which file, and what it was when the caller looked. */
export interface MatrixLocation {
  /** URI of the folder. */
  readonly store: string
  readonly path: string
}

/** Reads a matrix, or the columns of some symbols and features of it. */
export async function readColumns(
  args: MatrixLocation & {
    readonly symbols?: readonly string[]
    readonly features?: readonly string[]
  },
  context: WorkerContext,
): Promise<MatrixData | null> {
  const file = await openMatrix(args, context)
  if (file === null) return null
  const symbols = args.symbols && new Set(args.symbols)
  const features = args.features && new Set(args.features)
  return await readMatrixFile(
    file,
    (key) => (symbols?.has(key.symbol) ?? true) && (features?.has(key.feature) ?? true),
  )
}

/** Reads only what a matrix says of itself. */
export async function describe(
  args: MatrixLocation,
  context: WorkerContext,
): Promise<Pick<MatrixData, 'metadata'> | null> {
  const file = await openMatrix(args, context)
  if (file === null) return null
  const { metadata } = await readMatrixFile(file, () => false)
  return { metadata }
}

/** Brings new columns into the matrix at `base` and writes the result to `output`. */
export async function upsertFile(
  args: {
    readonly base: MatrixLocation | null
    readonly symbols: readonly MatrixSymbol[]
    readonly metadata: ReadonlyMap<string, string>
    readonly output: MatrixLocation
  },
  context: WorkerContext,
): Promise<{ sha256: string; size: number; rows: number; columns: number }> {
  const file = args.base === null ? null : await openMatrix(args.base, context)
  const base: MatrixData =
    file === null
      ? { timestamps: new Float64Array(0), columns: [], metadata: new Map() }
      : await readMatrixFile(file)
  const upserted = upsertColumns(base, args.symbols)
  const { bytes, sha256 } = encodeMatrix({ ...upserted, metadata: args.metadata })
  await openStore(args.output.store).put(args.output.path, bytes)
  return {
    sha256,
    size: bytes.length,
    rows: upserted.timestamps.length,
    columns: upserted.columns.length,
  }
}

/** Copies a matrix to `output`, byte for byte. */
export async function copyFile(
  args: MatrixLocation & { readonly output: MatrixLocation },
  context: WorkerContext,
): Promise<{ sha256: string; size: number; rows: number; columns: number }> {
  const bytes = await openStore(args.store).get(args.path)
  await openStore(args.output.store).put(args.output.path, bytes)
  const { footer } = await context.openChanging(openStore(args.store), args.path, bytes.length)
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    rows: footer.rows,
    columns: footer.columns.length - 1,
  }
}

async function openMatrix({ store: uri, path }: MatrixLocation, context: WorkerContext) {
  const store = openStore(uri)
  const head = await store.head(path)
  if (head === null) return null
  return await context.openChanging(store, path, head.size)
}
