import { copyFile, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  Field,
  Float32,
  Float64,
  Int64,
  makeData,
  Null,
  RecordBatch,
  Schema,
  Struct,
  tableFromIPC,
  TimestampMicrosecond,
  TimestampMillisecond,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import fc from 'fast-check'
import * as parquet from 'parquet-wasm'
import { expect, test } from 'vitest'
import {
  copyMatrix,
  describeMatrix,
  formatColumnName,
  type Lakehouse,
  type Matrix,
  type MatrixDescription,
  type MatrixSymbol,
  openLakehouse,
  parseColumnName,
  readMatrix,
  upsertMatrix,
} from '../src/index.ts'
import { foreignParquet } from './foreign-table.ts'
import { temporaryFolder } from './temporary-lake.ts'

const DAY = 86_400
const DESCRIPTION: MatrixDescription = {
  formula: 'institutional',
  table: 'features/local_1d',
  tableId: '5c1e',
  tableVersion: 1,
  runId: 'r',
  retrieved: {},
  filled: {},
}

function symbolOf(
  symbol: string,
  first: number,
  values: Readonly<Record<string, readonly number[]>>,
): MatrixSymbol {
  const length = Object.values(values)[0]?.length ?? 0
  return {
    symbol,
    timestamps: Float64Array.from({ length }, (_, i) => (first + i) * DAY),
    values: Object.fromEntries(
      Object.entries(values).map(([feature, column]) => [feature, Float64Array.from(column)]),
    ),
  }
}

interface Place {
  readonly lake: Lakehouse
  readonly folder: string
  readonly path: string
  /** Upserts, with a run file of its own. */
  readonly upsert: (
    symbols: readonly MatrixSymbol[],
    description?: Partial<MatrixDescription>,
    how?: { readonly anew?: boolean },
  ) => ReturnType<typeof upsertMatrix>
  readonly read: (wanted?: Parameters<typeof readMatrix>[2]) => Promise<Matrix>
}

// Threads hold no state of a matrix, so one serves all tests.
const lake = openLakehouse('nowhere', { workers: 1 })

async function place(): Promise<Place> {
  const folder = await temporaryFolder()
  const path = join(folder, 'features_matrix.parquet')
  let runs = 0
  return {
    lake,
    folder,
    path,
    upsert: (symbols, description = {}, how = {}) =>
      upsertMatrix(lake.workers, path, {
        symbols,
        ...how,
        description: { ...DESCRIPTION, ...description },
        runFile: join(folder, `runs/${(runs += 1)}/features_matrix.parquet`),
      }),
    read: async (wanted) => (await readMatrix(lake.workers, path, wanted))!,
  }
}

function columnsOf(matrix: Matrix): Record<string, number[]> {
  return Object.fromEntries(
    matrix.columns.map(({ symbol, feature, values }) => [`${symbol} ${feature}`, [...values]]),
  )
}

// Names

test.for([
  ['BINANCE:BTCUSDT', "('BINANCE:BTCUSDT', 'x')"],
  ["X:O'NEIL", `("X:O'NEIL", 'x')`],
  ['X:A"B', `('X:A"B', 'x')`],
  [`both ' and "`, String.raw`('both \' and "', 'x')`],
  ['back\\slash', String.raw`('back\\slash', 'x')`],
  ['a\tb\nc\rd', String.raw`('a\tb\nc\rd', 'x')`],
  ['\0\x1f\x7f\x80\x9f\xa0\xad', String.raw`('\x00\x1f\x7f\x80\x9f\xa0\xad', 'x')`],
  ['ñandú', "('ñandú', 'x')"],
  ['\u200b\u2028\u3000\ue000', String.raw`('\u200b\u2028\u3000\ue000', 'x')`],
  ['\u{1F600}\u{E0001}\u{10FFFF}', String.raw`('😀\U000e0001\U0010ffff', 'x')`],
  ['\ud800', String.raw`('\ud800', 'x')`],
  ['', "('', 'x')"],
])('the symbol %j is written as Python writes it', ([symbol, name]) => {
  expect(formatColumnName({ symbol: symbol!, feature: 'x' })).toBe(name)
  expect(parseColumnName(name!)).toEqual({ symbol, feature: 'x' })
})

test.for([
  '',
  'timestamp',
  '()',
  "('a')",
  "('a', )",
  "('a', 1)",
  "('a', 'b', 'c')",
  "('a','b')",
  "('a', 'b'",
  "('a', 'b\\')",
  "('\\xzz', 'b')",
  "('\\x4', 'b')",
  "('\\U00110000', 'b')",
  "('\\u12', 'b')",
])('%j is no name of a matrix column', (name) => {
  expect(parseColumnName(name)).toBe(undefined)
})

test('law: a name is read as it was written', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, (symbol, feature) => {
      expect(parseColumnName(formatColumnName({ symbol, feature }))).toEqual({ symbol, feature })
    }),
  )
})

