import { computeFeatures } from '@fs/ratings'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { RATINGS, TABLE } from './places.ts'
import { startBackfill } from './program-process.ts'
import {
  barRows,
  columnOf,
  filesOf,
  importBars,
  makePlace,
  marketBars,
  matrixOf,
  type Place,
  rowsOf,
  runReport,
} from './store.ts'

/**
 * Backfills one new symbol after the other, each in a process that is killed at a random moment, and holds after each
 * kill that the store is the one before or the one after, and that a run which said it was done was.
 */
export async function killRounds(rounds: number): Promise<void> {
  const bars = marketBars(Math.ceil(rounds * 1.2) + 2, 60)
  const symbols = [...bars.keys()].filter((symbol) => bars.get(symbol)!.timestamp.length > 20)
  const place = await makePlace()
  try {
    await importBars(
      place.lakehouse,
      [...bars].map(([symbol, own]) => barRows(symbol, own)),
    )
    const [first, ...others] = symbols
    const list = async (symbol: string) => [
      '--candidates',
      await place.write('candidates.json', [symbol]),
    ]
    const begin = performance.now()
    expect((await startBackfill(place, await list(first!)).ended).code).toBe(0)
    const usualMs = performance.now() - begin

    const seen = { killed: 0, done: 0 }
    for (const symbol of others.slice(0, rounds)) {
      const before = await storeOf(place)
      const { child, ended } = startBackfill(place, await list(symbol))
      const moment = Math.random() * usualMs * 1.1
      await delay(moment)
      child.kill('SIGKILL')
      const { code } = await ended
      const after = await storeOf(place)
      const where = `${symbol} killed after ${moment.toFixed(0)} of about ${usualMs.toFixed(0)} ms`
      expect(after.versions - before.versions, where).toBeLessThanOrEqual(1)
      if (after.versions === before.versions) expect(after.table, where).toEqual(before.table)
      else expect(new Set(after.table), where).toEqual(new Set([...before.table, symbol]))
      if (after.sha256 === before.sha256) {
        expect(after.shown, where).toEqual(before.shown)
      } else {
        expect(after.shownVersion, 'a matrix shows a version in full').toBe(after.versions - 1)
        expect(after.shown, where).toEqual(after.table)
      }
      if (code === 0) expect(after.shown, where).toContain(symbol)
      seen[code === 0 ? 'done' : 'killed'] += 1
    }
    expect(seen.killed, 'a kill that always comes late proves nothing').toBeGreaterThan(0)

    const report = await runReport(place, ['--all'])
    const matrix = await matrixOf(place)
    expect(matrix.description.tableVersion).toBe(report.table_version)
    const rows = new Map(Array.from(matrix.timestamps, (time, row) => [time, row]))
    for (const symbol of symbols) {
      const expected = computeFeatures(bars.get(symbol)!, RATINGS)
      for (const name of RATINGS) {
        const column = columnOf(matrix, symbol, name)
        const shown = [...bars.get(symbol)!.timestamp].map((time) => column[rows.get(time)!]!)
        expect(shown, `${symbol} ${name}`).toEqual([...expected[name]])
      }
    }
  } finally {
    await place.remove()
  }
}

interface StoreState {
  /** Number of versions of the table. */
  readonly versions: number
  /** Symbols in the table, by reading every data file. */
  readonly table: readonly string[]
  readonly sha256: string | undefined
  readonly shownVersion: number | undefined
  /** Symbols in the matrix. */
  readonly shown: readonly string[]
}

async function storeOf(place: Place): Promise<StoreState> {
  const log = await filesOf(join(place.lakehouse, TABLE, '_delta_log'))
  const versions = Object.keys(log).filter((name) => /^\d+\.json$/.test(name))
  expect(
    versions.map((name) => Number(name.slice(0, 20))),
    'versions without a gap',
  ).toEqual([...versions.keys()])
  for (const name of versions) {
    const lines = (await readFile(join(place.lakehouse, TABLE, '_delta_log', name), 'utf8')).trim()
    for (const line of lines.split('\n')) JSON.parse(line)
  }
  const rows = await rowsOf(place)
  const matrix = existsSync(place.master) ? await matrixOf(place) : undefined
  const { 'features_matrix.parquet': sha256 } = await filesOf(place.lakehouse)
  return {
    versions: versions.length,
    table: [...new Set(rows.map(({ symbol }) => symbol))].toSorted(),
    sha256,
    shownVersion: matrix?.description.tableVersion,
    shown: [...new Set(matrix?.columns.map(({ symbol }) => symbol))].toSorted(),
  }
}
