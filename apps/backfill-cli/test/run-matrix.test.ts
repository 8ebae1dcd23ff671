import { combine, computeFeatures } from '@fs/ratings'
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  BTC,
  ETH,
  SOL,
  PEPE,
  RATINGS,
  TABLE,
  BARS,
  candidates,
  expectRefusal,
  usePlaces,
} from './places.ts'
import {
  barRows,
  columnOf,
  filesOf,
  fsBackfill,
  importBars,
  matrixOf,
  type Place,
  rowsOf,
  runReport,
} from './store.ts'

const places = usePlaces()

test('missing values are filled in the matrix alone, and listed', async () => {
  const place = await places.withBars()
  await rm(join(place.lakehouse, 'bars_1d'), { recursive: true })
  const own = BARS.get(BTC)!
  const holed = { ...own, close: own.close.slice() }
  for (const at of [100, 101, 102, 103]) holed.close[at] = Number.NaN
  await importBars(place.lakehouse, [barRows(BTC, holed)])
  await runReport(place, await candidates(place, [BTC]))
  const rows = await rowsOf(place)
  for (const at of [100, 101, 102, 103]) expect(rows[at]!['recommend_ma']).toBeNaN()
  const matrix = await matrixOf(place)
  const filled = [100, 101, 102].map((at) => own.timestamp[at]!)
  expect(matrix.description.filled).toEqual({
    [BTC]: { recommend_ma: filled, recommend_other: filled },
  })
  const ma = columnOf(matrix, BTC, 'recommend_ma')
  const other = columnOf(matrix, BTC, 'recommend_other')
  const all = columnOf(matrix, BTC, 'recommend_all')
  for (const at of [100, 101, 102]) {
    expect(ma[at]).toBe(rows[99]!['recommend_ma'])
    expect(all[at]).toBe(combine('institutional', ma[at]!, other[at]!))
  }
  expect([ma[103], other[103], all[103]]).toEqual([Number.NaN, Number.NaN, Number.NaN])
})

/** A store whose table is a version ahead of its matrix, as a crash between the two leaves it. */
async function crashedPlace(): Promise<Place> {
  const place = await places.withFeatures()
  const old = join(place.folder, 'old.parquet')
  await copyFile(place.master, old)
  await runReport(place, await candidates(place, [SOL], 'sol.json'))
  await copyFile(old, place.master)
  return place
}

test('a crash between table and matrix is mended by the next run, and listed', async () => {
  const place = await crashedPlace()
  const report = await runReport(place, await candidates(place, [PEPE], 'pepe.json'))
  expect(report.also_refreshed).toEqual([SOL])
  const matrix = await matrixOf(place)
  expect(matrix.description.tableVersion).toBe(2)
  expect([...columnOf(matrix, SOL, 'recommend_all')]).toEqual([
    ...computeFeatures(BARS.get(SOL)!, RATINGS).recommend_all,
  ])
  const { out } = await fsBackfill(await crashedPlace(), ['run', '--all'])
  expect(out, 'its own symbols need no mention').not.toContain('mended')
})

test('a run that has nothing new to commit mends the matrix as well', async () => {
  const place = await crashedPlace()
  const report = await runReport(place, await candidates(place, [BTC]))
  expect(report).toMatchObject({ committed: false, also_refreshed: [SOL], table_version: 1 })
})

test('--strict-scope refuses to mend what lies outside the candidates', async () => {
  const place = await crashedPlace()
  const args = await candidates(place, [BTC])
  const before = await filesOf(place.folder)
  for (const dry of [[], ['--dry-run']]) {
    expectRefusal(
      await fsBackfill(place, ['run', ...args, '--strict-scope', ...dry]),
      1,
      `1 symbol outside the candidates: ${SOL}`,
      '(--strict-scope)',
      'Run once without --strict-scope',
    )
  }
  expect(await filesOf(place.folder)).toEqual(before)
  const named = await candidates(place, [BTC, SOL], 'named.json')
  const report = await runReport(place, [...named, '--strict-scope'])
  expect(report.also_refreshed, 'within the scope nothing is refused').toEqual([])
})