test('law: any text is a name or none, without an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from(`('", \\xuUab09)`)) }), (text) => {
      parseColumnName(`(${text})`)
    }),
    { numRuns: 500 },
  )
})

// Upserts

test('a matrix that is not there is null, and one that was written says what it is', async () => {
  const { lake, folder, path, upsert, read } = await place()
  expect(await readMatrix(lake.workers, path)).toBe(null)
  expect(await describeMatrix(lake.workers, path)).toBe(null)
  const description: MatrixDescription = {
    ...DESCRIPTION,
    retrieved: { "X:O'NEIL": { rsi: [2 * DAY] } },
    filled: { A: { rsi: [DAY] } },
  }
  const written = await upsert(
    [symbolOf("X:O'NEIL", 1, { rsi: [1, 2] }), symbolOf('A', 1, { rsi: [3, 3] })],
    description,
  )
  expect(written).toMatchObject({ rows: 2, columns: 2, size: (await stat(path)).size })
  expect(await describeMatrix(lake.workers, path)).toEqual({
    ...description,
    symbols: ['A', "X:O'NEIL"],
  })
  expect((await read()).description).toEqual(description)
  const run = await readFile(join(folder, 'runs/1/features_matrix.parquet'))
  expect(run.equals(await readFile(path)), "the run's own file is the same").toBe(true)
})

test('new symbols are appended sorted, and rows become the union of all times', async () => {
  const { upsert, read } = await place()
  await upsert([symbolOf('M', 10, { rsi: [1, Number.NaN, 3] })])
  await upsert([
    symbolOf('Z', 12, { rsi: [8, 9] }),
    symbolOf('B', 8, { rsi: [7], adx: [6] }),
    symbolOf('A', 11, { rsi: [5] }),
  ])
  const matrix = await read()
  const none = Number.NaN
  expect([...matrix.timestamps]).toEqual([8, 10, 11, 12, 13].map((day) => day * DAY))
  expect(Object.entries(columnsOf(matrix))).toEqual([
    ['M rsi', [none, 1, none, 3, none]],
    ['A rsi', [none, none, 5, none, none]],
    ['B adx', [6, none, none, none, none]],
    ['B rsi', [7, none, none, none, none]],
    ['Z rsi', [none, none, none, 8, 9]],
  ])
})

test('a symbol that is upserted again keeps its place; features not named stay', async () => {
  const { upsert, read } = await place()
  await upsert([symbolOf('A', 1, { rsi: [1, 2], adx: [3, 4] }), symbolOf('B', 1, { rsi: [5, 6] })])
  await upsert([symbolOf('A', 2, { rsi: [9] })])
  expect(Object.entries(columnsOf(await read()))).toEqual([
    ['A adx', [3, 4]],
    ['A rsi', [Number.NaN, 9]],
    ['B rsi', [5, 6]],
  ])
})

test('a matrix made anew holds only what it was given, and what it held is not even read', async () => {
  const { path, upsert, read } = await place()
  await upsert([symbolOf('A', 1, { rsi: [1] })])
  await upsert([symbolOf('B', 1, { rsi: [2] })], {}, { anew: true })
  expect(columnsOf(await read())).toEqual({ 'B rsi': [2] })
  await writeFile(path, 'no matrix')
  await upsert([symbolOf('C', 1, { rsi: [3] })], {}, { anew: true })
  expect(columnsOf(await read())).toEqual({ 'C rsi': [3] })
})

