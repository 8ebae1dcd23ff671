import {
  type DataType,
  type Field,
  type RecordBatch,
  Table as ArrowTable,
  tableToIPC,
} from 'apache-arrow'
import * as parquet from 'parquet-wasm'
import { inCodec } from './codec.ts'
import { blankChecksums, CHECKSUM_KEY, stampChecksums } from './checksum.ts'
import { footerLength, parseFooter, TRAILER_BYTES } from './footer.ts'

/** How a file is laid out. */
export interface EncodeOptions {
  /** Rows a row group, the unit that can be read by itself. */
  readonly rowGroupRows: number
  /** Columns that repeat their values: these get a dictionary. Floats must not: it makes them 2-3 times slower. */
  readonly dictionary: readonly string[]
  /** Columns of rising whole numbers, stored as differences. */
  readonly delta: readonly string[]
  readonly keyValues?: ReadonlyMap<string, string>
}

// Above this much raw data in one call the codec runs out of its 4 GiB address space (it needs 6.5 times as much).
const RAW_LIMIT_BYTES = 512 * 2 ** 20

/**
 * Encodes a batch as a Parquet file that carries its checksums. Runs in a worker: a fault of the codec must not reach
 * the program.
 *
 * @throws RangeError when the batch is larger than the codec can take
 */
export async function encodeParquet(
  batch: RecordBatch,
  options: EncodeOptions,
): Promise<Uint8Array> {
  const rawBytes = batch.data.children.reduce((sum, child) => sum + child.byteLength, 0)
  if (rawBytes > RAW_LIMIT_BYTES) {
    throw new RangeError(
      `a file of ${Math.round(rawBytes / 2 ** 20)} MiB raw exceeds the ${RAW_LIMIT_BYTES / 2 ** 20} MiB that can be written at once`,
    )
  }
  const rowGroups = Math.ceil(batch.numRows / options.rowGroupRows)
  const keyValues = new Map(options.keyValues)
  keyValues.set(CHECKSUM_KEY, blankChecksums(rowGroups * leafCount(batch.schema.fields)))

  const stream = tableToIPC(new ArrowTable([batch]), 'stream')
  const file = await inCodec('a new file', () =>
    parquet.writeParquet(parquet.Table.fromIPCStream(stream), writerProperties(options, keyValues)),
  )
  const length = footerLength(file.subarray(-TRAILER_BYTES))
  const footer = parseFooter(file.subarray(-TRAILER_BYTES - length, -TRAILER_BYTES))
  if (footer.rows !== batch.numRows) {
    throw new RangeError(`the codec wrote ${footer.rows} of ${batch.numRows} rows`)
  }
  stampChecksums(file, footer)
  return file
}

// Parquet stores the leaves of nested columns one by one.
function leafCount(fields: readonly Field[]): number {
  return fields.reduce((sum, field) => {
    const children = (field.type as DataType).children as readonly Field[] | null
    return sum + (children === null || children.length === 0 ? 1 : leafCount(children))
  }, 0)
}

function writerProperties(
  options: EncodeOptions,
  keyValues: ReadonlyMap<string, string>,
): parquet.WriterProperties {
  let builder = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.ZSTD)
    .setDictionaryEnabled(false)
    .setMaxRowGroupSize(options.rowGroupRows)
    .setStatisticsEnabled(parquet.EnabledStatistics.Chunk)
    .setKeyValueMetadata(new Map(keyValues))
  for (const column of options.dictionary) {
    builder = builder.setColumnDictionaryEnabled(column, true)
  }
  for (const column of options.delta) {
    builder = builder.setColumnEncoding(column, parquet.Encoding.DELTA_BINARY_PACKED)
  }
  return builder.build()
}