test('a matrix that was deleted is made again with every symbol of the table', async () => {
  const place = await places.withFeatures()
  await rm(place.master)
  const report = await runReport(place, await candidates(place, [BTC]))
  expect(report).toMatchObject({ committed: false, also_refreshed: [ETH] })
  expect(report.notices).toEqual([`there is no matrix ${place.master}: it is made from ${TABLE}`])
  const matrix = await matrixOf(place)
  expect(matrix.columns).toHaveLength(6)
})

test('a matrix of a later version than the table is brought back in line', async () => {
  const place = await places.withFeatures()
  await runReport(place, await candidates(place, [SOL], 'sol.json'))
  await rm(join(place.lakehouse, TABLE), { recursive: true })
  const report = await runReport(place, await candidates(place, [BTC]))
  expect(report).toMatchObject({ table_version: 0, committed: true })
  expect((await matrixOf(place)).description.tableVersion).toBe(0)
})

test('a table that was created anew makes its matrix anew, whatever its version', async () => {
  const place = await places.withFeatures()
  await runReport(place, await candidates(place, [SOL], 'sol.json'))
  const folder = join(place.lakehouse, TABLE)
  await rm(folder, { recursive: true })
  expectRefusal(
    await fsBackfill(place, ['run', ...(await candidates(place, [BTC])), '--strict-scope']),
    1,
    `2 symbols outside the candidates: ${ETH}, ${SOL}`,
  )
  // The same version as the matrix shows, and one symbol fewer.
  const dry = await runReport(place, [...(await candidates(place, [BTC])), '--dry-run'])
  expect(dry.notices).toEqual([expect.stringContaining('it is made anew') as string])
  const master = await readFile(place.master)
  await runReport(place, await candidates(place, [PEPE], 'pepe.json'))
  await writeFile(place.master, master)
  const report = await runReport(place, await candidates(place, [BTC]))
  expect(report).toMatchObject({ table_version: 1, committed: true, also_refreshed: [PEPE] })
  expect(report.notices).toEqual([
    expect.stringContaining(`2 symbols that the table does not hold: ${ETH}, ${SOL}`) as string,
  ])
  const matrix = await matrixOf(place)
  expect(new Set(matrix.columns.map(({ symbol }) => symbol))).toEqual(new Set([BTC, PEPE]))
  expect([...columnOf(matrix, PEPE, 'recommend_all')]).toEqual([
    ...computeFeatures(BARS.get(PEPE)!, RATINGS).recommend_all,
  ])
  const metadata = await readFile(join(folder, '_delta_log/00000000000000000000.json'), 'utf8')
  expect(metadata).toContain(matrix.description.tableId)
})

test('a matrix of another table or formula is refused before anything is computed', async () => {
  const place = await places.withFeatures()
  const before = await filesOf(place.folder)
  const args = ['--all', '--table', 'features/mine']
  expectRefusal(
    await fsBackfill(place, ['run', ...args]),
    2,
    `the matrix ${place.master} belongs to the table '${TABLE}', not to 'features/mine'`,
    '--output FILE',
  )
  expect(await filesOf(place.folder)).toEqual(before)
  const report = await runReport(place, [
    ...args,
    '--formula',
    'tradingview',
    '--output',
    'm.parquet',
  ])
  expect(report.inputs).toMatchObject({
    formula: 'tradingview',
    output: join(place.folder, 'm.parquet'),
  })
  expect((await matrixOf(place, join(place.folder, 'm.parquet'))).description.formula).toBe(
    'tradingview',
  )
})

test('a matrix that another program wrote keeps its columns and gains ours', async () => {
  const place = await places.withFeatures()
  const other = await places.withBars()
  await runReport(other, [...(await candidates(other, [PEPE])), '--output', 'foreign.parquet'])
  const foreign = join(other.folder, 'foreign.parquet')
  // Only the metadata tells whose a matrix is: without its keys it is a stranger's.
  const text = (await readFile(foreign)).toString('latin1').replaceAll('fs.', 'xx.')
  await writeFile(place.master, Buffer.from(text, 'latin1'))
  const before = columnOf(await matrixOf(place), PEPE, 'recommend_all')
  const report = await runReport(place, await candidates(place, [BTC]))
  expect(report.also_refreshed).toEqual([ETH])
  const matrix = await matrixOf(place)
  expect(new Set(matrix.columns.map(({ symbol }) => symbol))).toEqual(new Set([PEPE, BTC, ETH]))
  expect([...columnOf(matrix, PEPE, 'recommend_all')]).toEqual([...before])
})