test('cell lists name the cells of the new symbols, and keep those of others', async () => {
  const { upsert, read } = await place()
  const one = (symbol: string) => symbolOf(symbol, 1, { rsi: [1] })
  await upsert([one('A'), one('B')], { filled: { A: { rsi: [1] }, B: { rsi: [1] } } })
  await upsert([one('B'), one('C')], { filled: { C: { rsi: [2] } } })
  expect((await read()).description.filled).toEqual({ A: { rsi: [1] }, C: { rsi: [2] } })
})

// A NaN of this payload is no value that arithmetic makes; a null is no NaN.
const PAYLOAD = new BigUint64Array([0x7ff8_dead_beef_0001n, 0xfff0_0000_0000_0001n])

function foreignMatrix(
  days: readonly number[],
  columns: Readonly<Record<string, Vector>>,
): Uint8Array {
  const index = vectorOf(BigInt64Array.from(days, (day) => BigInt(day * DAY) * 1_000_000n))
  return foreignParquet({ ...columns, __index_level_0__: index })
}

function vectorOf(data: Float64Array | BigInt64Array, nullBitmap?: Uint8Array): Vector {
  const length = data.length
  const nullCount =
    nullBitmap === undefined
      ? 0
      : Array.from({ length }, (_, i) => (nullBitmap[i >> 3]! >> (i & 7)) & 1).filter(
          (bit) => bit === 0,
        ).length
  const parts = { length, nullCount, nullBitmap: nullBitmap ?? null }
  return data instanceof Float64Array
    ? new Vector([makeData({ type: new Float64(), ...parts, data })])
    : new Vector([makeData({ type: new TimestampMicrosecond('UTC'), ...parts, data })])
}

/** Bits of a column's values, null where it holds none, read without this package. */
async function bitsOf(path: string, name: string): Promise<(bigint | null)[]> {
  const table = tableFromIPC(parquet.readParquet(await readFile(path)).intoIPCStream())
  const [data] = table.getChild(name)!.data
  const values = data!.values as Float64Array
  const bits = new BigUint64Array(values.slice().buffer)
  return Array.from(bits, (value, i) => (data!.getValid(i) ? value : null))
}

test.for([
  { where: 'before', first: 1 },
  { where: 'between', first: 12 },
  { where: 'after', first: 30 },
  { where: 'before, between and after', first: 9 },
  { where: 'nowhere', first: 11 },
])(
  'rows added $where leave values and nulls of other columns bit for bit',
  async ({ first, where }) => {
    const { path, upsert } = await place()
    const days = [10, 11, 13, 14, 15, 16, 17, 18, 19, 20]
    const values = new Float64Array(10)
    const bits = new BigUint64Array(values.buffer)
    values.set([1, Number.NaN, -0, Number.MIN_VALUE, 7, 7, Number.NEGATIVE_INFINITY, 7, 7, 2 / 3])
    bits.set(PAYLOAD, 4)
    // Rows 7 and 8 are null.
    const valid = Uint8Array.of(0b0111_1111, 0b1111_1110)
    const name = "('OLD', 'rsi')"
    await writeFile(path, foreignMatrix(days, { [name]: vectorOf(values, valid) }))
    const before = await bitsOf(path, name)
    expect(before.slice(4, 9)).toEqual([...PAYLOAD, bits[6], null, null])
    const length = where === 'nowhere' ? 1 : where.includes(',') ? 15 : 1
    await upsert([symbolOf('NEW', first, { rsi: Array.from({ length }, (_, i) => i) })])
    const after = await bitsOf(path, name)
    const own = Array.from({ length }, (_, i) => first + i)
    const union = [...new Set([...days, ...own])].toSorted((a, b) => a - b)
    expect(after).toEqual(
      union.map((day) => (days.includes(day) ? before[days.indexOf(day)] : null)),
    )
  },
)

