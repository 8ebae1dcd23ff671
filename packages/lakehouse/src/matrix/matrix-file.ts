import { createHash } from 'node:crypto'
import {
  type Data,
  DataType,
  Field,
  Float64,
  makeData,
  Precision,
  RecordBatch,
  Schema,
  Struct,
  TimestampMillisecond,
  Type,
  type Vector,
} from 'apache-arrow'
import { LakehouseError } from '../errors.ts'
import { fromArrow } from '../parquet/arrow-columns.ts'
import { decodeParquet } from '../parquet/decode.ts'
import { encodeParquet } from '../parquet/encode.ts'
import type { OpenFile } from '../parquet/file-source.ts'
import { formatColumnName, type MatrixColumnKey, parseColumnName } from './column-name.ts'
import { INDEX_COLUMN, indexColumn, PANDAS_KEY, pandasMetadata } from './pandas-metadata.ts'

/** One column of a matrix, as bytes: values and, where some are null, one bit a row. */
export interface MatrixColumn extends MatrixColumnKey {
  readonly values: Float64Array
  /** Bit set = a value; absent = all set. */
  readonly valid?: Uint8Array
}

/** A matrix in memory: rows are bars, columns are features of symbols. */
export interface MatrixData {
  /** Bar opens, Unix seconds, ascending. */
  readonly timestamps: Float64Array
  readonly columns: readonly MatrixColumn[]
  /** Columns of the file whose names are no pair of symbol and feature; they were not read. */
  readonly others: readonly string[]
  /** Key-values of the file, without those of the codec; only its origin when another program wrote it anew. */
  readonly metadata: ReadonlyMap<string, string>
}

/** New values of one symbol: they replace its columns of these features on every row. */
export interface MatrixSymbol {
  readonly symbol: string
  /** Bar opens, Unix seconds, ascending. */
  readonly timestamps: Float64Array
  /** By feature; `NaN` means no value. */
  readonly values: Readonly<Record<string, Float64Array>>
}

const ORIGIN_KEYS: readonly string[] = ['fs.formula', 'fs.table']

// A longer matrix is cut so that a group stays readable by itself; one group for all usual lengths.
const ROW_GROUP_ROWS = 65_536

/**
 * Reads a matrix of ours or one that pandas wrote, whatever the unit and zone of its index.
 *
 * @param wanted which columns; default: all
 * @throws LakehouseError `invalid_input` when the file has no ascending time index, or a wanted column that holds no
 *   numbers or appears twice, `corrupt_file` when it is damaged
 */
export async function readMatrixFile(
  file: OpenFile,
  wanted: (key: MatrixColumnKey) => boolean = () => true,
): Promise<MatrixData> {
  const { footer, source } = file
  const refuse = (what: string, evidence: object = {}) =>
    new LakehouseError('invalid_input', `${source.path} ${what}. Nothing was changed.`, {
      evidence: { file: source.path, ...evidence },
    })
  const index = indexColumn(footer.keyValues.get(PANDAS_KEY), footer.columns)
  if (index === undefined) throw refuse('is no features matrix: it has no time index')
  const keys = new Map<string, MatrixColumnKey>()
  const names = new Set<string>()
  const others: string[] = []
  for (const name of footer.columns) {
    if (name === index) continue
    const key = parseColumnName(name)
    if (key === undefined) others.push(name)
    else if (wanted(key)) {
      keys.set(name, key)
      // Writers quote differently, so two names can be one key.
      const canonical = formatColumnName(key)
      if (names.has(canonical)) throw refuse(`holds ${canonical} twice`)
      names.add(canonical)
    }
  }
  const { table } = await decodeParquet(file, { columns: [index, ...keys.keys()] })
  const indexType = table.getChild(index)!.type as DataType
  if (!DataType.isTimestamp(indexType) && !DataType.isDate(indexType)) {
    throw refuse(
      `is no features matrix: its index '${index}' holds ${Type[indexType.typeId]}, not times`,
    )
  }
  const timestamps = fromArrow(table.getChild(index)!, index) as Float64Array
  for (let row = 0; row < timestamps.length; row++) {
    if (timestamps[row]! > (row === 0 ? -Infinity : timestamps[row - 1]!)) continue
    throw refuse(
      `has an index that is not ascending times without duplicates, as row ${row} shows`,
      { row },
    )
  }
  const columns: MatrixColumn[] = []
  for (const [name, key] of keys) {
    const bytes = bytesOf(table.getChild(name)!, name)
    if (bytes === undefined) throw refuse(`holds no numbers in the column ${name}`)
    columns.push({ ...key, ...bytes })
  }
  // Without checksums another program wrote the file and kept the words: what they say of its cells may be true no more,
  // which formula and table it belongs to is.
  const isOwn = file.checksums !== undefined
  const metadata = new Map(
    [...footer.keyValues].filter(
      ([name]) =>
        name.startsWith('fs.') && name !== 'fs.crc' && (isOwn || ORIGIN_KEYS.includes(name)),
    ),
  )
  return { timestamps, columns, others, metadata }
}