/** What a matrix is worth: its values, and what it says of them. */
async function contentOf(place: Place): Promise<object> {
  const { columns, description } = await matrixOf(place)
  const { runId: _, ...said } = description
  return { said, columns: columns.map((column) => ({ ...column, values: [...column.values] })) }
}

test.each([
  ['a flipped bit in a column', (bytes: Buffer) => bytes.fill(bytes[40]! ^ 4, 40, 41)],
  [
    'a flipped bit in the footer',
    (bytes: Buffer) => bytes.fill(bytes.at(-90)! ^ 4, bytes.length - 90, bytes.length - 89),
  ],
  ['its second half missing', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ['nothing in it', () => Buffer.alloc(0)],
])('a matrix with %s is made anew from its table, and a warning says so', async (_, damage) => {
  const place = await places.withFeatures()
  const intact = await readFile(place.master)
  const before = await contentOf(place)
  const damaged = damage(Buffer.from(intact))

  await writeFile(place.master, damaged)
  const ended = await fsBackfill(place, ['run', ...(await candidates(place, [BTC]))])
  expect(ended.code, ended.err).toBe(0)
  expect(ended.err).toContain('warning: the matrix is damaged (features_matrix.parquet cannot be')
  expect(ended.err).toContain(`): ${place.master} is made anew from ${TABLE}`)
  expect(ended.err, 'advice for another case').not.toContain('Nothing was changed')
  expect(await contentOf(place)).toEqual(before)

  await writeFile(place.master, damaged)
  const report = await runReport(place, await candidates(place, [SOL]))
  expect(report).toMatchObject({ committed: true, also_refreshed: [BTC, ETH] })
  expect(report.notices).toEqual([expect.stringContaining('is made anew') as string])
  const own = await readFile(join(place.runs, report.run_id, 'features_matrix.parquet'))
  expect(own.equals(await readFile(place.master))).toBe(true)
  expect((await matrixOf(place)).columns).toHaveLength(9)

  await writeFile(place.master, damaged)
  const strict = [...(await candidates(place, [SOL])), '--strict-scope']
  expectRefusal(await fsBackfill(place, ['run', ...strict]), 1, `2 symbols outside the candidates`)
  expect((await readFile(place.master)).equals(damaged)).toBe(true)
})

test('columns that only a damaged matrix held are named', async () => {
  const place = await places.withFeatures()
  const other = await places.withBars()
  await runReport(other, await candidates(other, [PEPE]))
  const text = (await readFile(other.master)).toString('latin1').replaceAll('fs.', 'xx.')
  await writeFile(place.master, Buffer.from(text, 'latin1'))
  await runReport(place, await candidates(place, [BTC]))
  const bytes = await readFile(place.master)
  bytes[40]! ^= 4
  await writeFile(place.master, bytes)
  const all = [...(await candidates(place, [BTC, ETH], 'both.json')), '--strict-scope']
  expectRefusal(await fsBackfill(place, ['run', ...all]), 1, `made anew, with 1 symbol`, PEPE)
  const { notices } = await runReport(place, await candidates(place, [BTC]))
  expect(notices).toEqual([
    expect.stringContaining(`without 1 symbol that the table does not hold: ${PEPE}`) as string,
  ])
})

test('a matrix that another program wrote anew is brought up to date as a whole', async () => {
  const place = await places.withFeatures()
  const before = await contentOf(place)
  // As pyarrow leaves it, which keeps the key-values: the checksums no longer count.
  const text = (await readFile(place.master)).toString('latin1').replaceAll('fs.crc', 'xx.crc')
  await writeFile(place.master, Buffer.from(text, 'latin1'))
  const report = await runReport(place, await candidates(place, [BTC]))
  expect(report).toMatchObject({ committed: false, also_refreshed: [ETH] })
  expect(await contentOf(place)).toEqual(before)
})

test('a master that is no matrix is refused, and nothing is touched', async () => {
  for (const content of ['symbol,close\n', 'PA']) {
    const place = await places.withFeatures()
    await writeFile(place.master, content)
    const before = await filesOf(place.folder)
    expectRefusal(
      await fsBackfill(place, ['run', '--all']),
      3,
      'features_matrix.parquet',
      'as they were',
      `Move ${place.master} away`,
    )
    expect(await filesOf(place.folder)).toEqual(before)
  }
})
