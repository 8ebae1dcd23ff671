import {
  Bool as bool_,
  Int32,
  Int64,
  vectorFromArray,
  Utf8,
  Dictionary,
  Float64,
  Float32,
  Uint64,
} from 'apache-arrow'
import { expect, test } from 'vitest'
import {
  type Columns,
  formatStats,
  openLakehouse,
  rowCount,
  type TableSchema,
} from '../src/index.ts'
import { foreignParquet, putForeignTable } from './foreign-table.ts'
import { bar, BARS, barsOf, linesOf } from './bars.ts'
import { collect, temporaryLake } from './temporary-lake.ts'

test('a table is made by its first commit, which is version 0', async () => {
  const lake = await temporaryLake()
  const table = lake.table('bars_1d', { schema: BARS })
  expect(await table.state()).toBe(null)
  expect((await table.upsertSymbols([barsOf([bar('A', 60, 1)])], { runId: 'r' })).version).toBe(0)
  const { columns, time, key } = lake.table('bars_1d').schema(await table.state())
  expect({ columns, time, key }).toEqual({ columns: BARS.columns, time: BARS.time, key: BARS.key })
})

test('rows come back sorted, in schema order and unchanged, whatever order they came in', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  const bars = [
    { ...bar('B', 120, -0), volume: Number.MAX_SAFE_INTEGER },
    { ...bar('\u{1F600}é"\'\\', 60, Number.MIN_VALUE), run_id: '' },
    bar('\uFFFD', 60, Number.MAX_VALUE),
    bar('B', 60, Number.NEGATIVE_INFINITY),
    { ...bar('A', -86_400, 1 / 3), volume: null },
  ]
  await table.upsertSymbols([barsOf(bars)], { runId: 'r' })
  const rows = await collect(table)
  expect(Object.keys(rows)).toEqual(BARS.columns.map(({ name }) => name))
  expect(rows).toEqual(barsOf([bars[4]!, bars[3]!, bars[0]!, bars[2]!, bars[1]!]))
  expect(Object.is((rows['close'] as Float64Array)[2], -0)).toBe(true)
})

test('a repeated import commits no version; a changed bar becomes a second row', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  const options = { runId: 'r', restatedAt: 1_000 }
  await table.upsertSymbols([barsOf([bar('A', 60, 1), bar('B', 60, 2)])], options)
  const again = await table.upsertSymbols([barsOf([bar('A', 60, 1), bar('B', 60, 2)])], options)
  expect(again).toMatchObject({ version: null, added: 0, restated: 0, unchanged: 2 })
  const changed = await table.upsertSymbols([barsOf([bar('A', 60, 1), bar('B', 60, 3)])], options)
  expect(changed).toMatchObject({ version: 1, added: 0, restated: 1, unchanged: 1 })
  expect(changed.perSymbol.get('B')).toEqual({ added: 0, restated: 1, unchanged: 0 })
  expect(linesOf(await collect(table))).toEqual(['A 60 120 1', 'B 60 120 2', 'B 60 1000 3'])
})

test('a scan gives the columns asked for, in that order', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf([bar('A', 60, 1)])], { runId: 'r' })
  const rows = await collect(table, { columns: ['close', 'symbol'] })
  expect(Object.entries(rows)).toEqual([
    ['close', Float64Array.of(1)],
    ['symbol', ['A']],
  ])
  await expect(collect(table, { columns: ['nothing'], symbols: [] })).rejects.toMatchObject({
    code: 'schema_mismatch',
    evidence: { column: 'nothing' },
  })
})

