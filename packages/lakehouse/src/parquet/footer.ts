import { readStruct, type ThriftStruct, type ThriftValue } from './thrift.ts'

/** Where the bytes of one column chunk lie. */
export interface ColumnChunk {
  readonly column: string
  /** First byte, counted from the start of the file. */
  readonly start: number
  /** First byte after it. */
  readonly end: number
}

/** One row group of a Parquet file. */
export interface RowGroup {
  readonly firstRow: number
  readonly rows: number
  readonly chunks: readonly ColumnChunk[]
}

/** What the footer of a Parquet file says: enough to plan a read without the codec. */
export interface Footer {
  readonly rows: number
  /** Leaf columns in file order; a nested one has its path joined by dots. */
  readonly columns: readonly string[]
  /** Those of them that are nested; a flat name may hold dots as well. */
  readonly nested: ReadonlySet<string>
  readonly rowGroups: readonly RowGroup[]
  readonly keyValues: ReadonlyMap<string, string>
  /** The program that wrote the file, in its own words; empty when it does not say. */
  readonly createdBy: string
  /** Where column data ends and indexes and footer begin. */
  readonly dataEnd: number
}

const MAGIC = 0x31524150
/** A Parquet file ends with the footer's length (four bytes) and the letters PAR1. */
export const TRAILER_BYTES = 8

/**
 * Reads the length of the footer, trailer not counted, from the last eight bytes of a file.
 *
 * @throws RangeError when these are not the last bytes of a Parquet file
 */
export function footerLength(trailer: Uint8Array): number {
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength)
  if (trailer.length !== TRAILER_BYTES || view.getUint32(4, true) !== MAGIC) {
    throw new RangeError('the file does not end as a Parquet file does')
  }
  return view.getUint32(0, true)
}

// Field numbers of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
const FILE = { schema: 2, rows: 3, rowGroups: 4, keyValues: 5, createdBy: 6 }
const ROW_GROUP = { columns: 1, rows: 3 }
const CHUNK = { metadata: 3 }
const CHUNK_METADATA = { path: 3, compressedSize: 7, dataOffset: 9, dictionaryOffset: 11 }
const KEY_VALUE = { key: 1, value: 2 }

const decoder = new TextDecoder()

/**
 * Decodes a footer.
 *
 * @param bytes the footer's bytes, without the trailer
 * @throws RangeError when they are no footer, or one whose chunks make no sense
 */
export function parseFooter(bytes: Uint8Array): Footer {
  const file = readStruct(bytes)
  let firstRow = 0
  let dataEnd = 4
  const nested = new Set<string>()
  const rowGroups = list(file, FILE.rowGroups).map((value) => {
    const group = struct(value)
    const rows = number(group, ROW_GROUP.rows)
    const chunks = list(group, ROW_GROUP.columns).map((chunk): ColumnChunk => {
      const metadata = struct(struct(chunk).get(CHUNK.metadata))
      const data = number(metadata, CHUNK_METADATA.dataOffset)
      const dictionary = metadata.get(CHUNK_METADATA.dictionaryOffset)
      // Some writers put 0 where there is no dictionary.
      const start =
        typeof dictionary === 'number' && dictionary > 0 ? Math.min(dictionary, data) : data
      const end = start + number(metadata, CHUNK_METADATA.compressedSize)
      if (start < 4 || end < start) throw new RangeError('a column chunk lies outside the file')
      dataEnd = Math.max(dataEnd, end)
      const path = list(metadata, CHUNK_METADATA.path)
      const column = path.map(text).join('.')
      if (path.length > 1) nested.add(column)
      return { column, start, end }
    })
    const described = { firstRow, rows, chunks }
    firstRow += rows
    return described
  })
  const keyValues = new Map<string, string>()
  if (file.has(FILE.keyValues)) {
    for (const entry of list(file, FILE.keyValues)) {
      const pair = struct(entry)
      const value = pair.get(KEY_VALUE.value)
      keyValues.set(text(pair.get(KEY_VALUE.key)), value === undefined ? '' : text(value))
    }
  }
  const columns =
    rowGroups[0]?.chunks.map((chunk) => chunk.column) ?? leafNames(list(file, FILE.schema))
  const creator = file.get(FILE.createdBy)
  return {
    rows: number(file, FILE.rows),
    columns,
    nested,
    rowGroups,
    keyValues,
    createdBy: creator === undefined ? '' : text(creator),
    dataEnd,
  }
}

// A file without row groups names its columns in the schema only; ours are flat.
function leafNames(elements: readonly ThriftValue[]): string[] {
  const NAME = 4
  const CHILDREN = 5
  return elements.flatMap((element) => {
    const fields = struct(element)
    return fields.has(CHILDREN) ? [] : [text(fields.get(NAME))]
  })
}

function number(fields: ThriftStruct, field: number): number {
  const value = fields.get(field)
  if (typeof value !== 'number')
    throw new RangeError(`the footer lacks the number in field ${field}`)
  return value
}

function list(fields: ThriftStruct, field: number): readonly ThriftValue[] {
  const value = fields.get(field)
  if (!Array.isArray(value)) throw new RangeError(`the footer lacks the list in field ${field}`)
  return value as readonly ThriftValue[]
}

function struct(value: ThriftValue | undefined): ThriftStruct {
  if (!(value instanceof Map)) throw new RangeError('the footer lacks a struct')
  return value
}

function text(value: ThriftValue | undefined): string {
  if (!(value instanceof Uint8Array)) throw new RangeError('the footer lacks a text')
  return decoder.decode(value)
}
