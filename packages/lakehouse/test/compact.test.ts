import { expect, test } from 'vitest'
import { type IndexedFile, type Lakehouse, openLakehouse, planCompaction } from '../src/index.ts'
import { bar, BARS, barsOf, linesOf } from './bars.ts'
import { columnsOf, tableOf, valueColumns } from './tables.ts'
import { collect, temporaryLake } from './temporary-lake.ts'

async function daily(lake: Lakehouse, days: number, symbols = ['A', 'B']) {
  const table = lake.table('bars_1d', { schema: BARS })
  for (let day = 0; day < days; day++) {
    await table.upsertSymbols([barsOf(symbols.map((symbol) => bar(symbol, day, day)))], {
      runId: `day-${day}`,
    })
  }
  return table
}

test('thin daily files become one, with every row as it was and older versions readable', async () => {
  const lake = await temporaryLake()
  const table = await daily(lake, 4)
  const before = linesOf(await collect(table))
  expect(await table.compact({ runId: 'c', dryRun: true })).toMatchObject({
    version: null,
    filesBefore: 4,
    filesAfter: 1,
  })
  expect((await table.state())!.files).toHaveLength(4)
  expect(await table.compact({ runId: 'c' })).toEqual({
    version: 4,
    filesBefore: 4,
    filesAfter: 1,
    rows: 8,
    leftOut: [],
  })
  expect(linesOf(await collect(table))).toEqual(before)
  expect(linesOf(await collect(table, { version: 3 }))).toEqual(before)
  const { files, commits } = (await table.state())!
  expect(files).toMatchObject([{ dataChange: false }])
  expect(commits.at(-1)).toMatchObject({ operation: 'OPTIMIZE', filesAdded: 1, filesRemoved: 4 })
  expect(await table.compact({ runId: 'again' }), 'nothing is left to do').toMatchObject({
    version: null,
    filesAfter: 1,
  })
})

test('rows that tie keep the order in which the later one answers', async () => {
  const lake = await temporaryLake()
  const columns = valueColumns('value')
  const tied = await tableOf(
    lake,
    'tied',
    columns,
    [3, 1, 2].map((value) =>
      columnsOf([{ symbol: 'A', timestamp: 1, known_at: 1, value }], columns),
    ),
  )
  const answer = async () => (await tied.asOf([{ symbol: 'A', asOf: 1 }])).rows['value']
  expect(await answer()).toEqual(Float64Array.of(2))
  await tied.compact({ runId: 'c' })
  expect(await answer()).toEqual(Float64Array.of(2))
})

test('files alone with their symbols stay unless several are small', async () => {
  const lake = await temporaryLake()
  const many = Array.from({ length: 64 }, (_, i) => `M${String(i).padStart(2, '0')}`)
  const table = await daily(lake, 1, many)
  await table.upsertSymbols([barsOf([bar('A', 1, 1)])], { runId: 'small' })
  expect(await table.compact({ runId: 'c' })).toMatchObject({ version: null, filesAfter: 2 })
  await table.upsertSymbols([barsOf([bar('B', 1, 1)])], { runId: 'small too' })
  expect(await table.compact({ runId: 'd' })).toMatchObject({ version: 3, filesAfter: 2, rows: 2 })
})

test('a compaction loses every race: an upsert in between stands, and no file is left over', async () => {
  const lake = await temporaryLake()
  await daily(lake, 3)
  await using other = openLakehouse(lake.store.uri, { workers: 1, now: () => 2000 })
  const rival = other.table('bars_1d', { schema: BARS })
  const both = await Promise.all([
    lake.table('bars_1d').compact({ runId: 'c' }),
    rival.compact({ runId: 'r' }),
    rival.upsertSymbols([barsOf([bar('A', 9, 9)])], { runId: 'u' }),
  ])
  expect(both[2].version).not.toBeNull()
  const state = (await lake.table('bars_1d').state())!
  expect(linesOf(await collect(lake.table('bars_1d')))).toHaveLength(7)
  // At most one of two compactions of the same files can win.
  expect(both.slice(0, 2).filter(({ version }) => version !== null).length).toBeLessThanOrEqual(1)
  const stored = (await lake.store.list('bars_1d/part-')).length
  expect(stored).toBe(state.files.length + state.tombstones.length)
})

function indexed(path: string, symbols: readonly string[], rows = 1): IndexedFile {
  const runs = symbols.map((symbol) => ({ symbol, firstRow: 0, rows, minTime: 0, maxTime: 0 }))
  return { path, runs }
}

test('files that share a symbol, even by way of others, are rewritten together and no other', () => {
  const files = [
    indexed('a', ['A', 'B', 'C']),
    indexed('x', ['X', 'Y', 'Z']),
    indexed('c', ['C', 'D', 'E']),
    indexed('e', ['E', 'F', 'G']),
  ]
  expect(planCompaction(files, 4, 100)).toEqual([
    {
      paths: ['a', 'c', 'e'],
      files: [
        ['A', 'B', 'C', 'D'],
        ['E', 'F', 'G'],
      ],
      rows: 9,
    },
  ])
})

test('a file takes no more rows than it may, and a symbol is never cut', () => {
  const files = [indexed('a', ['A', 'B', 'C'], 4), indexed('b', ['C', 'D'], 20)]
  expect(planCompaction(files, 64, 10)).toEqual([
    { paths: ['a', 'b'], files: [['A', 'B'], ['C'], ['D']], rows: 52 },
  ])
})
