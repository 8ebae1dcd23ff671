import {
  Bool,
  type Data,
  type DataType,
  Field,
  Int32,
  Int64,
  List,
  makeData,
  Map_,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  Vector,
} from 'apache-arrow'
import { fromArrow } from '../parquet/arrow-columns.ts'
import type { CheckpointContent, CheckpointRow } from './checkpoint-rows.ts'

// Checkpoints are the one place where Parquet columns are nested: a struct a kind of action, with maps and lists inside.

type Leaf = 'string' | 'long' | 'int' | 'boolean'
type Kind = Leaf | 'strings' | 'map' | { readonly [name: string]: Kind }

// The fields of the Delta protocol that this package knows; a removal is kept without statistics and tags.
const SCHEMA: Readonly<Record<keyof CheckpointRow, { readonly [name: string]: Kind }>> = {
  protocol: {
    minReaderVersion: 'int',
    minWriterVersion: 'int',
    readerFeatures: 'strings',
    writerFeatures: 'strings',
  },
  metaData: {
    id: 'string',
    name: 'string',
    description: 'string',
    format: { provider: 'string', options: 'map' },
    schemaString: 'string',
    partitionColumns: 'strings',
    configuration: 'map',
    createdTime: 'long',
  },
  txn: { appId: 'string', version: 'long', lastUpdated: 'long' },
  remove: {
    path: 'string',
    deletionTimestamp: 'long',
    dataChange: 'boolean',
    extendedFileMetadata: 'boolean',
    partitionValues: 'map',
    size: 'long',
  },
  add: {
    path: 'string',
    partitionValues: 'map',
    size: 'long',
    modificationTime: 'long',
    dataChange: 'boolean',
    stats: 'string',
    tags: 'map',
  },
}

/** Turns the rows of a checkpoint into one Arrow batch. */
export function toCheckpointBatch(rows: readonly CheckpointRow[]): RecordBatch {
  const { type, children } = toData(SCHEMA, rows)
  return new RecordBatch(
    new Schema((type as Struct).children),
    makeData({ type: type as Struct, length: rows.length, nullCount: 0, children }),
  )
}

function toData(kind: Kind, values: readonly unknown[]): Data {
  const length = values.length
  const { nullBitmap, nullCount } = nulls(values)
  if (typeof kind === 'object') {
    const names = Object.keys(kind)
    const children = names.map((name) =>
      toData(
        kind[name]!,
        values.map((value) => (value as Readonly<Record<string, unknown>> | undefined)?.[name]),
      ),
    )
    const fields = names.map((name, i) => new Field(name, children[i]!.type as DataType, true))
    return makeData({ type: new Struct(fields), length, nullCount, nullBitmap, children })
  }
  switch (kind) {
    case 'string':
      return toUtf8(values as readonly (string | null | undefined)[])
    case 'long': {
      const data = BigInt64Array.from(values, (value) => BigInt((value as number | null) ?? 0))
      return makeData({ type: new Int64(), length, nullCount, nullBitmap, data })
    }
    case 'int': {
      const data = Int32Array.from(values, (value) => (value as number | null) ?? 0)
      return makeData({ type: new Int32(), length, nullCount, nullBitmap, data })
    }
    case 'boolean': {
      const data = bits(values, (value) => value === true)
      return makeData({ type: new Bool(), length, nullCount, nullBitmap, data })
    }
    case 'strings': {
      const lists = values as readonly (readonly string[] | null | undefined)[]
      const child = toUtf8(lists.flatMap((list) => list ?? []))
      const valueOffsets = offsets(lists, (list) => list.length)
      const type = new List(new Field('element', child.type, true))
      return makeData({ type, length, nullCount, nullBitmap, valueOffsets, child })
    }
    case 'map': {
      const maps = values as readonly (Readonly<Record<string, string | null>> | null | undefined)[]
      const entries = maps.map((map) => (map == null ? [] : Object.entries(map)))
      const keys = toUtf8(entries.flatMap((list) => list.map(([key]) => key)))
      const held = toUtf8(entries.flatMap((list) => list.map(([, value]) => value)))
      const entry = new Struct([new Field('key', keys.type), new Field('value', held.type, true)])
      const child = makeData({
        type: entry,
        length: keys.length,
        nullCount: 0,
        children: [keys, held],
      })
      const type = new Map_(new Field('key_value', entry) as unknown as MapEntry)
      const valueOffsets = offsets(entries, (list) => list.length)
      return makeData({ type, length, nullCount, nullBitmap, valueOffsets, child }) as Data
    }
  }
}

type MapEntry = Field<Struct<{ key: Utf8; value: Utf8 }>>

function toUtf8(values: readonly (string | null | undefined)[]): Data<Utf8> {
  const encoded = values.map((value) => (value == null ? null : Buffer.from(value)))
  return makeData({
    type: new Utf8(),
    length: values.length,
    ...nulls(values),
    valueOffsets: offsets(encoded, (bytes) => bytes.length),
    data: Buffer.concat(encoded.filter((bytes) => bytes !== null)),
  })
}