test('law: upserts give what a plain model gives', async () => {
  const { path, upsert, read } = await place()
  const anyUpsert = fc.uniqueArray(
    fc.record({
      symbol: fc.constantFrom('A', 'B', "O'NEIL", 'é'),
      first: fc.nat({ max: 12 }),
      rsi: fc.array(fc.constantFrom(1, 2, 3, Number.NaN), { minLength: 1, maxLength: 9 }),
    }),
    { selector: ({ symbol }) => symbol, maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyUpsert, { minLength: 1, maxLength: 4 }), async (upserts) => {
      await writeFile(path, foreignMatrix([], {}))
      const times = new Set<number>()
      const cells = new Map<string, Map<number, number>>()
      for (const symbols of upserts) {
        await upsert(symbols.map(({ symbol, first, rsi }) => symbolOf(symbol, first, { rsi })))
        for (const { symbol, first, rsi } of symbols) {
          cells.set(symbol, new Map(rsi.map((value, i) => [first + i, value])))
          rsi.forEach((_, i) => times.add(first + i))
        }
      }
      const days = [...times].toSorted((a, b) => a - b)
      const matrix = await read()
      expect([...matrix.timestamps]).toEqual(days.map((day) => day * DAY))
      expect(columnsOf(matrix)).toEqual(
        Object.fromEntries(
          [...cells].map(([symbol, held]) => [
            `${symbol} rsi`,
            days.map((day) => held.get(day) ?? Number.NaN),
          ]),
        ),
      )
    }),
    { numRuns: 30 },
  )
})

test('only the columns asked for are read', async () => {
  const { path, upsert, read } = await place()
  await upsert(
    ['A', 'B', 'C'].map((symbol, k) => symbolOf(symbol, 1, { rsi: [k, k], adx: [k, 9] })),
  )
  const bytes = await readFile(path)
  // Everything that is neither asked for nor the footer is destroyed; who fetched it for decoding would notice.
  const wanted = await read({ symbols: ['B'], features: ['adx'] })
  expect(columnsOf(wanted)).toEqual({ 'B adx': [1, 9] })
  const file = await parquet.ParquetFile.fromFile(new Blob([bytes]))
  const group = file.metadata().rowGroup(0)
  for (let i = 0; i < group.numColumns(); i++) {
    const column = group.column(i)
    const name = column.columnPath()[0]!
    if (name === 'timestamp' || name === "('B', 'adx')") continue
    const offset = Number(column.fileOffset()) || undefined
    if (offset !== undefined) bytes[offset + 1]! ^= 255
  }
  await writeFile(path, bytes)
  expect(await read({ symbols: ['B'], features: ['adx'] })).toEqual(wanted)
  expect(columnsOf(await read({ symbols: ['nobody'] }))).toEqual({})
})

test('a matrix of another formula or table is refused, and stays as it was', async () => {
  const { path, upsert } = await place()
  await upsert([symbolOf('A', 1, { rsi: [1] })])
  const before = await readFile(path)
  for (const other of [{ formula: 'tradingview' }, { table: 'features/other' }]) {
    await expect(upsert([symbolOf('B', 1, { rsi: [1] })], other)).rejects.toMatchObject({
      code: 'schema_mismatch',
      evidence: { file: path },
    })
  }
  expect((await readFile(path)).equals(before)).toBe(true)
})

test('a matrix that was replaced while another was made is left alone: start over', async () => {
  const { lake, folder, path, upsert, read } = await place()
  await upsert([symbolOf('A', 1, { rsi: [1] })])
  // The other run finishes while this one is being encoded.
  let attempts = 0
  const workers = {
    ...lake.workers,
    async run<Result>(module: URL, name: string, args: unknown): Promise<Result> {
      const result = await lake.workers.run<Result>(module, name, args)
      if (name === 'upsertFile' && attempts++ === 0) {
        await upsertMatrix(lake.workers, path, {
          symbols: [symbolOf('OTHER', 1, { rsi: [7] })],
          description: DESCRIPTION,
          runFile: join(folder, 'other.parquet'),
        })
      }
      return result
    },
  }
  const own = {
    symbols: [symbolOf('OWN', 1, { rsi: [8] })],
    description: DESCRIPTION,
    runFile: join(folder, 'own.parquet'),
  }
  expect(await upsertMatrix(workers, path, own)).toBe(null)
  expect(Object.keys(columnsOf(await read()))).toEqual(['A rsi', 'OTHER rsi'])
  expect(await upsertMatrix(workers, path, own)).not.toBe(null)
  expect(Object.keys(columnsOf(await read()))).toEqual(['A rsi', 'OTHER rsi', 'OWN rsi'])
})