test('a scan gives the symbols asked for, each once, and the bars of a stretch of time', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  const bars = ['A', 'B', 'C'].flatMap((symbol) => [60, 120, 180].map((t) => bar(symbol, t, t)))
  await table.upsertSymbols([barsOf(bars)], { runId: 'r' })
  const names = ['symbol', 'timestamp']
  const scan = async (options: object) => linesOf(await collect(table, options), names)
  expect(await scan({ symbols: ['C', 'A', 'nobody', 'C'], to: 60 })).toEqual(['A 60', 'C 60'])
  expect(await scan({ symbols: ['B'], from: 120 })).toEqual(['B 120', 'B 180'])
  expect(await scan({ from: 61, to: 179 })).toEqual(['A 120', 'B 120', 'C 120'])
  expect(await scan({ from: 181 })).toEqual([])
  expect(await scan({ symbols: [] })).toEqual([])
  const many = Array.from({ length: 200 }, () => 'B')
  expect(await scan({ symbols: many })).toEqual(['B 60', 'B 120', 'B 180'])
})

test('an older version stays readable as it was', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf([bar('A', 60, 1)])], { runId: 'first' })
  await table.upsertSymbols([barsOf([bar('B', 60, 2)])], { runId: 'second', operation: 'IMPORT' })
  expect(linesOf(await collect(table, { version: 0 }))).toEqual(['A 60 120 1'])
  expect(linesOf(await collect(table))).toEqual(['A 60 120 1', 'B 60 120 2'])
  const versions = await table.versions()
  expect(
    versions.map(({ version, operation, runId, rowsAdded }) => ({
      version,
      operation,
      runId,
      rowsAdded,
    })),
  ).toEqual([
    { version: 0, operation: 'MERGE', runId: 'first', rowsAdded: 1 },
    { version: 1, operation: 'IMPORT', runId: 'second', rowsAdded: 1 },
  ])
  await expect(collect(table, { version: 2 })).rejects.toMatchObject({
    code: 'version_not_available',
  })
})

test('symbols are listed with their rows, also of what came since a version', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf([bar('B', 60, 1), bar('A', 60, 1)])], { runId: 'r' })
  await table.upsertSymbols([barsOf([bar('B', 120, 1), bar('C', 60, 1)])], { runId: 's' })
  const snapshot = (await table.state())!
  expect([...(await table.symbols(snapshot))]).toEqual([
    ['A', 1],
    ['B', 2],
    ['C', 1],
  ])
  expect([...(await table.symbols(snapshot, 0))]).toEqual([
    ['B', 1],
    ['C', 1],
  ])
  expect([...(await table.symbols(snapshot, 1))]).toEqual([])
})

test('a symbol longer than a row group is read alone and in part', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  const long = Array.from({ length: 9_000 }, (_, i) => bar('LONG', i * 60, i))
  const bars = [bar('A', 0, -1), ...long, bar('Z', 0, -2)]
  await table.upsertSymbols([barsOf(bars)], { runId: 'r' })
  const rows = await collect(table, { symbols: ['LONG'], from: 4_000 * 60, to: 8_500 * 60 })
  expect([...(rows['close'] as Float64Array)]).toEqual(
    Array.from({ length: 4_501 }, (_, i) => 4_000 + i),
  )
  expect(linesOf(await collect(table, { symbols: ['Z'] }))).toEqual(['Z 0 60 -2'])
})

test.for<[string, (rows: Record<string, Columns[string]>) => void, string]>([
  ['an unknown column', (rows) => (rows['price'] = Float64Array.of(1, 2)), 'price'],
  ['text for numbers', (rows) => (rows['close'] = ['1', '2']), 'close'],
  ['numbers for text', (rows) => (rows['symbol'] = Float64Array.of(1, 2)), 'symbol'],
  ['columns of two lengths', (rows) => (rows['close'] = Float64Array.of(1)), 'close'],
  ['a column that is needed', (rows) => delete rows['close'], 'close'],
  [
    'a value that is needed',
    (rows) => (rows['close'] = Float64Array.of(1, Number.NaN)),
    'row 1 (B)',
  ],
  ['a symbol that is needed', (rows) => (rows['symbol'] = ['A', null]), 'row 1'],
  [
    'an unsafe whole number',
    (rows) => (rows['timestamp'] = Float64Array.of(1, 2 ** 53)),
    'row 1 (B)',
  ],
  ['a fraction of a second', (rows) => (rows['known_at'] = Float64Array.of(1, 2.5)), 'row 1 (B)'],
])('rows with %s are refused by name, and nothing stays behind', async ([, spoil, named]) => {
  const lake = await temporaryLake()
  const rows: Record<string, Columns[string]> = { ...barsOf([bar('A', 60, 1), bar('B', 60, 2)]) }
  spoil(rows)
  const table = lake.table('bars_1d', { schema: BARS })
  await expect(table.upsertSymbols([rows], { runId: 'r' })).rejects.toMatchObject({
    code: 'schema_mismatch',
    message: expect.stringContaining(named),
  })
  expect(await lake.store.list('')).toEqual([])
})

