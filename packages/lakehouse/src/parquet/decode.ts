import { type Table as ArrowTable, tableFromIPC } from 'apache-arrow'
import * as parquet from 'parquet-wasm'
import { inCodec } from './codec.ts'
import { corrupt, fetchChunks, type OpenFile } from './file-source.ts'
import type { Footer } from './footer.ts'

/** Which part of a file to decode. */
export interface DecodeRequest {
  /** Names the file has; order does not matter. */
  readonly columns: readonly string[]
  /** Positions of row groups; absent: all. */
  readonly rowGroups?: readonly number[]
}

// The codec takes `a` for the path of a struct and so reads `a.b` as well: its bytes must then be there too.
function selectedColumns(names: readonly string[], footer: Footer): string[] {
  if (confusesCodec(names, footer)) return [...footer.columns]
  const wanted = new Set(names)
  return footer.columns.filter((name) => {
    if (wanted.has(name)) return true
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      if (wanted.has(name.slice(0, dot))) return true
    }
    return false
  })
}

// To find such paths it counts bytes where it should count characters, and traps when a name with others than ASCII
// starts another one. Asking for all columns is the way around.
function confusesCodec(names: readonly string[], footer: Footer): boolean {
  const unusual = names.filter((name) => /[^\0-\x7f]/.test(name))
  if (unusual.length === 0) return false
  const sorted = footer.columns.toSorted()
  const next = new Map(sorted.map((name, i) => [name, sorted[i + 1]]))
  // What starts with a name follows right after it.
  return unusual.some((name) => next.get(name)?.startsWith(name))
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
  const columns = selectedColumns(request.columns, footer)
  const { blob, bytesRead } = await fetchChunks(file, columns, rowGroups)
  const expected = rowGroups.reduce((sum, position) => sum + footer.rowGroups[position]!.rows, 0)
  try {
    const table = await inCodec(source.path, async () => {
      const opened = await parquet.ParquetFile.fromFile(blob)
      const decoded = await opened.read({
        ...(columns.length < footer.columns.length && { columns }),
        rowGroups: [...rowGroups],
        batchSize: Math.min(BATCH_ROWS, Math.max(1, expected)),
      })
      opened.free()
      return tableFromIPC(decoded.intoIPCStream())
    })
    if (table.numRows !== expected) {
      throw new RangeError(`${table.numRows} of ${expected} rows came back`)
    }
    return { table, bytesRead }
  } catch (error) {
    throw corrupt(source.path, error instanceof Error ? error.message : String(error), error)
  }
}