test('who reads while runs replace the matrix sees one of them whole', async () => {
  const { lake, folder, path, upsert, read } = await place()
  const made: { file: string; matrix: Matrix }[] = []
  // Of different sizes, and larger than what one request fetches, so that a read has several.
  for (const symbols of [40, 60]) {
    await upsert(
      Array.from({ length: symbols }, (_, k) =>
        symbolOf(`S${k}`, 1, {
          rsi: Array.from({ length: 400 }, (__, i) => Math.sin(i * symbols + k)),
        }),
      ),
    )
    const file = join(folder, `runs/${made.length + 1}/features_matrix.parquet`)
    made.push({ file, matrix: await read() })
  }
  let swaps = 0
  const swap = async () => {
    await copyFile(made[(swaps += 1) % 2]!.file, join(folder, 'next'))
    await rename(join(folder, 'next'), path)
  }
  const seen = new Set<number>()
  for (let reads = 0; reads < 40; reads++) {
    const reading = readMatrix(lake.workers, path)
    // An odd number, so that reads begin with either.
    for (let i = 0; i < 5; i++) {
      await delay(1)
      await swap()
    }
    const matrix = (await reading)!
    seen.add(matrix.columns.length)
    expect(matrix).toEqual(made[matrix.columns.length === 40 ? 0 : 1]!.matrix)
  }
  expect(seen).toEqual(new Set([40, 60]))
})

test('times that do not ascend and columns of another length are refused', async () => {
  const { upsert } = await place()
  const rows = {
    symbol: 'A',
    timestamps: Float64Array.of(2, 1),
    values: { rsi: Float64Array.of(1, 2) },
  }
  await expect(upsert([rows])).rejects.toThrow(RangeError)
  await expect(upsert([{ ...rows, timestamps: Float64Array.of(1, 2, 3) }])).rejects.toThrow(
    'rsi must have 3 values, was 2',
  )
})

test('a copy is the same bytes, and a damaged matrix is not copied', async () => {
  const { lake, folder, path, upsert } = await place()
  const target = join(folder, 'copy.parquet')
  await expect(copyMatrix(lake.workers, path, target)).rejects.toMatchObject({ code: 'not_found' })
  const written = await upsert([symbolOf('A', 1, { rsi: [1] })])
  expect(await copyMatrix(lake.workers, path, target)).toEqual(written)
  expect((await readFile(target)).equals(await readFile(path))).toBe(true)
  await writeFile(path, (await readFile(path)).subarray(0, -3))
  await expect(
    copyMatrix(lake.workers, path, join(folder, 'second.parquet')),
  ).rejects.toMatchObject({
    code: 'corrupt_file',
  })
  expect(existsSync(join(folder, 'second.parquet'))).toBe(false)
})

test('a matrix with one flipped bit in its values is described, but not copied', async () => {
  const { lake, folder, path, upsert } = await place()
  await upsert([symbolOf('A', 1, { rsi: [1, 2, 3], adx: [4, 5, 6] })])
  const bytes = await readFile(path)
  // Column data lies between the first letters and the indexes and the footer.
  bytes[30]! ^= 4
  await writeFile(path, bytes)
  expect(await describeMatrix(lake.workers, path)).toMatchObject({ tableVersion: 1 })
  const target = join(folder, 'copy.parquet')
  await expect(copyMatrix(lake.workers, path, target)).rejects.toMatchObject({
    code: 'corrupt_file',
    message: expect.stringContaining("column '('A', 'adx')' is damaged") as string,
  })
  expect(existsSync(target)).toBe(false)
})

test('a matrix that another program wrote anew says where it belongs, and no more', async () => {
  const { lake, path, upsert, read } = await place()
  await upsert([symbolOf('A', 1, { rsi: [1] })], { filled: { A: { rsi: [DAY] } } })
  const bytes = (await readFile(path)).toString('latin1')
  // As pyarrow leaves it: the key-values are kept, the writer is another.
  const rewritten = bytes.replaceAll('fs.crc', 'xx.crc')
  expect(rewritten).not.toBe(bytes)
  await writeFile(path, Buffer.from(rewritten, 'latin1'))
  expect(await describeMatrix(lake.workers, path)).toEqual({
    formula: DESCRIPTION.formula,
    table: DESCRIPTION.table,
    retrieved: {},
    filled: {},
    symbols: ['A'],
  })
  expect(columnsOf(await read())).toEqual({ 'A rsi': [1] })
})

