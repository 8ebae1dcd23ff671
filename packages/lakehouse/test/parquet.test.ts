import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Bool as BoolType,
  DateMillisecond,
  Field,
  Float64,
  Int64,
  LargeUtf8,
  makeData,
  Null,
  Struct,
  TimestampMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
  type Timestamp,
  Table as ArrowTable,
  tableFromIPC,
  tableToIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import fc from 'fast-check'
import * as parquet from 'parquet-wasm'
import { expect, test } from 'vitest'
import { type Columns, rowCount, sortRows, type TableSchema } from '../src/index.ts'
import { foreignParquet } from './foreign-table.ts'
import { collect, temporaryFolder, temporaryLake } from './temporary-lake.ts'

const SCHEMA: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    { name: 'whole', type: 'long', nullable: true },
    { name: 'float', type: 'double', nullable: true },
    { name: 'truth', type: 'boolean', nullable: true },
    { name: 'text', type: 'string', nullable: true },
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp'],
}

const anyText = fc.oneof(
  fc.constantFrom('', 'same', 'same', 'é', '\u{1F600}', 'a\0b', "'", '\\'),
  fc.string({ unit: 'binary' }),
)
const anyRow = fc.record({
  symbol: fc.oneof(fc.constantFrom('A', 'B'), anyText),
  timestamp: fc.maxSafeInteger(),
  whole: fc.option(fc.oneof(fc.maxSafeInteger(), fc.integer()), { nil: Number.NaN }),
  float: fc.option(fc.double({ noNaN: true }), { nil: Number.NaN }),
  truth: fc.constantFrom(0, 1, Number.NaN),
  text: fc.option(anyText),
})

test('law: whatever is written is read again, bit for bit', async () => {
  const lake = await temporaryLake()
  let tables = 0
  const rows = fc.uniqueArray(anyRow, {
    minLength: 1,
    maxLength: 60,
    selector: ({ symbol, timestamp }) => `${timestamp} ${symbol}`,
  })
  await fc.assert(
    fc.asyncProperty(rows, async (drawn) => {
      const columns: Columns = {
        symbol: drawn.map((row) => row.symbol),
        timestamp: Float64Array.from(drawn, (row) => row.timestamp + 0),
        known_at: Float64Array.from(drawn, (_, i) => i),
        whole: Float64Array.from(drawn, (row) => row.whole + 0),
        float: Float64Array.from(drawn, (row) => row.float),
        truth: Float64Array.from(drawn, (row) => row.truth),
        text: drawn.map((row) => row.text),
      }
      const table = lake.table(`t${(tables += 1)}`, { schema: SCHEMA })
      await table.upsertSymbols([columns], { runId: 'r' })
      expect(await collect(table)).toEqual(sortRows(columns, 'timestamp'))
    }),
    { numRuns: 60 },
  )
})

test('columns over one typed array are written as two', async () => {
  const shared = Float64Array.of(1, 2, 3)
  const rows: Columns = {
    symbol: ['A', 'A', 'A'],
    timestamp: shared,
    known_at: shared,
    whole: shared,
    float: shared,
    truth: shared.map(() => 1),
    text: ['x', 'x', 'x'],
  }
  const table = (await temporaryLake()).table('t', { schema: SCHEMA })
  await table.upsertSymbols([rows], { runId: 'r' })
  expect(await collect(table)).toEqual(rows)
})

test('a long stretch of one text costs next to nothing', async () => {
  const length = 20_000
  const rows: Columns = {
    symbol: Array.from({ length }, () => 'BINANCE:BTCUSDT'),
    timestamp: Float64Array.from({ length }, (_, i) => i * 86_400),
    known_at: Float64Array.from({ length }, (_, i) => i * 86_400 + 60),
    text: Array.from({ length }, (_, i) => (i < 10_000 ? 'first' : null)),
  }
  const lake = await temporaryLake()
  const table = lake.table('t', { schema: SCHEMA })
  await table.upsertSymbols([rows], { runId: 'r' })
  expect((await table.state())!.files[0]!.size, 'bytes').toBeLessThan(20_000)
  const read = await collect(table, { columns: ['text', 'timestamp'] })
  expect(read).toEqual({ text: rows['text'], timestamp: rows['timestamp'] })
})

