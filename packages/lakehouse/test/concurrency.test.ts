import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { numbers, openLakehouse, texts } from '../src/index.ts'
import { bar, BARS, barsOf, latestView, linesOf } from './bars.ts'
import { collect, temporaryFolder, temporaryLake } from './temporary-lake.ts'

const WRITERS = 8
const COMMITS = 2

test('eight processes import overlapping symbols at once: no row is lost, none is there twice', async () => {
  const folder = await temporaryFolder()
  const script = join(import.meta.dirname, 'upsert-process.ts')
  const outputs = await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) =>
      promisify(execFile)(process.execPath, [
        '--conditions=@fs/source',
        script,
        folder,
        String(writer),
        String(COMMITS),
      ]),
    ),
  )
  const lake = openLakehouse(folder, { workers: 1 })
  const table = lake.table('bars_1d')
  const rows = await collect(table)
  const versions = await table.versions()
  await lake.close()

  const keys = linesOf(rows, ['symbol', 'timestamp', 'known_at'])
  expect(new Set(keys).size, 'keys are unique').toBe(keys.length)
  const own = linesOf(rows, ['symbol', 'timestamp', 'close']).filter((line) =>
    line.startsWith('OWN'),
  )
  expect(own).toEqual(
    Array.from({ length: WRITERS }, (_, writer) =>
      Array.from({ length: COMMITS }, (__, commit) => `OWN:${writer} ${commit * 60} ${commit}`),
    ).flat(),
  )
  const same = linesOf(rows, ['symbol', 'timestamp', 'close']).filter((line) =>
    line.startsWith('SAME'),
  )
  expect(same, 'what all agree on is there once').toEqual(
    Array.from({ length: COMMITS }, (_, commit) => `SAME ${commit * 60} ${commit}`),
  )
  // Every writer's value of the shared bar is in the history, each once.
  const symbols = texts(rows, 'symbol')
  for (let commit = 0; commit < COMMITS; commit++) {
    const told: number[] = []
    symbols.forEach((symbol, row) => {
      if (symbol === 'SHARED' && numbers(rows, 'timestamp')[row] === commit * 60) {
        told.push(numbers(rows, 'close')[row]!)
      }
    })
    expect(told.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: WRITERS }, (_, writer) => writer),
    )
  }
  // Every commit that was acknowledged is a version of that run.
  for (const [writer, { stdout }] of outputs.entries()) {
    const acknowledged = stdout
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]))
    expect(acknowledged.length).toBe(COMMITS)
    for (const version of acknowledged) expect(versions[version]!.runId).toBe(`writer-${writer}`)
  }
  expect(versions.length).toBe(WRITERS * COMMITS)
})

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
