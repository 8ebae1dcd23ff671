import {
  type Data,
  DataType,
  Field,
  Float64,
  Int64,
  Bool,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimeUnit,
  Type,
  Utf8,
  type Vector,
} from 'apache-arrow'
import { type Column, type Columns, rowCount } from '../columns.ts'
import type { TableColumn } from '../schema.ts'

// Whole numbers travel as two 32-bit halves: BigInt conversion one by one costs ten times as much.
const HALF = 2 ** 32

/**
 * Turns rows into one Arrow batch.
 *
 * @param columns what to write, in this order; a column that the rows lack is written as nulls
 * @param metadata key-values of the Arrow schema
 * @throws RangeError when a column that may not hold nulls does, or a number is no safe integer; names the row
 */
export function toArrow(
  rows: Columns,
  columns: readonly TableColumn[],
  metadata?: ReadonlyMap<string, string>,
): RecordBatch {
  const length = rowCount(rows)
  const fields: Field[] = []
  const children: Data[] = []
  const used = new Set<Column>()
  for (const column of columns) {
    const values = rows[column.name]
    // Two Arrow columns over one typed array make a corrupt stream.
    const isRepeated = values !== undefined && used.has(values)
    if (values !== undefined) used.add(values)
    const data = toData(isRepeated ? values.slice() : values, column, length)
    fields.push(new Field(column.name, data.type as DataType, column.nullable))
    children.push(data)
  }
  const type = new Struct(fields)
  return new RecordBatch(
    new Schema(fields, new Map(metadata)),
    makeData({ type, length, nullCount: 0, children }),
  )
}

function toData(values: Column | undefined, column: TableColumn, length: number): Data {
  if (column.type === 'string') {
    if (values instanceof Float64Array)
      throw new RangeError(`column '${column.name}' must hold text`)
    return toUtf8(values ?? Array.from<null>({ length }).fill(null), column)
  }
  if (values !== undefined && !(values instanceof Float64Array)) {
    throw new RangeError(`column '${column.name}' must hold numbers`)
  }
  const numbers = values ?? new Float64Array(length).fill(Number.NaN)
  const { nullBitmap, nullCount } = nullsOf(numbers, column)
  if (column.type === 'double') {
    return makeData({ type: new Float64(), length, nullCount, nullBitmap, data: numbers })
  }
  if (column.type === 'boolean') {
    const bits = new Uint8Array((length + 7) >> 3)
    for (let i = 0; i < length; i++) {
      const value = numbers[i]!
      if (value === 1) bits[i >> 3]! |= 1 << (i & 7)
      else if (value !== 0 && value === value) {
        throw new RangeError(`column '${column.name}', row ${i}: must be 0 or 1, was ${value}`)
      }
    }
    return makeData({ type: new Bool(), length, nullCount, nullBitmap, data: bits })
  }
  const halves = new Int32Array(length * 2)
  for (let i = 0; i < length; i++) {
    const value = numbers[i]!
    if (value !== value) continue
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(
        `column '${column.name}', row ${i}: must be a whole number, was ${value}`,
      )
    }
    halves[2 * i] = value
    halves[2 * i + 1] = Math.floor(value / HALF)
  }
  return makeData({
    type: new Int64(),
    length,
    nullCount,
    nullBitmap,
    data: new BigInt64Array(halves.buffer),
  })
}