function times(type: Timestamp, values: readonly (bigint | null)[]): Vector {
  const nullBitmap = Uint8Array.of(
    values.reduce((bits, value, i) => bits | (value === null ? 0 : 1 << i), 0),
  )
  return new Vector([
    makeData({
      type,
      length: values.length,
      nullCount: values.filter((value) => value === null).length,
      nullBitmap,
      data: BigInt64Array.from(values, (value) => value ?? 0n),
    }),
  ])
}

test('every kind of number, time and text of a foreign file is read', async () => {
  const lake = await temporaryLake()
  const path = join(await temporaryFolder(), 'foreign.parquet')
  const struct = new Struct([new Field('inner', new Float64())])
  const nested = new Vector([
    makeData({
      type: struct,
      length: 2,
      nullCount: 0,
      children: [vectorFromArray([1, 2], new Float64()).data[0]!],
    }),
  ])
  await writeFile(
    path,
    foreignParquet({
      seconds: times(new TimestampSecond(), [1_700_000_000n, null]),
      micros: times(new TimestampMicrosecond('UTC'), [1_700_000_000_250_000n, null]),
      nanos: times(new TimestampNanosecond(), [1_700_000_000_000_000_001n, -1n]),
      day: vectorFromArray([new Date(86_400_000), null], new DateMillisecond()),
      'Recommend.All': vectorFromArray([0.5, null], new Float64()),
      Recommend: vectorFromArray([1n, null], new Int64()),
      large: vectorFromArray(['x', null], new LargeUtf8()),
      truth: vectorFromArray([true, null], new BoolType()),
      nothing: vectorFromArray([null, null], new Null()),
      nested,
    }),
  )
  const { columns, types, unread } = await lake.readParquet(path)
  expect(unread).toEqual(['nested.inner'])
  expect(types).toMatchObject({ micros: 'Timestamp', 'Recommend.All': 'Float', large: 'LargeUtf8' })
  const none = Number.NaN
  expect(columns).toMatchObject({
    seconds: Float64Array.of(1_700_000_000, none),
    micros: Float64Array.of(1_700_000_000.25, none),
    nanos: Float64Array.of(1_700_000_000 + 1e-9, -1e-9),
    day: Float64Array.of(86_400, none),
    'Recommend.All': Float64Array.of(0.5, none),
    Recommend: Float64Array.of(1, none),
    large: ['x', null],
    truth: Float64Array.of(1, none),
    nothing: Float64Array.of(none, none),
  })
  const some = await lake.readParquet(path, { columns: ['Recommend', 'absent'] })
  expect(some.columns).toEqual({ Recommend: Float64Array.of(1, none) })
  expect((await lake.readParquet(path, { columns: ['absent'] })).columns).toEqual({})
})

test('a foreign file of several batches and row groups is read in order', async () => {
  const path = join(await temporaryFolder(), 'foreign.parquet')
  const bytes = parquet.writeParquet(
    parquet.Table.fromIPCStream(
      tableToIPC(
        new ArrowTable({
          n: vectorFromArray(
            Array.from({ length: 100 }, (_, i) => i),
            new Float64(),
          ),
          s: vectorFromArray(
            Array.from({ length: 100 }, (_, i) => (i % 7 ? `s${i % 3}` : null)),
            new Utf8(),
          ),
        }),
        'stream',
      ),
    ),
    new parquet.WriterPropertiesBuilder().setMaxRowGroupSize(30).build(),
  )
  await writeFile(path, bytes)
  const { columns } = await (await temporaryLake()).readParquet(path)
  expect([...(columns['n'] as Float64Array)]).toEqual(Array.from({ length: 100 }, (_, i) => i))
  expect(columns['s']).toEqual(Array.from({ length: 100 }, (_, i) => (i % 7 ? `s${i % 3}` : null)))
})

test('a file that is missing, a folder or no Parquet file is told apart', async () => {
  const lake = await temporaryLake()
  const folder = await temporaryFolder()
  const path = join(folder, 'a.parquet')
  await expect(lake.readParquet(path)).rejects.toMatchObject({
    code: 'not_found',
    evidence: { file: path },
  })
  await expect(lake.readParquet(join(path, 'b'))).rejects.toMatchObject({ code: 'not_found' })
  await expect(lake.readParquet(folder)).rejects.toMatchObject({ code: 'not_found' })
  for (const text of [
    '',
    'PAR1',
    'a,b\n1,2\n',
    'x'.repeat(200_000),
    'PAR1\0\0\0\0PAR1',
    `PAR1${'\xff'.repeat(9)}PAR1`,
  ]) {
    await writeFile(path, text, 'latin1')
    await expect(lake.readParquet(path), text.slice(0, 20)).rejects.toMatchObject({
      code: 'corrupt_file',
      evidence: { file: path },
    })
  }
})

