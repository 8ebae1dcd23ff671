import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { formatColumnName, parseColumnName, readMatrix, upsertMatrix } from '@fs/lakehouse'
import { listsOf, makeStore, matrixLists } from './store.ts'
import { installPython } from './tools.ts'

const python = await installPython()
const store = await makeStore()
afterAll(() => store.remove())

const missing = 'missing' in python ? ` (skipped: ${python.missing})` : ''
const check = (
  name: string,
  body: (run: Extract<typeof python, { found: unknown }>['found']) => Promise<void>,
) =>
  test.skipIf(missing !== '')(`${name}${missing}`, async () => {
    if ('found' in python) await body(python.found)
  })

type Lists = Record<string, (number | string | null)[]>
interface TableAnswer {
  readonly types: Record<string, string>
  readonly columns: Lists
}

const TABLES = ['bars_1d', 'features/local_1d', 'symbols']
const at = (table: string) => join(store.folder, table)

for (const engine of ['deltalake', 'pandas', 'polars']) {
  for (const table of TABLES) {
    check(`${engine} reads every cell of ${table} as our scan does`, async (run) => {
      const { columns } = await run<TableAnswer>('read_table.py', engine, at(table))
      const own = listsOf(await store.rows(table))
      // Truth values are numbers here.
      if (columns['active'])
        columns['active'] = columns['active'].map((value) =>
          value === null ? null : Number(value),
        )
      expect(Object.keys(columns)).toEqual(Object.keys(own))
      expect(columns).toEqual(own)
      expect(own['symbol']!.length).toBeGreaterThan(table === 'symbols' ? 60 : 10_000)
    })
  }
  check(`${engine} reads an older version of bars_1d`, async (run) => {
    const { columns } = await run<TableAnswer>('read_table.py', engine, at('bars_1d'), '0')
    expect(columns).toEqual(listsOf(await store.rows('bars_1d', { version: 0 })))
    expect(columns['symbol']!.length).toBeLessThan(
      listsOf(await store.rows('bars_1d'))['symbol']!.length,
    )
  })
  check(`${engine} finds one symbol by our statistics`, async (run) => {
    const symbol = 'BINANCE:BTCUSDT'
    const { columns } = await run<TableAnswer>('read_table.py', engine, at('bars_1d'), '', symbol)
    expect(columns).toEqual(listsOf(await store.rows('bars_1d', { symbols: [symbol] })))
    expect(columns['symbol']!.length).toBeGreaterThan(300)
  })
}

check('the types on disk are the ones the tables promise', async (run) => {
  const { types } = await run<TableAnswer>('read_table.py', 'deltalake', at('bars_1d'))
  expect(types).toMatchObject({
    timestamp: 'int64',
    known_at: 'int64',
    close: 'double',
    volume: 'double',
  })
  expect(types['symbol']).toMatch(/string/)
})

interface History {
  readonly version: number
  readonly operations: string[]
  readonly configuration: Record<string, string>
  readonly readerVersion: number
  readonly writerVersion: number
  readonly files: number
  readonly rows: number
}

check('deltalake tells the same history of the tables', async (run) => {
  for (const name of TABLES) {
    const table = store.lake.table(name)
    const snapshot = (await table.state())!
    const told = await run<History>('delta_history.py', at(name))
    expect(told).toMatchObject({
      version: snapshot.version,
      operations: (await table.versions()).map(({ operation }) => operation),
      configuration: snapshot.metaData.configuration,
      readerVersion: 1,
      writerVersion: 2,
      files: snapshot.files.length,
    })
  }
})

interface MatrixAnswer {
  readonly timestamps: number[]
  readonly columns: [string, string, (number | null)[]][]
}

check('pandas reads the matrix as a MultiIndex frame over UTC days', async (run) => {
  const told = await run<MatrixAnswer & { levels: unknown }>(
    'read_matrix.py',
    'pandas',
    store.matrixPath,
  )
  const own = matrixLists(await store.matrix())
  expect(told).toMatchObject({
    columns_class: 'MultiIndex',
    column_names: ['symbol', 'feature'],
    index_class: 'DatetimeIndex',
    index_name: 'timestamp',
    zone: 'UTC',
    dtypes: ['float64'],
  })
  expect(told.timestamps).toEqual(own.timestamps)
  expect(told.columns).toEqual(own.columns)
  expect(own.columns.length).toBeGreaterThan(150)
  const first = own.columns[0]!
  expect(told.levels).toEqual([
    own.columns.filter(([symbol]) => symbol === first[0]).map(([, feature]) => feature),
    own.columns.filter(([, feature]) => feature === first[1]).map(([symbol]) => symbol),
  ])
})

