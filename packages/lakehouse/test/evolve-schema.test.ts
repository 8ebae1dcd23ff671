import { expect, test } from 'vitest'
import {
  commitPath,
  isLakehouseError,
  type Lakehouse,
  type TableColumn,
  type TableSchema,
} from '../src/index.ts'
import { bar, BARS, barsOf } from './bars.ts'
import { collect, temporaryLake } from './temporary-lake.ts'

const RSI: TableColumn = { name: 'rsi', type: 'double', nullable: true }
const WIDER: TableSchema = {
  ...BARS,
  columns: [...BARS.columns, RSI, { name: 'note', type: 'string', nullable: true }],
  configuration: { 'fs.features': 'rsi' },
}

async function started(): Promise<Lakehouse> {
  const lake = await temporaryLake()
  await lake
    .table('bars_1d', { schema: { ...BARS, configuration: { 'fs.formula': 'institutional' } } })
    .upsertSymbols([barsOf([bar('A', 1, 10), bar('B', 1, 20)])], { runId: 'first' })
  return lake
}

test('a wider schema is committed together with the first rows that have it', async () => {
  const lake = await started()
  const table = lake.table('bars_1d', { schema: WIDER })
  const rows = { ...barsOf([bar('A', 2, 11)]), rsi: Float64Array.of(55), note: ['new'] }
  const { version } = await table.upsertSymbols([rows], { runId: 'second' })
  expect(version).toBe(1)
  const commit = new TextDecoder().decode(await lake.store.get(commitPath('bars_1d', 1)))
  expect(commit.match(/^\{"(\w+)"/gm)).toEqual(['{"commitInfo"', '{"metaData"', '{"txn"', '{"add"'])

  const after = await collect(lake.table('bars_1d'))
  expect(Object.keys(after)).toEqual([...BARS.columns.map(({ name }) => name), 'rsi', 'note'])
  expect(after).toMatchObject({
    symbol: ['A', 'A', 'B'],
    close: Float64Array.of(10, 11, 20),
    rsi: Float64Array.of(Number.NaN, 55, Number.NaN),
    note: [null, 'new', null],
  })
  expect(lake.table('bars_1d').schema(await table.state()).configuration).toEqual({
    'fs.formula': 'institutional',
    'fs.features': 'rsi',
    'fs.time': 'timestamp',
    'fs.key': 'symbol,timestamp',
  })
  expect(Object.keys(await collect(lake.table('bars_1d'), { version: 0 }))).not.toContain('rsi')
})

test('a value for a new column of a bar held already is a second row, and nothing new is no commit', async () => {
  const lake = await started()
  const table = lake.table('bars_1d', { schema: WIDER })
  const same = barsOf([bar('A', 1, 10)])
  expect(await table.upsertSymbols([same], { runId: 'same' })).toMatchObject({ version: null })
  expect((await table.state())!.version).toBe(0)
  const valued = { ...same, rsi: Float64Array.of(40) }
  expect(await table.upsertSymbols([valued], { runId: 'valued' })).toMatchObject({
    version: 1,
    restated: 1,
  })
  const { rows } = await lake.table('bars_1d').asOf(
    [
      { symbol: 'A', asOf: 999 },
      { symbol: 'A', asOf: 1000 },
    ],
    { columns: ['close', 'rsi'] },
  )
  expect(rows).toMatchObject({
    close: Float64Array.of(10, 10),
    rsi: Float64Array.of(Number.NaN, 40),
  })
})

test('what a table cannot grow into is refused, and the table stays as it was', async () => {
  const lake = await started()
  const columns = BARS.columns
  const refused: [string, readonly TableColumn[]][] = [
    ['rsi', [...columns, { ...RSI, nullable: false }]],
    [
      'CLOSE',
      columns.map((column) => (column.name === 'close' ? { ...column, name: 'CLOSE' } : column)),
    ],
    [
      'volume',
      columns.map((column) => (column.name === 'volume' ? { ...column, type: 'string' } : column)),
    ],
    ['volume', columns.filter(({ name }) => name !== 'volume')],
  ]
  for (const [column, changed] of refused) {
    const table = lake.table('bars_1d', { schema: { ...BARS, columns: changed } })
    const outcome = table.upsertSymbols([barsOf([bar('A', 5, 5)])], { runId: 'refused' })
    await expect(outcome, column).rejects.toSatisfy(
      (error) => isLakehouseError(error, 'schema_mismatch') && error.evidence['column'] === column,
    )
  }
  expect((await lake.table('bars_1d').versions()).length).toBe(1)
})

test('of two writers that add columns at once the second is told, and nothing is mixed', async () => {
  const lake = await started()
  const one = lake.table('bars_1d', { schema: WIDER })
  const two = lake.table('bars_1d', {
    schema: { ...BARS, columns: [...BARS.columns, { ...RSI, name: 'adx' }] },
  })
  await Promise.all([one.state(), two.state()])
  await one.upsertSymbols([{ ...barsOf([bar('C', 1, 1)]), rsi: Float64Array.of(1) }], {
    runId: 'one',
  })
  const late = two.upsertSymbols([{ ...barsOf([bar('D', 1, 1)]), adx: Float64Array.of(1) }], {
    runId: 'two',
  })
  await expect(late).rejects.toMatchObject({ code: 'schema_mismatch' })
  expect((await lake.table('bars_1d').versions()).map(({ runId }) => runId)).toEqual([
    'first',
    'one',
  ])
})