function nullsOf(
  values: Float64Array,
  column: TableColumn,
): { nullBitmap: Uint8Array | null; nullCount: number } {
  let nullCount = 0
  for (let i = 0; i < values.length; i++) {
    if (values[i] === values[i]) continue
    if (!column.nullable)
      throw new RangeError(`column '${column.name}', row ${i}: a value is needed`)
    nullCount += 1
  }
  if (nullCount === 0) return { nullBitmap: null, nullCount }
  const nullBitmap = new Uint8Array((values.length + 7) >> 3)
  for (let i = 0; i < values.length; i++) {
    if (values[i] === values[i]) nullBitmap[i >> 3]! |= 1 << (i & 7)
  }
  return { nullBitmap, nullCount }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

// Text columns repeat themselves for thousands of rows, so each stretch is encoded once and then copied.
function toUtf8(values: readonly (string | null)[], column: TableColumn): Data<Utf8> {
  const length = values.length
  const valueOffsets = new Int32Array(length + 1)
  const stretches: { bytes: Uint8Array; times: number }[] = []
  let nullCount = 0
  let size = 0
  for (let i = 0; i < length;) {
    const value = values[i]!
    let end = i + 1
    while (end < length && values[end] === value) end += 1
    if (value === null && !column.nullable) {
      throw new RangeError(`column '${column.name}', row ${i}: a value is needed`)
    }
    if (value === null) nullCount += end - i
    const bytes = value === null ? new Uint8Array(0) : encoder.encode(value)
    for (let row = i; row < end; row++) {
      size += bytes.length
      valueOffsets[row + 1] = size
    }
    stretches.push({ bytes, times: end - i })
    i = end
  }
  const data = new Uint8Array(size)
  let at = 0
  for (const { bytes, times } of stretches) {
    if (bytes.length === 0) continue
    data.set(bytes, at)
    // Doubling copies: a stretch of n repeats takes log n of them.
    const end = at + bytes.length * times
    for (let filled = bytes.length; at + filled < end; filled *= 2) {
      data.copyWithin(at + filled, at, Math.min(at + filled, end - filled))
    }
    at = end
  }
  let nullBitmap: Uint8Array | null = null
  if (nullCount > 0) {
    nullBitmap = new Uint8Array((length + 7) >> 3)
    for (let i = 0; i < length; i++) if (values[i] !== null) nullBitmap[i >> 3]! |= 1 << (i & 7)
  }
  return makeData({ type: new Utf8(), length, nullCount, nullBitmap, valueOffsets, data })
}

/**
 * Turns an Arrow column into one of ours. Times become Unix seconds, truth values 0 or 1, every kind of null `NaN` or
 * `null`.
 *
 * @throws RangeError when the type has no counterpart; names the column
 */
export function fromArrow(vector: Vector, name: string): Column {
  const type = vector.type as DataType
  if (isText(type)) {
    const values: (string | null)[] = []
    for (const data of vector.data) {
      if (DataType.isUtf8(data.type)) pushUtf8(values, data as Data<Utf8>)
      else pushEach(values, data, vector)
    }
    return values
  }
  const [only, ...others] = vector.data
  if (only !== undefined && others.length === 0 && only.nullCount === 0 && isFloat64(type)) {
    // A view: the decoded memory is handed on instead of copied.
    return only.values as Float64Array
  }
  const values = new Float64Array(vector.length)
  if (DataType.isNull(type)) return values.fill(Number.NaN)
  let at = 0
  for (const data of vector.data) {
    copyNumbers(values, at, data, name)
    if (data.nullCount > 0) {
      for (let i = 0; i < data.length; i++) if (!data.getValid(i)) values[at + i] = Number.NaN
    }
    at += data.length
  }
  return values
}

function isFloat64(type: DataType): boolean {
  return DataType.isFloat(type) && type.precision === 2
}

function isText(type: DataType): boolean {
  return (
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    (DataType.isDictionary(type) && isText(type.dictionary as DataType))
  )
}

function pushUtf8(values: (string | null)[], data: Data<Utf8>): void {
  const { valueOffsets, values: bytes } = data
  let previous = ''
  let from = 0
  let to = 0
  for (let i = 0; i < data.length; i++) {
    if (data.nullCount > 0 && !data.getValid(i)) {
      values.push(null)
      continue
    }
    const start = valueOffsets[i]!
    const end = valueOffsets[i + 1]!
    let same = end - start === to - from
    for (let k = 0; same && k < end - start; k++) same = bytes[start + k] === bytes[from + k]
    if (!same) previous = decoder.decode(bytes.subarray(start, end))
    from = start
    to = end
    values.push(previous)
  }
}

function pushEach(values: (string | null)[], data: Data, vector: Vector): void {
  const offset = values.length
  for (let i = 0; i < data.length; i++) values.push(vector.get(offset + i) as string | null)
}

const PER_SECOND: Record<number, number> = {
  [TimeUnit.SECOND]: 1,
  [TimeUnit.MILLISECOND]: 1e3,
  [TimeUnit.MICROSECOND]: 1e6,
  [TimeUnit.NANOSECOND]: 1e9,
}

function copyNumbers(target: Float64Array, at: number, data: Data, name: string): void {
  const type = data.type as DataType
  if (isFloat64(type)) {
    target.set(data.values as Float64Array, at)
  } else if (DataType.isBool(type)) {
    const bits = data.values as Uint8Array
    for (let i = 0; i < data.length; i++) {
      const bit = data.offset + i
      target[at + i] = (bits[bit >> 3]! >> (bit & 7)) & 1
    }
  } else if (DataType.isTimestamp(type)) {
    scaleBigInts(target, at, data, PER_SECOND[type.unit]!)
  } else if (DataType.isDate(type)) {
    if (type.unit === 0) {
      const days = data.values as Int32Array
      for (let i = 0; i < data.length; i++) target[at + i] = days[i]! * 86_400
    } else {
      scaleBigInts(target, at, data, 1e3)
    }
  } else if (DataType.isInt(type) && type.bitWidth === 64) {
    const values = data.values as BigInt64Array
    const halves = new Int32Array(values.buffer, values.byteOffset, data.length * 2)
    for (let i = 0; i < data.length; i++) {
      const high = type.isSigned ? halves[2 * i + 1]! : halves[2 * i + 1]! >>> 0
      const value = high * HALF + (halves[2 * i]! >>> 0)
      if (!Number.isSafeInteger(value) && data.getValid(i)) {
        throw new RangeError(`column '${name}', row ${at + i}: ${values[i]} is beyond 2^53`)
      }
      target[at + i] = value
    }
  } else if (DataType.isInt(type) || (DataType.isFloat(type) && type.precision === 1)) {
    const values = data.values as Int32Array
    for (let i = 0; i < data.length; i++) target[at + i] = values[i]!
  } else {
    throw new RangeError(
      `column '${name}' has the type ${Type[type.typeId]}, which is not read here`,
    )
  }
}

// Whole seconds and the rest are split before they become floats: 64-bit nanoseconds do not fit into one.
function scaleBigInts(target: Float64Array, at: number, data: Data, perSecond: number): void {
  const values = data.values as BigInt64Array
  const unit = BigInt(perSecond)
  for (let i = 0; i < data.length; i++) {
    const value = values[i]!
    target[at + i] = Number(value / unit) + Number(value % unit) / perSecond
  }
}