for (const engine of ['polars', 'pyarrow']) {
  check(`${engine} reads every cell of the matrix`, async (run) => {
    const told = await run<{ timestamps: number[]; columns: [string, (number | null)[]][] }>(
      'read_matrix.py',
      engine,
      store.matrixPath,
    )
    const own = matrixLists(await store.matrix())
    expect(told.timestamps).toEqual(own.timestamps)
    expect(told.columns).toEqual(
      own.columns.map(([symbol, feature, values]) => [
        formatColumnName({ symbol, feature }),
        values,
      ]),
    )
    if (engine === 'polars') {
      expect(told).toMatchObject({ index_type: "Datetime(time_unit='ms', time_zone='UTC')" })
    } else {
      const keys = [
        'fs.crc',
        'fs.filled',
        'fs.formula',
        'fs.retrieved',
        'fs.run_id',
        'fs.table',
        'fs.table_id',
        'fs.table_version',
        'pandas',
      ]
      expect(told).toMatchObject({
        types: ['double', 'timestamp[ms, tz=UTC]'],
        keys,
        footer_keys: ['ARROW:schema', ...keys].toSorted(),
      })
    }
  })
}

check(
  'a matrix that pandas wrote is upserted, and pandas reads its own cells back',
  async (run) => {
    const path = join(store.folder, '../pandas.parquet')
    const values = await run<(number | null)[]>('write_matrix.py', path)
    const before = matrixLists((await readMatrix(store.lake.workers, path))!)
    expect(before.columns.flatMap(([, , column]) => column)).toEqual(values)
    expect(before.columns.map(([symbol]) => symbol)).toEqual([
      "X:O'NEIL",
      'X:A"B',
      'BINANCE:BTCUSDT',
      'T\tab\u00a0\\',
    ])
    const upserted = await upsertMatrix(store.lake.workers, path, {
      symbols: [
        {
          symbol: 'NEW',
          timestamps: Float64Array.of(before.timestamps[0]! - 86_400, before.timestamps[4]!),
          values: { rsi: Float64Array.of(1, 2) },
        },
      ],
      description: {
        formula: 'f',
        table: 't',
        tableVersion: 0,
        runId: 'r',
        retrieved: {},
        filled: {},
      },
      runFile: join(store.folder, '../run/pandas.parquet'),
    })
    expect(upserted).toMatchObject({ rows: 10, columns: 5 })
    const told = await run<MatrixAnswer>('read_matrix.py', 'pandas', path)
    expect(told.columns.slice(0, 4)).toEqual(
      before.columns.map(([symbol, feature, column]) => [symbol, feature, [null, ...column]]),
    )
    expect(told.columns[4]).toEqual([
      'NEW',
      'rsi',
      [1, null, null, null, null, 2, null, null, null, null],
    ])
  },
)

check(
  'a file of ours that pyarrow wrote anew is read, though it carries our checksums of the old one',
  async (run) => {
    const path = join(store.folder, '../rewritten.parquet')
    await run('write_matrix.py', path, store.matrixPath)
    const [rewritten, written] = [await readMatrix(store.lake.workers, path), await store.matrix()]
    expect(rewritten?.timestamps).toEqual(written.timestamps)
    expect(rewritten?.columns).toEqual(written.columns)
    // Its cells may be anybody's: it is not taken at its word on which version of the table it shows.
    expect(rewritten?.description.tableVersion).toBeUndefined()
    const [file] = (await store.lake.table('bars_1d').state())!.files
    const original = join(at('bars_1d'), file!.path)
    await run('write_matrix.py', path, original)
    const own = await store.lake.readParquet(original)
    expect((await store.lake.readParquet(path)).columns).toEqual(own.columns)
  },
)

