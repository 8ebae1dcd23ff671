import { createHash } from 'node:crypto'
import { LakehouseError } from '../errors.ts'
import { fetchChunks, openFile, type OpenFile } from '../parquet/file-source.ts'
import { openStore } from '../store.ts'
import type { WorkerContext } from '../workers/context.ts'
import { parseColumnName } from './column-name.ts'
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
  const symbols = args.symbols && new Set(args.symbols)
  const features = args.features && new Set(args.features)
  return await readCurrent(args, context, (file) =>
    readMatrixFile(
      file,
      (key) => (symbols?.has(key.symbol) ?? true) && (features?.has(key.feature) ?? true),
    ),
  )
}

/** What the footer of a matrix says. */
export interface DescribedFile extends Pick<MatrixData, 'metadata'> {
  readonly symbols: readonly string[]
}

/** Reads only what a matrix says of itself. */
export async function describe(
  args: MatrixLocation,
  context: WorkerContext,
): Promise<DescribedFile | null> {
  return await readCurrent(args, context, async (file) => {
    const { metadata } = await readMatrixFile(file, () => false)
    const symbols = new Set(
      file.footer.columns.flatMap((name) => parseColumnName(name)?.symbol ?? []),
    )
    return { metadata, symbols: [...symbols] }
  })
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
  const base = (args.base && (await readCurrent(args.base, context, readMatrixFile))) ?? EMPTY
  if (base.others.length > 0) {
    throw new LakehouseError(
      'invalid_input',
      `${args.base!.path} holds columns that are no feature of a symbol and would be lost: ${base.others.join(', ')}. Nothing was changed.`,
      { evidence: { file: args.base!.path, columns: base.others } },
    )
  }
  const upserted = upsertColumns(base, args.symbols)
  const { bytes, sha256 } = await encodeMatrix({ ...upserted, metadata: args.metadata })
  await openStore(args.output.store).put(args.output.path, bytes)
  return {
    sha256,
    size: bytes.length,
    rows: upserted.timestamps.length,
    columns: upserted.columns.length,
  }
}

/**
 * Copies a matrix to `output`, byte for byte, once every checksum in it is verified.
 *
 * @throws LakehouseError `corrupt_file` when it is damaged; nothing is written
 */
export async function copyFile(
  args: MatrixLocation & { readonly output: MatrixLocation },
): Promise<{ sha256: string; size: number; rows: number; columns: number }> {
  const bytes = await openStore(args.store).get(args.path)
  const file = await openFile({
    path: args.path,
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
  })
  const { footer } = file
  await fetchChunks(
    file,
    footer.columns,
    footer.rowGroups.map((_, position) => position),
  )
  await openStore(args.output.store).put(args.output.path, bytes)
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    rows: footer.rows,
    columns: footer.columns.length - 1,
  }
}

const EMPTY: MatrixData = {
  timestamps: new Float64Array(0),
  columns: [],
  others: [],
  metadata: new Map(),
}

// Each attempt but the last saw the file replaced while it was read.
const READ_ATTEMPTS = 20

/** Reads the file as it is at one moment: a run may swap another in while its parts are fetched. */
async function readCurrent<Result>(
  { store: uri, path }: MatrixLocation,
  context: WorkerContext,
  read: (file: OpenFile) => Promise<Result>,
): Promise<Result | null> {
  const store = openStore(uri)
  for (let attempt = 1; ; attempt++) {
    const before = await store.head(path)
    if (before === null) return null
    let outcome: { result: Result } | { error: unknown }
    let isVerified = false
    try {
      const file = await context.openChanging(store, path, before.size)
      outcome = { result: await read(file) }
      isVerified = file.checksums !== undefined
    } catch (error) {
      outcome = { error }
    }
    const after = isVerified ? before : await store.head(path)
    const isSame = after?.size === before.size && after.modifiedMs === before.modifiedMs
    if (!isSame && attempt < READ_ATTEMPTS) continue
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }
}