test('the file carries what pandas needs, in the Arrow schema and in the footer', async () => {
  const { path, upsert } = await place()
  await upsert([symbolOf("X:O'NEIL", 1, { rsi: [1] })])
  const bytes = await readFile(path)
  const schema = tableFromIPC(parquet.readParquet(bytes).intoIPCStream()).schema
  const file = await parquet.ParquetFile.fromFile(new Blob([bytes]))
  const footer: Map<string, string> = file.metadata().fileMetadata().keyValueMetadata()
  expect(footer.get('pandas')).toBe(schema.metadata.get('pandas'))
  expect(JSON.parse(footer.get('pandas')!)).toMatchObject({
    index_columns: ['timestamp'],
    column_indexes: [{ name: 'symbol' }, { name: 'feature' }],
    columns: [{ name: `("X:O'NEIL", 'rsi')` }, { name: 'timestamp', pandas_type: 'datetimetz' }],
  })
  expect(schema.fields.at(-1)!.type.toString()).toBe('Timestamp<MILLISECOND, UTC>')
})

test('a matrix without columns or rows is one all the same', async () => {
  const { upsert, read } = await place()
  expect(await upsert([])).toMatchObject({ rows: 0, columns: 0 })
  expect(await read()).toMatchObject({ timestamps: new Float64Array(0), columns: [] })
  await upsert([symbolOf('A', 1, { rsi: [] })])
  expect(columnsOf(await read())).toEqual({ 'A rsi': [] })
  await upsert([symbolOf('A', 1, { rsi: [Number.NaN, 2] })])
  expect(columnsOf(await read())).toEqual({ 'A rsi': [Number.NaN, 2] })
})

// Matrices of others

test.for<[string, Readonly<Record<string, Vector>>, string]>([
  ['no time index', { "('A', 'rsi')": vectorFromArray([1], new Float64()) }, 'no time index'],
  [
    'an index of text',
    {
      timestamp: vectorFromArray(['2024'], new Utf8()),
      "('A', 'rsi')": vectorFromArray([1], new Float64()),
    },
    'not times',
  ],
  [
    'an index of whole numbers, which could be seconds or nanoseconds',
    {
      timestamp: vectorFromArray([1n], new Int64()),
      "('A', 'rsi')": vectorFromArray([1], new Float64()),
    },
    'not times',
  ],
  [
    'times that do not ascend',
    {
      timestamp: vectorFromArray([new Date(2e5), new Date(1e5)], new TimestampMillisecond()),
      "('A', 'rsi')": vectorFromArray([1, 2], new Float64()),
    },
    'row 1',
  ],
  [
    'a column of text',
    {
      timestamp: vectorFromArray([new Date(0)], new TimestampMillisecond()),
      "('A', 'rsi')": vectorFromArray(['x'], new Utf8()),
    },
    "('A', 'rsi')",
  ],
  [
    'one column twice',
    {
      timestamp: vectorFromArray([new Date(0)], new TimestampMillisecond()),
      "('A', 'rsi')": vectorFromArray([1], new Float64()),
      '("A", "rsi")': vectorFromArray([1], new Float64()),
    },
    'twice',
  ],
])('a file with %s is refused, by name', async ([, columns, named]) => {
  const { lake, path, upsert } = await place()
  const bytes = foreignParquet(columns)
  await writeFile(path, bytes)
  const refusal = { code: 'invalid_input', message: expect.stringContaining(named) }
  await expect(readMatrix(lake.workers, path)).rejects.toMatchObject(refusal)
  await expect(upsert([symbolOf('B', 1, { rsi: [1] })])).rejects.toMatchObject(refusal)
  expect((await readFile(path)).equals(bytes)).toBe(true)
})

