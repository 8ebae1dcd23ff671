import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Columns,
  concatRows,
  rowCount,
  SYMBOLS_PER_FILE,
  sliceRows,
  sortRows,
} from '../src/index.ts'
import { bar, BARS, barsOf, linesOf } from './bars.ts'
import { collect, temporaryLake } from './temporary-lake.ts'

const manyBars = (symbols: number, bars = 2): Columns =>
  barsOf(
    Array.from({ length: symbols * bars }, (_, i) =>
      bar(`S${String(Math.floor(i / bars)).padStart(4, '0')}`, (i % bars) * 60, i),
    ),
  )

test.for([1, SYMBOLS_PER_FILE - 1, SYMBOLS_PER_FILE, SYMBOLS_PER_FILE + 1, 2 * SYMBOLS_PER_FILE])(
  'an import of %i symbols is written whole, in files of at most 64 symbols',
  async (symbols) => {
    const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
    const rows = manyBars(symbols)
    const { added } = await table.upsertSymbols([rows], { runId: 'r' })
    expect(added).toBe(2 * symbols)
    expect(linesOf(await collect(table))).toEqual(linesOf(rows))
    const { files } = (await table.state())!
    expect(files.length).toBe(Math.ceil(symbols / SYMBOLS_PER_FILE))
  },
)

test.for(['no portion', 'portions without rows'])(
  'an import of %s commits nothing',
  async (kind) => {
    const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
    const portions = kind === 'no portion' ? [] : [{}, barsOf([])]
    const result = await table.upsertSymbols(portions, { runId: 'r' })
    expect(result).toMatchObject({ version: null, added: 0, restated: 0, unchanged: 0 })
    expect(await table.state()).toBe(null)
  },
)

test('a symbol may be cut by the end of a portion, wherever that falls', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  const rows = manyBars(150, 3)
  const portions = Array.from({ length: 45 }, (_, i) => sliceRows(rows, i * 10, i * 10 + 10))
  const { added } = await table.upsertSymbols(portions, { runId: 'r' })
  expect(added).toBe(450)
  expect(linesOf(await collect(table))).toEqual(linesOf(rows))
})

test('a symbol in two portions far from each other is refused, and nothing stays behind', async () => {
  const lake = await temporaryLake()
  const table = lake.table('bars_1d', { schema: BARS })
  const portions = [manyBars(70), barsOf([bar('S0000', 900, 1)])]
  await expect(table.upsertSymbols(portions, { runId: 'r' })).rejects.toMatchObject({
    code: 'invalid_input',
    evidence: { symbols: ['S0000'] },
  })
  expect(await lake.store.list('')).toEqual([])
})

test('a column that only a later portion brings is not lost', async () => {
  const table = (await temporaryLake()).table('bars_1d', { schema: BARS })
  const { volume: _, ...withoutVolume } = barsOf([bar('A', 60, 1)])
  const withVolume = barsOf([{ ...bar('B', 60, 2), volume: 7 }])
  await table.upsertSymbols([withoutVolume, withVolume], { runId: 'r' })
  expect(linesOf(await collect(table), ['symbol', 'volume'])).toEqual(['A NaN', 'B 7'])
})

test('joining batches keeps the columns of all, and refuses text below numbers', () => {
  const joined = concatRows([{ a: Float64Array.of(1) }, { b: ['x'] }, { a: Float64Array.of(2) }])
  expect(joined).toEqual({ a: Float64Array.of(1, Number.NaN, 2), b: [null, 'x', null] })
  expect(() => concatRows([{ a: Float64Array.of(1) }, { a: ['x'] }])).toThrow(RangeError)
})

test('law: the portions an import comes in make no difference', async () => {
  const lake = await temporaryLake()
  const rows = manyBars(70, 2)
  let tables = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 140 }), { maxLength: 6 }), async (cuts) => {
      const table = lake.table(`bars_${(tables += 1)}`, { schema: BARS })
      const edges = [0, ...cuts.toSorted((a, b) => a - b), rowCount(rows)]
      const portions = edges.slice(1).map((end, i) => sliceRows(rows, edges[i]!, end))
      await table.upsertSymbols(portions, { runId: 'r' })
      expect(linesOf(await collect(table))).toEqual(linesOf(rows))
    }),
    { numRuns: 10 },
  )
})

test('rows sort by symbol as UTF-8 bytes do, then by time and known_at, no value first', () => {
  const sorted = sortRows(
    barsOf([
      bar('\u{1F600}', 1, 1),
      bar('\uFFFD', 1, 2),
      bar('a', 2, 3),
      bar('a', Number.NaN, 4, 5),
      bar('a', 1, 5, 9),
      bar('a', 1, 6, 8),
    ]),
    'timestamp',
  )
  expect([...(sorted['close'] as Float64Array)]).toEqual([4, 6, 5, 3, 2, 1])
})
