import { expect, test } from 'vitest'
import { bar, BARS, barsOf, latestView, linesOf } from './bars.ts'
import { collect, temporaryLake } from './temporary-lake.ts'

test('two imports of one process race for one table: both are in, and counts are of what was written', async () => {
  const lake = await temporaryLake()
  const open = () => lake.table('bars_1d', { schema: BARS })
  await open().upsertSymbols([barsOf([bar('A', 0, 1), bar('B', 0, 1)])], { runId: 'before' })
  const results = await Promise.all(
    [2, 3].map((close) =>
      open().upsertSymbols(
        [barsOf([bar('A', 0, 1), bar('A', 60, 1), bar('B', 0, close), bar('C', 0, 1)])],
        { runId: `run-${close}`, restatedAt: 500 },
      ),
    ),
  )
  const rows = await collect(open())
  expect(linesOf(rows).length).toBe(6)
  expect(results.map(({ version }) => version!).toSorted((a, b) => a - b)).toEqual([1, 2])
  const [first, second] = results.toSorted((a, b) => a.version! - b.version!)
  expect(first).toMatchObject({ added: 2, restated: 1, unchanged: 1 })
  expect(second, 'the loser found its new rows there').toMatchObject({
    added: 0,
    restated: 1,
    unchanged: 3,
  })
  expect([2, 3]).toContain(latestView(rows).get('B 0'))
  const files = (await lake.store.list('bars_1d/part-')).map(({ path }) => path)
  const live = (await open().state())!.files.map(({ path }) => `bars_1d/${path}`)
  expect(files, 'no file is left over').toEqual(live.toSorted())
})

test('who loses the race to create a table with other columns is refused, and nothing stays behind', async () => {
  const lake = await temporaryLake()
  const wider = {
    ...BARS,
    columns: [...BARS.columns, { name: 'rsi', type: 'double', nullable: false } as const],
  }
  const table = lake.table('bars_1d', { schema: wider })
  async function* portions() {
    yield { ...barsOf([bar('A', 0, 1)]), rsi: Float64Array.of(7) }
    await lake
      .table('bars_1d', { schema: BARS })
      .upsertSymbols([barsOf([bar('B', 0, 1)])], { runId: 'other' })
  }
  await expect(table.upsertSymbols(portions(), { runId: 'r' })).rejects.toMatchObject({
    code: 'schema_mismatch',
    evidence: { column: 'rsi' },
  })
  expect(linesOf(await collect(lake.table('bars_1d')))).toEqual(['B 0 60 1'])
  expect((await lake.store.list('bars_1d/part-')).length).toBe(1)
})