test('rows that contradict each other leave the table as it was', async () => {
  const lake = await temporaryLake()
  const table = lake.table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf([bar('A', 60, 1)])], { runId: 'r' })
  const before = (await lake.store.list('')).map(({ path }) => path)
  const portions = [
    barsOf(Array.from({ length: 70 }, (_, i) => bar(`N${100 + i}`, 60, 1))),
    barsOf([bar('Z', 60, 1), bar('Z', 60, 2)]),
  ]
  await expect(table.upsertSymbols(portions, { runId: 's' })).rejects.toMatchObject({
    code: 'invalid_input',
    evidence: { symbols: ['Z'] },
  })
  expect((await lake.store.list('')).map(({ path }) => path)).toEqual(before)
})

test.for([
  { name: 'a b', why: 'a space' },
  { name: 'a=b', why: 'an equals sign' },
  { name: 'a,b', why: 'a comma' },
  { name: 'CLOSE', why: 'a name that differs by case only' },
  { name: '', why: 'no name' },
])('a schema with $why is refused before anything is written', async ({ name }) => {
  const lake = await temporaryLake()
  const columns = [...BARS.columns, { name, type: 'double', nullable: true } as const]
  expect(() => lake.table('bars_1d', { schema: { ...BARS, columns } })).toThrow(
    expect.objectContaining({ code: 'invalid_input' }),
  )
})

test.for([
  { drop: 'known_at', type: undefined },
  { drop: 'symbol', type: 'double' as const },
  { drop: 'timestamp', type: 'string' as const },
])('a schema whose $drop is absent or of type $type is refused', async ({ drop, type }) => {
  const lake = await temporaryLake()
  const others = BARS.columns.filter(({ name }) => name !== drop)
  const columns = type === undefined ? others : [...others, { name: drop, type, nullable: false }]
  expect(() => lake.table('bars_1d', { schema: { ...BARS, columns } })).toThrow(
    expect.objectContaining({
      code: 'invalid_input',
      evidence: { table: 'bars_1d', column: drop },
    }),
  )
})

