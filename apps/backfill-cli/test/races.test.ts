import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BARS, BTC, candidates, END, ETH, PEPE, SOL, TABLE, usePlaces } from './places.ts'
import { backfillProcess, startBackfill } from './program-process.ts'
import {
  barRows,
  filesOf,
  importBars,
  matrixOf,
  type Place,
  rowsOf,
  runReport,
  withoutRunId,
} from './store.ts'

const places = usePlaces()

/** Runs several backfills at once and holds that none lost anything. */
async function atOnce(place: Place, lists: readonly (readonly string[])[]): Promise<void> {
  const running = await Promise.all(
    lists.map(async (list, i) => {
      const args = await candidates(place, list, `list${i}.json`)
      return startBackfill(place, [...args, '--run-id', `at_once_${i}`])
    }),
  )
  const ends = await Promise.all(running.map(({ ended }) => ended))
  for (const { code, err } of ends) expect(code, err).toBe(0)
  const wanted = [...new Set(lists.flat())].toSorted()

  const alone = await places.withBars()
  await runReport(alone, await candidates(alone, wanted))
  const rows = (await rowsOf(place)).filter(({ symbol }) => wanted.includes(symbol))
  expect(withoutRunId(rows), 'each row once').toEqual(withoutRunId(await rowsOf(alone)))
  const matrix = await matrixOf(place)
  const versions = Object.keys(await filesOf(join(place.lakehouse, TABLE, '_delta_log')))
  expect(matrix.description.tableVersion).toBe(versions.length - 1)
  const shown = new Set(matrix.columns.map(({ symbol }) => symbol))
  for (const symbol of wanted) expect(shown).toContain(symbol)
}

test('two first runs at once, with other symbols', async () => {
  await atOnce(await places.withBars(), [
    [BTC, ETH],
    [SOL, PEPE],
  ])
})

test('two runs at once, with the same symbols', async () => {
  await atOnce(await places.withFeatures(), [
    [BTC, SOL, PEPE],
    [BTC, SOL, PEPE],
  ])
})

test('four runs at once, with overlapping symbols', async () => {
  const place = await places.withFeatures()
  await atOnce(place, [[BTC, ETH], [ETH, SOL], [SOL, PEPE], [PEPE]])
})

test('two runs at once under one id and with one list are one run', async () => {
  const place = await places.withFeatures()
  const args = [...(await candidates(place, [SOL, PEPE])), '--run-id', 'twin']
  const ends = await Promise.all([1, 2].map(() => backfillProcess(place, args)))
  for (const { code, err } of ends) expect(code, err).toBe(0)
  const versions = Object.keys(await filesOf(join(place.lakehouse, TABLE, '_delta_log')))
  expect(versions, 'one commit').toHaveLength(2)
  expect((await rowsOf(place)).filter(({ symbol }) => symbol === SOL)).toHaveLength(230)
})

test('two first runs at once with two formulas: one decides, the other is refused', async () => {
  const place = await places.withBars()
  const ends = await Promise.all(
    [
      ['tradingview', BTC],
      ['institutional', ETH],
    ].map(async ([formula, symbol]) =>
      backfillProcess(place, [
        ...(await candidates(place, [symbol], `${formula}.json`)),
        '--formula',
        formula!,
        '--output',
        `${formula}.parquet`,
      ]),
    ),
  )
  expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([0, 2]))
  expect(ends.find(({ code }) => code === 2)!.err).toContain('is computed by the formula')
  expect(new Set((await rowsOf(place)).map(({ symbol }) => symbol)).size).toBe(1)
})

test('restated bars and two runs at once: nobody overwrites the later knowledge', async () => {
  const place = await places.withFeatures()
  const own = BARS.get(BTC)!
  const restated = { ...own, close: own.close.map((close, i) => (i > 200 ? close * 0.999 : close)) }
  restated.low.forEach((low, i) => (restated.low[i] = Math.min(low, restated.close[i]!)))
  await importBars(place.lakehouse, [barRows(BTC, restated)], { restatedAt: END + 60 })
  const ends = await Promise.all(
    [0, 1].map(async (i) =>
      backfillProcess(place, [
        ...(await candidates(place, [BTC, ETH], `list${i}.json`)),
        '--run-id',
        `restated_${i}`,
      ]),
    ),
  )
  for (const { code, err } of ends) expect(code, err).toBe(0)
  const rows = (await rowsOf(place)).filter(({ symbol }) => symbol === BTC)
  const keys = rows.map(({ timestamp, known_at }) => `${timestamp} ${known_at}`)
  expect(new Set(keys).size, 'no row twice').toBe(keys.length)
  expect(rows.length).toBeGreaterThan(230)
})
