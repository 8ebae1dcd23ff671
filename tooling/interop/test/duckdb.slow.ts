import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { decodePath, formatColumnName, readMatrix, upsertMatrix } from '@fs/lakehouse'
import { listsOf, makeStore, matrixLists } from './store.ts'
import { type DuckDB, installDuckDB } from './tools.ts'

const duckdb = await installDuckDB()
const store = await makeStore()
afterAll(() => store.remove())

const missing = 'missing' in duckdb ? ` (skipped: ${duckdb.missing})` : ''
const check = (name: string, body: (duck: DuckDB) => Promise<void>) =>
  test.skipIf(missing !== '')(`${name}${missing}`, async () => {
    if ('found' in duckdb) await body(duckdb.found)
  })

/** The live files of a table, as DuckDB's list of paths. */
async function liveFiles(table: string): Promise<string> {
  const { files } = (await store.lake.table(table).state())!
  const paths = files.map(({ path }) => `'${join(store.folder, table, decodePath(path))}'`)
  return `[${paths.join(', ')}]`
}

function plain(columns: Record<string, unknown[]>): Record<string, unknown[]> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      column.map((value) =>
        typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : value,
      ),
    ]),
  )
}

for (const [table, order] of [
  ['bars_1d', 'symbol, timestamp, known_at'],
  ['features/local_1d', 'symbol, timestamp, known_at, source'],
  ['symbols', 'symbol, valid_from, known_at'],
] as const) {
  check(
    `DuckDB reads every cell of ${table} from its live files as our scan does`,
    async (duck) => {
      const files = await liveFiles(table)
      const read = await duck.query(`SELECT * FROM read_parquet(${files}) ORDER BY ${order}`)
      expect(plain(read)).toEqual(listsOf(await store.rows(table)))
      expect(read['symbol']!.length).toBeGreaterThan(60)
    },
  )
}

check(
  'DuckDB sees the types that the tables promise, and statistics it can prune by',
  async (duck) => {
    const files = await liveFiles('bars_1d')
    const { column_name: names, column_type: types } = await duck.query(
      `DESCRIBE SELECT * FROM read_parquet(${files})`,
    )
    expect(Object.fromEntries(names!.map((name, i) => [name, types![i]]))).toEqual({
      symbol: 'VARCHAR',
      timestamp: 'BIGINT',
      known_at: 'BIGINT',
      open: 'DOUBLE',
      high: 'DOUBLE',
      low: 'DOUBLE',
      close: 'DOUBLE',
      volume: 'DOUBLE',
      run_id: 'VARCHAR',
    })
    const symbol = 'BINANCE:BTCUSDT'
    const one = await duck.query(
      `SELECT * FROM read_parquet(${files}) WHERE symbol = '${symbol}' AND timestamp >= 1750000000 ORDER BY timestamp, known_at`,
    )
    const own = await store.rows('bars_1d', { symbols: [symbol], from: 1_750_000_000 })
    expect(plain(one)).toEqual(listsOf(own))
    expect(one['symbol']!.length).toBeGreaterThan(100)
  },
)

check('DuckDB reads every cell of the matrix, its index as UTC times', async (duck) => {
  const { timestamps, columns } = matrixLists(await store.matrix())
  const read = await duck.query(
    `SELECT epoch(timestamp)::BIGINT AS seconds, * EXCLUDE (timestamp) FROM read_parquet('${store.matrixPath}') ORDER BY seconds`,
  )
  expect(plain(read)).toEqual({
    seconds: timestamps,
    ...Object.fromEntries(
      columns.map(([symbol, feature, values]) => [formatColumnName({ symbol, feature }), values]),
    ),
  })
  const { type } = await duck.query(
    `SELECT typeof(timestamp) AS type FROM read_parquet('${store.matrixPath}') LIMIT 1`,
  )
  expect(type).toEqual(['TIMESTAMP WITH TIME ZONE'])
})

check('DuckDB takes one column of the matrix by its name', async (duck) => {
  const matrix = await store.matrix()
  const { symbol, feature } = matrix.columns[5]!
  const name = formatColumnName({ symbol, feature }).replaceAll('"', '""')
  const { value } = await duck.query(
    `SELECT "${name}" AS value FROM read_parquet('${store.matrixPath}') ORDER BY timestamp`,
  )
  expect(value).toEqual(matrixLists(matrix).columns[5]![2])
})

check(
  'a matrix that DuckDB wrote is read and upserted: NaN stays NaN, null stays null',
  async (duck) => {
    const path = join(store.folder, '../duckdb.parquet')
    await duck.query(`COPY (
    SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_days(day::INTEGER) AS timestamp,
      CASE day WHEN 1 THEN NULL WHEN 2 THEN 'NaN'::DOUBLE ELSE day / 3 END AS "('A', 'rsi')",
      day::INTEGER AS "('B', 'rsi')"
    FROM range(5) days(day) ORDER BY day
  ) TO '${path}' (FORMAT parquet, COMPRESSION gzip)`)
    const cells = () =>
      duck.query(`SELECT isnan("('A', 'rsi')") AS nan, "('A', 'rsi')" AS a, "('B', 'rsi')" AS b
      FROM read_parquet('${path}') ORDER BY timestamp`)
    const before = await cells()
    expect(before['nan']).toEqual([false, null, true, false, false])
    await upsertMatrix(store.lake.workers, path, {
      symbols: [
        {
          symbol: 'C',
          timestamps: Float64Array.of(1_704_153_600),
          values: { rsi: Float64Array.of(7) },
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
      runFile: join(store.folder, '../run/duckdb.parquet'),
    })
    expect(await cells()).toEqual(before)
    const matrix = (await readMatrix(store.lake.workers, path))!
    expect(matrix.columns.map(({ symbol }) => symbol)).toEqual(['A', 'B', 'C'])
    expect([...matrix.columns[2]!.values]).toEqual([
      Number.NaN,
      7,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
  },
)

for (const compression of ['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw', 'brotli']) {
  check(`a Parquet file that DuckDB wrote with ${compression} is read`, async (duck) => {
    const path = join(store.folder, `../${compression}.parquet`)
    await writeFile(path, '')
    const select = `SELECT i::BIGINT AS n, i / 7 AS x, 's' || (i % 5) AS s, i % 2 = 0 AS even, make_timestamp(i * 1000000) AS t,
      CASE WHEN i % 3 = 0 THEN NULL ELSE i::SMALLINT END AS small FROM range(20000) numbers(i)`
    await duck.query(
      `COPY (${select}) TO '${path}' (FORMAT parquet, COMPRESSION ${compression}, ROW_GROUP_SIZE 5000)`,
    )
    const { columns, unread } = await store.lake.readParquet(path)
    expect(unread).toEqual([])
    const expected = plain(
      await duck.query(`SELECT n, x, s, even, epoch(t)::BIGINT AS t, small FROM (${select})`),
    )
    expect(listsOf(columns)).toEqual(expected)
  })
}
