import { combine, computeFeatures } from '@fs/ratings'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BTC, ETH, SOL, PEPE, AAPL, RATINGS, BARS, END, candidates, usePlaces } from './places.ts'
import {
  barRows,
  columnOf,
  DAY,
  fsBackfill,
  importBars,
  matrixOf,
  rowsOf,
  runReport,
  sliceBars,
} from './store.ts'

const places = usePlaces()

test('bars restated at a later import give second rows known since then, and the matrix shows them', async () => {
  const place = await places.withFeatures()
  const own = BARS.get(BTC)!
  const close = own.close.slice()
  const high = own.high.slice()
  close[200] = close[200]! * 1.2
  high[200] = Math.max(high[200]!, close[200]!)
  const restated = { ...own, close, high }
  const restatedAt = END + 5 * DAY
  await importBars(place.lakehouse, [barRows(BTC, restated)], { restatedAt })
  const before = await rowsOf(place)

  const report = await runReport(place, await candidates(place, [BTC, ETH]))
  expect(report.rows.added).toBe(0)
  expect(report.rows.restated).toBeGreaterThan(0)
  expect(report.as_of).toBe(restatedAt)

  const after = await rowsOf(place)
  const fresh = after.filter((row) => row.known_at === restatedAt)
  expect(fresh).toHaveLength(report.rows.restated)
  expect(
    after.filter((row) => row.known_at !== restatedAt),
    'no row before is touched',
  ).toEqual(before)
  const [old, now] = [own, restated].map((view) => computeFeatures(view, RATINGS))
  for (const row of fresh) {
    expect(row.timestamp).toBeGreaterThanOrEqual(own.timestamp[200]!)
    const at = own.timestamp.indexOf(row.timestamp)
    expect(RATINGS.map((name) => row[name])).toEqual(RATINGS.map((name) => now![name][at]))
    expect(RATINGS.map((name) => row[name])).not.toEqual(RATINGS.map((name) => old![name][at]))
  }
  const matrix = await matrixOf(place)
  for (const name of RATINGS) expect([...columnOf(matrix, BTC, name)]).toEqual([...now![name]])

  const third = await runReport(place, await candidates(place, [BTC, ETH]))
  expect(third, 'once known, nothing is left to say').toMatchObject({
    committed: false,
    rows: { added: 0, restated: 0 },
  })
})

test('older history imported later changes ratings from now on, not before', async () => {
  const place = await places.withBars()
  await rm(join(place.lakehouse, 'bars_1d'), { recursive: true })
  const own = BARS.get(BTC)!
  await importBars(place.lakehouse, [barRows(BTC, sliceBars(own, 100))])
  const args = await candidates(place, [BTC])
  await runReport(place, args)
  await importBars(place.lakehouse, [barRows(BTC, own)])
  const now = END + 30 * DAY
  const report = await runReport(place, args, { now: () => now })
  expect(report.rows.added).toBe(100)
  expect(report.rows.restated).toBeGreaterThan(0)
  const replaced = (await rowsOf(place)).filter((row) => row.known_at === now)
  expect(replaced).toHaveLength(report.rows.restated)
  const expected = computeFeatures(own, RATINGS)
  expect([...columnOf(await matrixOf(place), BTC, 'recommend_all')]).toEqual([
    ...expected.recommend_all,
  ])
  const kept = JSON.parse(
    await readFile(join(place.runs, report.run_id, 'validation_report.json'), 'utf8'),
  ) as { as_of: number; status: string }
  expect(kept, 'the new values are judged, though they are known only since now').toMatchObject({
    as_of: now,
    status: 'passed',
  })
})

