import { basename, dirname } from 'node:path'
import { toArrow } from '../parquet/arrow-columns.ts'
import { encodeParquet } from '../parquet/encode.ts'
import type { TableColumn } from '../schema.ts'
import { fileStore } from '../store-file.ts'
import { type PackedRows, unpackRows } from './packed-rows.ts'

const ROW_GROUP_ROWS = 2 ** 17

/** Writes rows as one Parquet file anywhere on this machine, whole or not at all; an older one is replaced. */
export async function writeFlatFile(args: {
  readonly path: string
  readonly columns: readonly TableColumn[]
  readonly rows: PackedRows
}): Promise<{ size: number }> {
  const { path, columns } = args
  const bytes = await encodeParquet(toArrow(unpackRows(args.rows), columns), {
    rowGroupRows: ROW_GROUP_ROWS,
    dictionary: columns.filter(({ type }) => type === 'string').map(({ name }) => name),
    delta: columns.filter(({ type }) => type === 'long').map(({ name }) => name),
  })
  await fileStore(dirname(path)).put(basename(path), bytes)
  return { size: bytes.length }
}