// What we rely on in the codec, or work around: when one of these fails after an upgrade, read `decode.ts` again.

const CANARY = () =>
  foreignParquet({
    a: vectorFromArray([1, 2, 3], new Float64()),
    'a.b': vectorFromArray([4, 5, 6], new Float64()),
    c: vectorFromArray(['x', 'y', 'z'], new Utf8()),
  })

async function readCanary(options: parquet.ReaderOptions) {
  const file = await parquet.ParquetFile.fromFile(new Blob([CANARY() as Uint8Array<ArrayBuffer>]))
  return tableFromIPC((await file.read(options)).intoIPCStream())
}

test('canary: ParquetFile.read projects, in the order of the file', async () => {
  const table = await readCanary({ columns: ['c', 'a.b'] })
  expect(table.schema.names).toEqual(['a.b', 'c'])
  expect(table.batches.length).toBe(1)
})

test('canary: a column also selects those whose names go on with a dot', async () => {
  expect((await readCanary({ columns: ['a'] })).schema.names).toEqual(['a', 'a.b'])
})

test('canary: a column that is not there is an error', async () => {
  await expect(readCanary({ columns: ['d'] })).rejects.toThrow()
})

test('canary: readParquet ignores the projection', () => {
  const table = tableFromIPC(parquet.readParquet(CANARY(), { columns: ['c'] }).intoIPCStream())
  expect(table.schema.names).toEqual(['a', 'a.b', 'c'])
})

test('canary: row groups are cut by number of rows, and read by position in one batch', async () => {
  const lake = await temporaryLake()
  const length = 3 * 600
  const rows: Columns = {
    symbol: Array.from({ length }, (_, i) => 'ABC'[Math.floor(i / 600)]!),
    timestamp: Float64Array.from({ length }, (_, i) => i % 600),
    known_at: Float64Array.from({ length }, (_, i) => i % 600),
  }
  const table = lake.table('t', { schema: SCHEMA })
  await table.upsertSymbols([rows], { runId: 'r' })
  const bytes = await lake.store.get(`t/${(await table.state())!.files[0]!.path}`)
  const file = await parquet.ParquetFile.fromFile(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  expect(file.metadata().numRowGroups()).toBe(3)
  const second = tableFromIPC(
    (await file.read({ rowGroups: [1], columns: ['symbol'], batchSize: 600 })).intoIPCStream(),
  )
  expect(second.batches.length).toBe(1)
  expect(new Set(second.getChild('symbol')!.toJSON())).toEqual(new Set(['B']))
})

test('canary: the file keeps the key-values that were written', async () => {
  const bytes = foreignParquet(
    { a: vectorFromArray([1], new Float64()) },
    new Map([['fs.crc', 'crc32:00']]),
  )
  expect(parquet.readParquet(bytes).schema).toBeDefined()
  const file = await parquet.ParquetFile.fromFile(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  expect(file.metadata().fileMetadata().keyValueMetadata().get('fs.crc')).toBe('crc32:00')
})

test('a file of ours is an ordinary Parquet file: the codec reads it without us', async () => {
  const lake = await temporaryLake()
  const table = lake.table('t', { schema: SCHEMA })
  const rows: Columns = {
    symbol: ['A', 'B'],
    timestamp: Float64Array.of(1, 2),
    known_at: Float64Array.of(1, 2),
    float: Float64Array.of(Number.NaN, -0),
  }
  await table.upsertSymbols([rows], { runId: 'r' })
  const file = new URL(`${lake.store.uri}/t/${(await table.state())!.files[0]!.path}`)
  const read = tableFromIPC(parquet.readParquet(await readFile(file)).intoIPCStream())
  expect(read.toArray().map((row) => ({ ...row.toJSON() }))).toEqual([
    { symbol: 'A', timestamp: 1n, known_at: 1n, whole: null, float: null, truth: null, text: null },
    { symbol: 'B', timestamp: 2n, known_at: 2n, whole: null, float: -0, truth: null, text: null },
  ])
  expect(rowCount(rows)).toBe(2)
})
