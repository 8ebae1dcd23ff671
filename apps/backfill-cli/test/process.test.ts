import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { killRounds } from './kill-rounds.ts'
import { BTC, candidates, ETH, SOL, usePlaces } from './places.ts'
import { backfillProcess, startBackfill } from './program-process.ts'
import { matrixOf, runReport, stateOf } from './store.ts'

const places = usePlaces()

test('the real program runs its own example: data on stdout, talk on stderr, exit code 0', async () => {
  const place = await places.withBars()
  const { code, out, err } = await backfillProcess(place, [
    ...(await candidates(place, [BTC])),
    '--json',
  ])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ status: 'done', symbols: [{ symbol: BTC }] })
  expect(err).toContain('compute …')
})

test.each(['resolve symbols', 'load what exists', 'compute', 'validate', 'save the matrix'])(
  '^C at "%s" leaves the store as it was or complete, and the same run completes',
  async (step) => {
    const place = await places.withFeatures()
    const before = await stateOf(place)
    const args = [...(await candidates(place, [SOL])), '--run-id', 'cut']
    const { child, ended, said } = startBackfill(place, args)
    await said(`${step} …`)
    child.kill('SIGINT')
    const { code, err } = await ended
    expect([0, 5], err).toContain(code)
    const after = await stateOf(place)
    if (code === 0) {
      expect((await matrixOf(place)).description.tableVersion).toBe(1)
    } else if (err.includes('Table and matrix are as they were.')) {
      expect(after).toEqual(before)
    } else {
      expect(err).toContain('The table features/local_1d is complete (version 1)')
      expect(after['features_matrix.parquet']).toBe(before['features_matrix.parquet'])
    }
    if (step === 'resolve symbols') expect(code, 'long before the end').toBe(5)
    await runReport(place, args)
    const matrix = await matrixOf(place)
    expect(matrix.description.tableVersion).toBe(1)
    expect(new Set(matrix.columns.map(({ symbol }) => symbol))).toEqual(new Set([BTC, ETH, SOL]))
  },
)

test('kill -9 at ten random moments leaves the store as it was or complete', async () => {
  await killRounds(10)
}, 120_000)

test('a lakehouse that does not exist is named and not made', async () => {
  const place = await places.empty()
  const { code, err } = await backfillProcess(place, await candidates(place, [BTC]))
  expect(code).toBe(1)
  expect(err).toContain('there are no bars in the lakehouse')
  expect(existsSync(place.lakehouse)).toBe(false)
  expect(existsSync(place.runs)).toBe(false)
})