test('--as-of uses only bars known by then; the next run without it adds the rest', async () => {
  const place = await places.withBars()
  const args = await candidates(place, [BTC])
  const day = new Date((END - 10 * DAY) * 1000).toISOString().slice(0, 10)
  const report = await runReport(place, [...args, '--as-of', day])
  expect(report).toMatchObject({ as_of: END - 10 * DAY, rows: { added: 220 } })
  expect(report.symbols[0]!.last).toBe(END - 11 * DAY)
  const full = await runReport(place, args)
  expect(full.rows).toEqual({ added: 10, restated: 0, unchanged: 220 })
  const past = await runReport(place, [...args, '--as-of', String(END - 10 * DAY)])
  expect(past, 'what became known later is neither lost nor judged from the past').toMatchObject({
    committed: false,
    validation: 'passed',
    rows: { added: 0, restated: 0, unchanged: 220 },
  })
  expect(past.symbols, 'reported is what was known then').toEqual([
    { ...report.symbols[0], rows_added: 0 },
  ])
  expect(past.symbols[0]!.last).toBe(END - 11 * DAY)
  expect((await matrixOf(place)).timestamps.at(-1), 'the matrix shows what is known now').toBe(
    END - DAY,
  )
})

test('the default of --as-of is the newest bar of the run, not of its neighbours in a file', async () => {
  const place = await places.withBars()
  await rm(join(place.lakehouse, 'bars_1d'), { recursive: true })
  await importBars(place.lakehouse, [
    barRows(BTC, BARS.get(BTC)!),
    barRows(ETH, sliceBars(BARS.get(ETH)!, 0, 220)),
    barRows(SOL, sliceBars(BARS.get(SOL)!, 0, 225)),
  ])
  const asOf = async (...symbols: string[]) =>
    (await runReport(place, await candidates(place, symbols))).as_of
  expect(await asOf(ETH)).toBe(END - 10 * DAY)
  expect(await asOf(ETH, SOL)).toBe(END - 5 * DAY)
  expect(await asOf(BTC, ETH)).toBe(END)
})

test("the vendor's values are kept beside the computed ones and shown on the last bar", async () => {
  const place = await places.withBars()
  const report = await runReport(
    place,
    await candidates(place, {
      retrieved_at: END - 3600,
      data: [
        { symbol: BTC, 'Recommend.MA': -0.5, 'Recommend.Other': 0.25, 'Recommend.All': -0.125 },
        { symbol: ETH, 'Recommend.All': 0.75 },
        { symbol: SOL },
        { symbol: PEPE, 'Recommend.All': 0.5, retrieved_at: END - 5 * DAY },
        // A Saturday: New York's last bar is that of Friday, which has closed.
        { symbol: AAPL, 'Recommend.All': 0.5, retrieved_at: Date.UTC(2025, 11, 27, 15) / 1000 },
      ],
    }),
  )
  const shown = Object.fromEntries(report.symbols.map((line) => [line.symbol, line]))
  const all = combine('institutional', -0.5, 0.25)
  expect(shown[BTC]).toMatchObject({
    source: 'vendor',
    values: { recommend_ma: -0.5, recommend_other: 0.25, recommend_all: all },
  })
  expect(shown[ETH]).toMatchObject({ source: 'vendor', values: { recommend_all: 0.75 } })
  expect([shown[SOL], shown[PEPE], shown[AAPL]].map((line) => line!.source)).toEqual([
    'computed',
    'computed',
    'computed',
  ])
  const matrix = await matrixOf(place)
  const last = END - DAY
  expect(matrix.description.retrieved).toEqual({
    [BTC]: { recommend_ma: [last], recommend_other: [last], recommend_all: [last] },
    [ETH]: { recommend_all: [last] },
  })
  const retrieved = (await rowsOf(place)).filter(({ source }) => source === 'retrieved')
  expect(retrieved.map((row) => [row.symbol, row.timestamp, row.known_at])).toEqual([
    [BTC, last, END - 3600],
    [ETH, last, END - 3600],
    [PEPE, END - 5 * DAY, END - 5 * DAY],
    [AAPL, Date.UTC(2025, 11, 26) / 1000, Date.UTC(2025, 11, 27, 15) / 1000],
  ])
  expect(retrieved[0]!['recommend_all'], 'kept as the vendor gave it').toBe(-0.125)
})