test('other kinds of numbers are read and kept; columns of no symbol are never lost by an upsert', async () => {
  const { path, upsert, read } = await place()
  const columns = {
    timestamp: vectorFromArray([new Date(0), new Date(DAY * 1000)], new TimestampMillisecond()),
    "('A', 'small')": vectorFromArray([0.5, null], new Float32()),
    "('A', 'whole')": vectorFromArray([null, 2n], new Int64()),
    "('A', 'empty')": vectorFromArray([null, null], new Null()),
  }
  await writeFile(path, foreignParquet(columns))
  await upsert([symbolOf('B', 1, { rsi: [1] })])
  const none = Number.NaN
  expect(columnsOf(await read())).toEqual({
    'A small': [0.5, none],
    'A whole': [none, 2],
    'A empty': [none, none],
    'B rsi': [none, 1],
  })
  const bytes = foreignParquet({ ...columns, close: vectorFromArray([1, 2], new Float64()) })
  await writeFile(path, bytes)
  expect(Object.keys(columnsOf(await read()))).toEqual(['A small', 'A whole', 'A empty'])
  await expect(upsert([symbolOf('B', 1, { rsi: [1] })])).rejects.toMatchObject({
    code: 'invalid_input',
    evidence: { columns: ['close'] },
  })
  expect((await readFile(path)).equals(bytes)).toBe(true)
})

const SHARED =
  process.env['FS_SHARED_DATA'] ?? resolve(import.meta.dirname, '../../../../shared/data')
const ORIGINAL = join(SHARED, 'original')
const START = Date.UTC(2024, 0, 1) / 1000

// What pandas wrote, in the words of the folder's metadata.json.
test.for([
  ['fm_named', { 'BINANCE:BTCUSDT recommend_all': 3, 'BINANCE:ETHUSDT recommend_all': 3 }],
  ['fm_named_naive', { 'BINANCE:BTCUSDT recommend_all': 3, 'BINANCE:ETHUSDT recommend_all': 3 }],
  ['fm_named_tsindex', { 'BINANCE:BTCUSDT recommend_all': 3, 'BINANCE:ETHUSDT recommend_all': 3 }],
  ['fm_unnamed', { 'BINANCE:BTCUSDT recommend_all': 3, 'BINANCE:ETHUSDT recommend_all': 3 }],
  ['fm_ns_index', { 'BINANCE:BTCUSDT recommend_all': 4, 'BINANCE:BTCUSDT rsi': 4 }],
  [
    'fm_quoted_names',
    {
      "X:O'NEIL recommend_all": 4,
      'X:A"B recommend_all': 4,
      'CME_MINI:ES1! recommend_all': 4,
      'BINANCE:BTCUSDT recommend_ma': 4,
    },
  ],
] as const)('the pandas matrix %s is read and upserted', async ([name, expected], { skip }) => {
  const source = join(ORIGINAL, `${name}.parquet`)
  if (!existsSync(source)) skip(`${source} is not there: set FS_SHARED_DATA`)
  const { path, upsert, read } = await place()
  await copyFile(source, path)
  const before = await read()
  expect(Object.keys(columnsOf(before))).toEqual(Object.keys(expected))
  for (const values of Object.values(columnsOf(before))) {
    expect(values.length).toBe(Object.values(expected)[0])
  }
  expect([...before.timestamps]).toEqual([...before.timestamps].map((_, i) => START + i * DAY))
  expect(before.description).toEqual({ retrieved: {}, filled: {} })
  await upsert([symbolOf('NEW', START / DAY + 1, { rsi: [1] })])
  const after = columnsOf(await read())
  expect(after).toMatchObject(columnsOf(before))
  expect(after['NEW rsi']!.filter((value) => !Number.isNaN(value))).toEqual([1])
})

test('a foreign batch of several records is one matrix', async () => {
  const { path, read } = await place()
  const fields = [
    new Field('timestamp', new TimestampMillisecond('UTC'), false),
    new Field("('A', 'rsi')", new Float64(), true),
  ]
  const batch = (from: number) =>
    new RecordBatch(
      new Schema(fields),
      makeData({
        type: new Struct(fields),
        length: 2,
        nullCount: 0,
        children: [
          makeData({
            type: new TimestampMillisecond('UTC'),
            length: 2,
            nullCount: 0,
            data: BigInt64Array.of(BigInt(from * DAY * 1000), BigInt((from + 1) * DAY * 1000)),
          }),
          makeData({
            type: new Float64(),
            length: 2,
            nullCount: 0,
            data: Float64Array.of(from, from + 1),
          }),
        ],
      }),
    )
  await writeFile(path, foreignParquet([batch(1), batch(3)]))
  expect(columnsOf(await read())).toEqual({ 'A rsi': [1, 2, 3, 4] })
})