function bytesOf(
  vector: Vector,
  name: string,
): { values: Float64Array; valid?: Uint8Array } | undefined {
  const [data] = vector.data as Data[]
  if (data === undefined) return { values: new Float64Array(0) }
  const type = vector.type as DataType
  // Not `instanceof`: a decoded type is of the base class.
  if (!DataType.isFloat(type) || type.precision !== Precision.DOUBLE) {
    // Foreign matrices hold other number types too; those have no payload to keep.
    const values = numbersOf(vector, name)
    if (values === undefined) return undefined
    const rows = Int32Array.from(values, (_, row) => row)
    return spread(values, rows, values.length)
  }
  const values = data.values as Float64Array
  if (data.nullCount === 0) return { values }
  const valid = (data.nullBitmap as Uint8Array).slice(0, (values.length + 7) >> 3)
  // The bits beyond the last row may be anything, and would be counted.
  if (values.length % 8 > 0) valid[valid.length - 1]! &= (1 << (values.length % 8)) - 1
  return { values, valid }
}

function numbersOf(vector: Vector, name: string): Float64Array | undefined {
  try {
    const values = fromArrow(vector, name)
    return values instanceof Float64Array ? values : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/**
 * Brings new values into a matrix. Rows become the union of all times; every column that is not replaced keeps its
 * place, its values and its nulls bit for bit; new columns follow, sorted.
 */
export function upsertColumns(base: MatrixData, symbols: readonly MatrixSymbol[]): MatrixData {
  const timestamps = unionOf([base.timestamps, ...symbols.map((entry) => entry.timestamps)])
  const fresh = new Map<string, MatrixColumn>()
  for (const { symbol, timestamps: own, values } of symbols) {
    const rows = rowsIn(timestamps, own)
    for (const feature in values) {
      const column = { symbol, feature, ...spread(values[feature]!, rows, timestamps.length) }
      fresh.set(formatColumnName(column), column)
    }
  }
  const rows = rowsIn(timestamps, base.timestamps)
  const kept = base.columns.map((column) => {
    const name = formatColumnName(column)
    const replacement = fresh.get(name)
    fresh.delete(name)
    return replacement ?? moveRows(column, rows, timestamps.length)
  })
  const added = [...fresh.values()].toSorted(
    (a, b) => compare(a.symbol, b.symbol) || compare(a.feature, b.feature),
  )
  return { timestamps, columns: [...kept, ...added], others: [], metadata: base.metadata }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function unionOf(lists: readonly Float64Array[]): Float64Array {
  // Most symbols share one calendar: a list that adds nothing is recognised without building anything.
  let union = lists[0]!
  for (const list of lists) {
    if (list === union) continue
    const merged: number[] = []
    let i = 0
    let missing = false
    for (const time of list) {
      while (i < union.length && union[i]! < time) merged.push(union[i++]!)
      if (i < union.length && union[i] === time) i += 1
      else missing = true
      merged.push(time)
    }
    if (!missing) continue
    while (i < union.length) merged.push(union[i++]!)
    union = Float64Array.from(merged)
  }
  return union
}

function rowsIn(timeline: Float64Array, times: Float64Array): Int32Array {
  const rows = new Int32Array(times.length)
  let row = 0
  for (let i = 0; i < times.length; i++) {
    while (timeline[row]! < times[i]!) row += 1
    rows[i] = row
  }
  return rows
}

function spread(
  values: Float64Array,
  rows: Int32Array,
  length: number,
): { values: Float64Array; valid?: Uint8Array } {
  const target = new Float64Array(length)
  const valid = new Uint8Array((length + 7) >> 3)
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    const value = values[i]!
    if (value !== value) continue
    const row = rows[i]!
    target[row] = value
    valid[row >> 3]! |= 1 << (row & 7)
    count += 1
  }
  return count === length ? { values: target } : { values: target, valid }
}

function moveRows(column: MatrixColumn, rows: Int32Array, length: number): MatrixColumn {
  if (rows.length === length) return column
  const values = new Float64Array(length)
  const valid = new Uint8Array((length + 7) >> 3)
  for (let i = 0; i < rows.length; i++) {
    if (column.valid !== undefined && !((column.valid[i >> 3]! >> (i & 7)) & 1)) continue
    const row = rows[i]!
    valid[row >> 3]! |= 1 << (row & 7)
  }
  // In stretches, as bytes: a number taken out and put back may come back as another NaN.
  for (let start = 0; start < rows.length;) {
    let end = start + 1
    while (end < rows.length && rows[end] === rows[end - 1]! + 1) end += 1
    values.set(column.values.subarray(start, end), rows[start])
    start = end
  }
  return { symbol: column.symbol, feature: column.feature, values, valid }
}

/**
 * Encodes a matrix as the Parquet file that pandas, DuckDB and this package read.
 *
 * @returns the file and its SHA-256, hexadecimal
 */
export async function encodeMatrix(
  matrix: MatrixData,
): Promise<{ bytes: Uint8Array; sha256: string }> {
  const { timestamps } = matrix
  const length = timestamps.length
  const names = matrix.columns.map(formatColumnName)
  const times = new BigInt64Array(length)
  for (let row = 0; row < length; row++) times[row] = BigInt(Math.round(timestamps[row]! * 1000))

  const fields: Field[] = matrix.columns.map((_, i) => new Field(names[i]!, new Float64(), true))
  const children: Data[] = matrix.columns.map(({ values, valid }) =>
    makeData({
      type: new Float64(),
      length,
      nullCount: valid === undefined ? 0 : length - countBits(valid),
      nullBitmap: valid ?? null,
      data: values,
    }),
  )
  fields.push(new Field(INDEX_COLUMN, new TimestampMillisecond('UTC'), false))
  children.push(
    makeData({ type: new TimestampMillisecond('UTC'), length, nullCount: 0, data: times }),
  )
  const keyValues = new Map(matrix.metadata)
  keyValues.set(PANDAS_KEY, pandasMetadata(names))
  // pyarrow takes key-values from the Arrow schema, everybody else from the footer: they stand in both.
  const batch = new RecordBatch(
    new Schema(fields, keyValues),
    makeData({ type: new Struct(fields as Field<DataType>[]), length, nullCount: 0, children }),
  )
  const bytes = await encodeParquet(batch, {
    rowGroupRows: ROW_GROUP_ROWS,
    dictionary: [],
    delta: [INDEX_COLUMN],
    keyValues,
  })
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

function countBits(bits: Uint8Array): number {
  let count = 0
  for (let byte of bits) for (; byte > 0; byte &= byte - 1) count += 1
  return count
}