test("values retrieved on a holiday are of the last session's bar", async () => {
  const place = await places.withBars()
  // New York was closed on Thanksgiving.
  const retrieved_at = Date.UTC(2025, 10, 27, 15) / 1000
  const thursday = Date.UTC(2025, 10, 27) / 1000
  await rm(join(place.lakehouse, 'bars_1d'), { recursive: true })
  const own = BARS.get(BTC)!
  const closed = own.timestamp.indexOf(thursday)
  const [before, after] = [sliceBars(own, 0, closed), sliceBars(own, closed + 1)]
  await importBars(place.lakehouse, [barRows(AAPL, before)])
  await importBars(place.lakehouse, [barRows(AAPL, after)])
  await runReport(
    place,
    await candidates(place, [{ symbol: AAPL, 'Recommend.All': 0.5, retrieved_at }]),
  )
  const rows = (await rowsOf(place)).filter(({ source }) => source === 'retrieved')
  expect(rows.map((row) => [row.timestamp, row.known_at])).toEqual([[thursday - DAY, retrieved_at]])
})

test('many candidates retrieved at many times are one run with one validation', async () => {
  const place = await places.withBars()
  const bar = sliceBars(BARS.get(BTC)!, 0, 40)
  const names = Array.from({ length: 70 }, (_, i) => `BINANCE:X${String(i).padStart(2, '0')}USDT`)
  await importBars(
    place.lakehouse,
    names.map((name) => barRows(name, bar)),
  )
  const list = names.map((symbol, i) => ({
    symbol,
    'Recommend.All': 0.5,
    retrieved_at: bar.timestamp.at(-1)! + 60 * (i + 1),
  }))
  const report = await runReport(place, await candidates(place, list))
  expect(report.symbols).toHaveLength(70)
  expect(report.symbols.every(({ source }) => source === 'vendor')).toBe(true)
})

test('values that replace others of their time are judged with the other groups as one report', async () => {
  const place = await places.withBars()
  const bar = sliceBars(BARS.get(BTC)!, 0, 60)
  const names = Array.from({ length: 70 }, (_, i) => `BINANCE:X${String(i).padStart(2, '0')}USDT`)
  const args = await candidates(place, names)
  await importBars(
    place.lakehouse,
    names.map((name) => barRows(name, sliceBars(bar, 30))),
  )
  await runReport(place, args)
  await importBars(place.lakehouse, [barRows(names[0]!, bar)])
  const report = await runReport(place, args, { now: () => END + DAY })
  expect(report).toMatchObject({ validation: 'passed', rows: { added: 30 } })
  expect(report.rows.restated, 'longer history, other ratings').toBeGreaterThan(0)
})

test('values without retrieved_at are of the start of the run, which a warning says', async () => {
  const place = await places.withBars()
  const args = await candidates(place, [{ symbol: BTC, 'Recommend.All': 0.5 }])
  const first = await fsBackfill(place, ['run', ...args, '--run-id', 'undated'], {
    now: () => END + 60,
  })
  expect(first.code).toBe(0)
  expect(first.err).toContain(
    'warning: 1 candidate carries vendor values without retrieved_at: taken as retrieved at the start of this run',
  )
  // The same run continued an hour later still began when it began.
  await runReport(place, [...args, '--run-id', 'undated'], { now: () => END + 3660 })
  const retrieved = (await rowsOf(place)).filter(({ source }) => source === 'retrieved')
  expect(retrieved.map((row) => [row.timestamp, row.known_at])).toEqual([[END, END + 60]])
  const matrix = await matrixOf(place)
  expect(matrix.timestamps.at(-1), 'a bar not imported yet gets its own row').toBe(END)
  expect(columnOf(matrix, BTC, 'recommend_all').at(-1)).toBe(0.5)
  expect(columnOf(matrix, BTC, 'recommend_ma').at(-1)).toBeNaN()
})

test('values that nobody can have retrieved yet are not used, and named', async () => {
  const place = await places.withBars()
  const args = await candidates(place, [
    { symbol: BTC, 'Recommend.All': 0.5, retrieved_at: END + DAY },
    { symbol: ETH, 'Recommend.All': 0.5, retrieved_at: END },
  ])
  const early = await runReport(place, args, { now: () => END + 60 })
  expect(early.notices).toEqual([expect.stringContaining(`not used (${BTC})`) as string])
  const asOf = await runReport(place, [...args, '--as-of', String(END - 1)])
  expect(asOf.notices).toEqual([
    expect.stringContaining(`2 candidates carry vendor values retrieved after`) as string,
  ])
})