test.for(['', '../bars', 'a//b', '/a', 'a.b', 'a\\b'])('%j is no name of a table', async (name) => {
  const lake = await temporaryLake()
  expect(() => lake.table(name)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('a table that does not exist and has no schema is not found', async () => {
  const table = (await temporaryLake()).table('bars_1d')
  const missing = { code: 'not_found', evidence: { table: 'bars_1d' } }
  await expect(collect(table)).rejects.toMatchObject(missing)
  await expect(table.versions()).rejects.toMatchObject(missing)
  await expect(table.upsertSymbols([], { runId: 'r' })).rejects.toMatchObject(missing)
})

test('all column types round-trip, and a name may be the start of another', async () => {
  const schema: TableSchema = {
    columns: [
      { name: 'symbol', type: 'string', nullable: false },
      { name: 'timestamp', type: 'long', nullable: false },
      { name: 'known_at', type: 'long', nullable: false },
      { name: 'Volatility', type: 'double', nullable: true },
      { name: 'Volatility.D', type: 'double', nullable: true },
      { name: 'ünï', type: 'string', nullable: true },
      { name: 'ünï.é', type: 'long', nullable: true },
      { name: 'active', type: 'boolean', nullable: true },
    ],
    time: 'timestamp',
    key: ['symbol', 'timestamp'],
  }
  const rows: Columns = {
    symbol: ['A', 'A', 'B'],
    timestamp: Float64Array.of(-1, 2 ** 40, -(2 ** 40)),
    known_at: Float64Array.of(0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    Volatility: Float64Array.of(1, Number.NaN, 3),
    'Volatility.D': Float64Array.of(Number.NaN, 5, 6),
    ünï: [null, 'x', ''],
    'ünï.é': Float64Array.of(-(2 ** 32), Number.NaN, 2 ** 31),
    active: Float64Array.of(0, 1, Number.NaN),
  }
  const table = (await temporaryLake()).table('all', { schema })
  await table.upsertSymbols([rows], { runId: 'r' })
  expect(await collect(table)).toEqual(rows)
  for (const { name } of schema.columns) {
    expect(await collect(table, { columns: [name] }), name).toEqual({ [name]: rows[name] })
  }
  await expect(
    table.upsertSymbols([{ ...rows, active: Float64Array.of(0, 1, 2) }], { runId: 'r' }),
  ).rejects.toMatchObject({ code: 'schema_mismatch', message: expect.stringContaining('row 2') })
})

test('a column added since is without a value in older files', async () => {
  const lake = await temporaryLake()
  const fields = [
    { name: 'symbol', type: 'string' },
    { name: 'timestamp', type: 'long' },
    { name: 'known_at', type: 'long' },
    { name: 'rsi', type: 'double' },
    { name: 'note', type: 'string' },
  ]
  const bytes = foreignParquet({
    symbol: vectorFromArray(['A'], new Utf8()),
    timestamp: vectorFromArray([60n], new Int64()),
    known_at: vectorFromArray([120n], new Int64()),
  })
  await putForeignTable(lake.store, 't', fields, [{ path: 'part-0.parquet', bytes }])
  const rows = await collect(lake.table('t'), { columns: ['symbol', 'rsi', 'note'] })
  expect(rows).toEqual({ symbol: ['A'], rsi: Float64Array.of(Number.NaN), note: [null] })
})

test('a table that another engine wrote is read: other order, types, encodings, partitions', async () => {
  const lake = await temporaryLake()
  const fields = [
    { name: 'symbol', type: 'string' },
    { name: 'timestamp', type: 'long' },
    { name: 'known_at', type: 'integer' },
    { name: 'close', type: 'double' },
    { name: 'active', type: 'boolean' },
    { name: 'day', type: 'string' },
  ]
  // Unsorted, symbols interleaved, columns in another order, one that the table does not list.
  const first = foreignParquet({
    close: vectorFromArray([2, null, 1], new Float64()),
    extra: vectorFromArray(['x', 'y', 'z'], new Utf8()),
    known_at: vectorFromArray([121, 61, 61], new Int32()),
    symbol: vectorFromArray(['B', 'A', 'B'], new Dictionary(new Utf8(), new Int32())),
    active: vectorFromArray([true, null, false], new bool_()),
    timestamp: vectorFromArray([120n, 60n, 60n], new Int64()),
  })
  const second = foreignParquet({
    symbol: vectorFromArray(['A'], new Utf8()),
    timestamp: vectorFromArray([180n], new Int64()),
    known_at: vectorFromArray([181], new Int32()),
    close: vectorFromArray([0.5], new Float32()),
    active: vectorFromArray([true], new bool_()),
  })
  await putForeignTable(
    lake.store,
    'elsewhere',
    fields,
    [
      { path: 'day=one/part%200.parquet', bytes: first, partitionValues: { day: 'one' } },
      { path: 'day=two/p.parquet', bytes: second, partitionValues: { day: null } },
    ].map((file) => ({ ...file, path: file.path })),
    ['day'],
  )
  await lake.store.put('elsewhere/day=one/part 0.parquet', first)
  const table = lake.table('elsewhere')
  const names = ['symbol', 'timestamp', 'known_at', 'close', 'active', 'day']
  const all = [
    'A 60 61 NaN NaN one',
    'A 180 181 0.5 1 null',
    'B 60 61 1 0 one',
    'B 120 121 2 1 one',
  ]
  expect(linesOf(await collect(table), names)).toEqual(all)
  expect(linesOf(await collect(table, { symbols: ['B'], from: 61 }), names)).toEqual([all[3]])
  expect(await collect(table, { columns: ['day'], symbols: ['B'] })).toEqual({
    day: ['one', 'one'],
  })
  expect([...(await table.symbols((await table.state())!))]).toEqual([
    ['A', 2],
    ['B', 2],
  ])
  await expect(
    table.upsertSymbols(
      [{ symbol: ['C'], timestamp: Float64Array.of(1), known_at: Float64Array.of(1) }],
      { runId: 'r' },
    ),
  ).rejects.toMatchObject({ code: 'unsupported_feature', message: expect.stringContaining('day') })
})

test('an integer column of another engine is read, and never written as a long', async () => {
  const lake = await temporaryLake()
  const bytes = foreignParquet({
    symbol: vectorFromArray(['A'], new Utf8()),
    timestamp: vectorFromArray([60n], new Int64()),
    known_at: vectorFromArray([61], new Int32()),
  })
  const fields = [
    { name: 'symbol', type: 'string' },
    { name: 'timestamp', type: 'long' },
    { name: 'known_at', type: 'integer' },
  ]
  await putForeignTable(lake.store, 't', fields, [{ path: 'p.parquet', bytes }])
  const rows = await collect(lake.table('t'))
  expect(linesOf(rows, ['symbol', 'timestamp', 'known_at'])).toEqual(['A 60 61'])
  await expect(lake.table('t').upsertSymbols([rows], { runId: 'r' })).rejects.toMatchObject({
    code: 'unsupported_feature',
    message: expect.stringContaining('known_at'),
  })
})

test('foreign statistics are used, and a maximum cut to a prefix prunes nothing away', async () => {
  const lake = await temporaryLake()
  const file = (path: string, symbol: string) => ({
    path,
    bytes: foreignParquet({
      symbol: vectorFromArray([symbol], new Utf8()),
      timestamp: vectorFromArray([60n], new Int64()),
      known_at: vectorFromArray([61n], new Int64()),
    }),
    stats: formatStats({
      minValues: { symbol: symbol.slice(0, 3) },
      maxValues: { symbol: symbol.slice(0, 3) },
    }),
  })
  const fields = ['symbol', 'timestamp', 'known_at'].map((name) => ({
    name,
    type: name === 'symbol' ? 'string' : 'long',
  }))
  await putForeignTable(lake.store, 't', fields, [file('a', 'AAA:ONE'), file('b', 'BBB:TWO')])
  await lake.store.remove('t/b')
  expect(linesOf(await collect(lake.table('t'), { symbols: ['AAA:ONE'] }), ['symbol'])).toEqual([
    'AAA:ONE',
  ])
})

test.for([
  { what: 'a whole number beyond 2^53', values: vectorFromArray([2n ** 60n], new Int64()) },
  { what: 'an unsigned one beyond 2^63', values: vectorFromArray([2n ** 64n - 1n], new Uint64()) },
  { what: 'text where the table says long', values: vectorFromArray(['1'], new Utf8()) },
])('$what is refused by file and column, never rounded', async ({ values }) => {
  const lake = await temporaryLake()
  const bytes = foreignParquet({
    symbol: vectorFromArray(['A'], new Utf8()),
    timestamp: vectorFromArray([60n], new Int64()),
    known_at: values,
  })
  const fields = ['symbol', 'timestamp', 'known_at'].map((name) => ({
    name,
    type: name === 'symbol' ? 'string' : 'long',
  }))
  await putForeignTable(lake.store, 't', fields, [{ path: 'p.parquet', bytes }])
  await expect(collect(lake.table('t'), { symbols: ['A'] })).rejects.toMatchObject({
    code: 'unsupported_feature',
    evidence: { file: 't/p.parquet', column: 'known_at' },
  })
})

test('a foreign row without a symbol is named, not dropped', async () => {
  const lake = await temporaryLake()
  const bytes = foreignParquet({
    symbol: vectorFromArray(['A', null], new Utf8()),
    timestamp: vectorFromArray([60n, 60n], new Int64()),
    known_at: vectorFromArray([61n, 61n], new Int64()),
  })
  const fields = ['symbol', 'timestamp', 'known_at'].map((name) => ({
    name,
    type: name === 'symbol' ? 'string' : 'long',
  }))
  await putForeignTable(lake.store, 't', fields, [{ path: 'p.parquet', bytes }])
  await expect(collect(lake.table('t'))).rejects.toMatchObject({
    code: 'unsupported_feature',
    message: expect.stringContaining('row 1 has no symbol'),
  })
})

test('a table without known_at cannot be read as one with history', async () => {
  const lake = await temporaryLake()
  await putForeignTable(
    lake.store,
    't',
    [
      { name: 'symbol', type: 'string' },
      { name: 'timestamp', type: 'long' },
    ],
    [],
  )
  await expect(collect(lake.table('t'))).rejects.toMatchObject({
    code: 'schema_mismatch',
    evidence: { column: 'known_at' },
  })
})

test('a data file that is missing or of another size is corrupt, by name', async () => {
  const lake = await temporaryLake()
  const table = lake.table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf([bar('A', 60, 1)])], { runId: 'r' })
  const file = `bars_1d/${(await table.state())!.files[0]!.path}`
  const bytes = await lake.store.get(file)
  const corrupt = { code: 'corrupt_file', evidence: { file } }
  await lake.store.remove(file)
  await expect(collect(table)).rejects.toMatchObject(corrupt)
  await expect(collect(table, { symbols: ['A'] })).rejects.toMatchObject(corrupt)
  for (const other of [bytes.subarray(0, -1), new Uint8Array([...bytes, 0]), new Uint8Array(0)]) {
    await lake.store.put(file, other)
    await expect(collect(table)).rejects.toMatchObject(corrupt)
    await expect(collect(table, { symbols: ['A'] })).rejects.toMatchObject(corrupt)
  }
})

test('work ends when its signal says so, with the table as it was', async () => {
  const controller = new AbortController()
  const lake = await temporaryLake({ signal: controller.signal })
  const table = lake.table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf([bar('A', 60, 1)])], { runId: 'r' })
  const before = (await lake.store.list('')).map(({ path }) => path)
  async function* portions() {
    for (let i = 0; i < 3; i++) {
      yield barsOf(Array.from({ length: 70 }, (_, k) => bar(`S${i}${100 + k}`, 60, 1)))
      controller.abort(new Error('enough'))
    }
  }
  await expect(table.upsertSymbols(portions(), { runId: 's' })).rejects.toMatchObject({
    code: 'aborted',
  })
  await expect(collect(table)).rejects.toMatchObject({ code: 'aborted' })
  expect((await lake.store.list('')).map(({ path }) => path)).toEqual(before)
})

test('a closed lakehouse refuses work', async () => {
  const lake = await temporaryLake({ workers: 1 })
  const table = lake.table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf([bar('A', 60, 1)])], { runId: 'r' })
  await lake.close()
  await expect(collect(table)).rejects.toMatchObject({ code: 'aborted' })
  expect(() => openLakehouse('s3://bucket')).toThrow(
    expect.objectContaining({ code: 'unsupported_option' }),
  )
  expect(rowCount({})).toBe(0)
})