function offsets<Item>(
  items: readonly (Item | null | undefined)[],
  lengthOf: (item: Item) => number,
): Int32Array {
  const found = new Int32Array(items.length + 1)
  for (const [i, item] of items.entries()) {
    found[i + 1] = found[i]! + (item == null ? 0 : lengthOf(item))
  }
  return found
}

function nulls(values: readonly unknown[]): { nullBitmap: Uint8Array; nullCount: number } {
  let nullCount = 0
  for (const value of values) if (value == null) nullCount++
  return { nullBitmap: bits(values, (value) => value != null), nullCount }
}

function bits(values: readonly unknown[], isSet: (value: unknown) => boolean): Uint8Array {
  const found = new Uint8Array((values.length + 7) >> 3)
  for (let i = 0; i < values.length; i++) if (isSet(values[i])) found[i >> 3]! |= 1 << (i & 7)
  return found
}

/**
 * Reads a checkpoint's actions, whichever engine wrote it. Columns this package does not know are passed over.
 *
 * @param column gives a column of the file by name, or null
 * @throws RangeError when a column is of an unexpected type
 */
export function fromCheckpointColumns(
  column: (name: string) => Vector | null,
): Omit<CheckpointContent, 'history'> {
  const read = <Row>(name: keyof CheckpointRow): Row[] => {
    const vector = column(name)
    if (vector === null) return []
    const rows = fromVector(SCHEMA[name], vector, name) as (Row | null)[]
    if (name === 'add') markDeletionVectors(rows as (Record<string, unknown> | null)[], vector)
    return rows.filter((row) => row !== null)
  }
  return {
    protocol: read('protocol'),
    metaData: read('metaData'),
    txn: read('txn'),
    remove: read('remove'),
    add: read('add'),
  }
}

// What it says does not matter: a file that has one is refused.
function markDeletionVectors(rows: (Record<string, unknown> | null)[], add: Vector): void {
  const vectors = add.getChild('deletionVector')
  if (vectors === null) return
  for (const [i, row] of rows.entries()) {
    if (row !== null && vectors.isValid(i)) row['deletionVector'] = {}
  }
}

function fromVector(kind: Kind, vector: Vector, path: string): unknown[] {
  if (typeof kind === 'object') {
    const rows = Array.from({ length: vector.length }, (_, i): Record<string, unknown> | null =>
      vector.isValid(i) ? {} : null,
    )
    for (const [name, own] of Object.entries(kind)) {
      const child = vector.getChild(name) as Vector | null
      if (child === null) continue
      const values = fromVector(own, child, `${path}.${name}`)
      for (let i = 0; i < rows.length; i++) {
        const value = values[i]
        // A null field counts as absent, as in a commit.
        if (value != null && rows[i] !== null) rows[i]![name] = value
      }
    }
    return rows
  }
  switch (kind) {
    case 'string':
      return expectKind(fromArrow(vector, path), 'text', path)
    case 'long':
    case 'int':
      return fromNumbers(vector, path)
    case 'boolean':
      return fromNumbers(vector, path).map((value) => (value === null ? null : value === 1))
    case 'strings':
      return vector.data.flatMap((data) => {
        const items = leafValues(data.children[0]!, path)
        return slices(data, (start, end) => items.slice(start, end))
      })
    case 'map':
      return vector.data.flatMap((data) => {
        const [keys, values] = data.children[0]!.children.map((child) => leafValues(child, path))
        return slices(data, (start, end) => {
          const map: Record<string, unknown> = {}
          for (let i = start; i < end; i++) map[String(keys![i])] = values![i]
          return map
        })
      })
  }
}

function leafValues(data: Data, path: string): (string | null)[] {
  return expectKind(fromArrow(new Vector([data]), path), 'text', path)
}

function slices(data: Data, take: (start: number, end: number) => unknown): unknown[] {
  const starts = data.valueOffsets as Int32Array | undefined
  if (starts === undefined) throw new RangeError('a list of the checkpoint has no offsets')
  return Array.from({ length: data.length }, (_, i) =>
    data.getValid(i) ? take(Number(starts[i]), Number(starts[i + 1])) : null,
  )
}

function expectKind(
  column: Float64Array | readonly (string | null)[],
  kind: 'text',
  path: string,
): (string | null)[] {
  if (!(column instanceof Float64Array)) return column as (string | null)[]
  // A column without any value may come in any type.
  if (column.every((value) => Number.isNaN(value))) return Array.from(column, () => null)
  throw new RangeError(`column '${path}' of the checkpoint must hold ${kind}, was numbers`)
}

function fromNumbers(vector: Vector, path: string): (number | null)[] {
  const column = fromArrow(vector, path)
  if (column instanceof Float64Array) {
    return Array.from(column, (value) => (Number.isNaN(value) ? null : value))
  }
  throw new RangeError(`column '${path}' of the checkpoint must hold numbers, was text`)
}