check('column names are written as Python writes them, whatever they hold', async (run) => {
  const hostile = [
    '',
    "'",
    '"',
    `'"`,
    '\\',
    '\\n',
    '\n\r\t',
    '\0\x1b\x7f',
    'é',
    'ß\u0301',
    '\u200b\u202e',
    '\u{1F600}',
    '\u{E0041}',
    ')',
    "', '",
    "('a', 'b')",
  ]
  const pairs = hostile.flatMap((symbol) => hostile.map((feature) => [symbol, feature] as const))
  const file = join(store.folder, '../names.json')
  await writeFile(file, JSON.stringify(pairs))
  const { names, flags } = await run<{ names: string[]; flags: string }>('names.py', file)
  for (const [i, [symbol, feature]] of pairs.entries()) {
    expect(formatColumnName({ symbol, feature })).toBe(names[i])
    expect(parseColumnName(names[i]!)).toEqual({ symbol, feature })
  }
  const differing: string[] = []
  for (let point = 0; point < flags.length; point++) {
    // Written otherwise, for being the quote or the escape.
    if (flags[point] === '-' || point === 0x27 || point === 0x5c) continue
    const character = String.fromCodePoint(point)
    const isKept = formatColumnName({ symbol: character, feature: '' }) === `('${character}', '')`
    if (isKept !== (flags[point] === '1')) differing.push(`U+${point.toString(16)}`)
  }
  expect(differing).toEqual([])
})

check(
  'rows that deltalake appends are read, also after its compaction, deletion and checkpoint',
  async (run) => {
    const before = listsOf(await store.rows('bars_1d'))
    await run('change_table.py', at('bars_1d'), 'append')
    const symbols = ['AAA:NEW', 'ZZZ:NEW']
    const appended = listsOf(await store.rows('bars_1d', { symbols }))
    expect(appended).toEqual({
      symbol: ['AAA:NEW', 'AAA:NEW', 'ZZZ:NEW'],
      timestamp: [86_400, 172_800, 172_800],
      known_at: [172_860, 259_260, 259_260],
      open: [3, 2, 1],
      high: [3.5, 2.5, 1.5],
      low: [2.5, 1.5, 0.5],
      close: [3.25, 2.25, 1.25],
      volume: [6, 5, null],
      run_id: ['elsewhere', 'elsewhere', 'elsewhere'],
    })
    const all = listsOf(await store.rows('bars_1d'))
    expect(all['symbol']!.length).toBe(before['symbol']!.length + 3)

    // Ours on top of theirs: a bar they wrote is known, another value for it is a second row.
    const rows = await store.rows('bars_1d', { symbols })
    const close = (rows['close'] as Float64Array).map((value, row) => (row === 0 ? 9 : value))
    const result = await store.lake
      .table('bars_1d')
      .upsertSymbols([{ ...rows, close }], { runId: 'ours', restatedAt: 300_000 })
    expect(result).toMatchObject({ added: 0, restated: 1, unchanged: 2 })

    for (const [action, gone] of [
      ['compact', []],
      ['checkpoint', []],
      ['delete', ['ZZZ:NEW']],
    ] as const) {
      const own = listsOf(await store.rows('bars_1d'))
      await run('change_table.py', at('bars_1d'), action)
      const kept = own['symbol']!.flatMap((symbol, row) =>
        (gone as readonly unknown[]).includes(symbol) ? [] : [row],
      )
      const expected = Object.fromEntries(
        Object.entries(own).map(([name, column]) => [name, kept.map((row) => column[row])]),
      )
      expect(listsOf(await store.rows('bars_1d')), action).toEqual(expected)
      const { columns } = await run<TableAnswer>('read_table.py', 'deltalake', at('bars_1d'))
      expect(columns, action).toEqual(expected)
    }
    expect(listsOf(await store.rows('bars_1d', { version: 0 }))['symbol']!.length).toBeGreaterThan(
      10_000,
    )
  },
)

check('a table that deltalake made is read: its own types, order and encodings', async (run) => {
  await run('change_table.py', at('elsewhere'), 'create')
  expect(listsOf(await store.rows('elsewhere'))).toEqual({
    close: [1, null, 3, null],
    symbol: ['A', 'B', 'B', '\u{1F600}'],
    active: [null, 0, 1, 1],
    known_at: [70, 70, 130, 70],
    small: [null, 0.25, 0.5, 1],
    timestamp: [60, 60, 120, 60],
  })
  expect(
    listsOf(await store.rows('elsewhere', { symbols: ['B'], from: 100, columns: ['close'] })),
  ).toEqual({ close: [3] })
  const copy = join(store.folder, '../copy.parquet')
  const [file] = (await store.lake.table('elsewhere').state())!.files
  await copyFile(join(at('elsewhere'), file!.path), copy)
  expect(Object.keys((await store.lake.readParquet(copy)).columns).length).toBe(6)
})
