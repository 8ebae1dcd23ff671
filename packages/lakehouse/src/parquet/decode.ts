import { type Table as ArrowTable, tableFromIPC } from 'apache-arrow'
import * as parquet from 'parquet-wasm'
import { corrupt, fetchChunks, type OpenFile } from './file-source.ts'

/** Which part of a file to decode. */
export interface DecodeRequest {
  /** Names the file has; order does not matter. */
  readonly columns: readonly string[]
  /** Positions of row groups; absent: all. */
  readonly rowGroups?: readonly number[]
}

// One batch a read: more batches only cost time.
const BATCH_ROWS = 2 ** 30

/**
 * Decodes columns of a file into one Arrow table, columns in file order. Runs in a worker: a fault of the codec must
 * not reach the program.
 *
 * @throws LakehouseError `corrupt_file` when bytes are damaged
 */
export async function decodeParquet(
  file: OpenFile,
  request: DecodeRequest,
): Promise<{ table: ArrowTable; bytesRead: number }> {
  const { source, footer } = file
  const rowGroups = request.rowGroups ?? footer.rowGroups.map((_, position) => position)
  const { blob, bytesRead } = await fetchChunks(file, request.columns, rowGroups)
  const expected = rowGroups.reduce((sum, position) => sum + footer.rowGroups[position]!.rows, 0)
  try {
    const opened = await parquet.ParquetFile.fromFile(blob)
    const decoded = await opened.read({
      columns: [...request.columns],
      rowGroups: [...rowGroups],
      batchSize: Math.min(BATCH_ROWS, Math.max(1, expected)),
    })
    opened.free()
    const table = tableFromIPC(decoded.intoIPCStream())
    if (table.numRows !== expected) {
      throw new RangeError(`${table.numRows} of ${expected} rows came back`)
    }
    return { table, bytesRead }
  } catch (error) {
    throw corrupt(source, error instanceof Error ? error.message : String(error), error)
  }
}
