import { fetchScreen } from '@fs/tv-client'
import { expect, test } from 'vitest'
import { stage } from './scanner.ts'

const TWENTY = Array.from({ length: 20 }, (_, index) => `X:S${String(index).padStart(2, '0')}`)
// Four symbols share each value, and their order is the server's own.
const universe = Object.fromEntries(
  TWENTY.map((symbol, index) => [symbol, { cells: { RSI: 40 + (index % 5), AO: index } }]),
)
const sort = { sortBy: 'RSI', sortOrder: 'desc' } as const
const byRsi = TWENTY.toSorted(
  (left, right) =>
    (TWENTY.indexOf(right) % 5) - (TWENTY.indexOf(left) % 5) || (left < right ? -1 : 1),
)

test('a screen is fetched in pages, sorted, and equal values are in the order of their names', async () => {
  const { simulator, client, time } = await stage({ universe, seed: 5 })
  const options = { limit: 17, pageRows: 7 }
  const screen = await time.run(fetchScreen(client, { columns: ['AO'], sort }, options))
  expect(simulator.requests.map(({ range }) => range)).toEqual([
    [0, 7],
    [7, 14],
    [14, 17],
  ])
  expect(screen).toMatchObject({ totalCount: 20, columns: ['AO'], leftOut: [] })
  expect(screen.rows).toHaveLength(17)
  expect(screen.rows.slice(0, 16).map(({ symbol }) => symbol)).toEqual(byRsi.slice(0, 16))
  for (const { symbol, cells } of screen.rows) expect(cells).toEqual([TWENTY.indexOf(symbol)])
})

test('a limit beyond the end, and no sort: everything, by name', async () => {
  const { simulator, client, time } = await stage({ universe })
  const screen = await time.run(fetchScreen(client, { columns: [] }, { limit: 900 }))
  expect(screen.rows.map(({ symbol }) => symbol)).toEqual(TWENTY)
  expect(simulator.requests).toHaveLength(1)
  const filter = [{ left: 'AO', operation: 'less', right: 0 }]
  const none = await time.run(fetchScreen(client, { columns: [], filter }, { limit: 9 }))
  expect(none).toMatchObject({ totalCount: 0, rows: [] })
})

test('rows that come twice or cannot be used are left out by name', async () => {
  const { client, time } = await stage({
    universe,
    script: [
      { when: { nth: 1 }, fault: { kind: 'duplicate', tickers: TWENTY } },
      { when: { nth: 2 }, fault: { kind: 'short_row', tickers: ['X:S00', 'X:S05'] } },
    ],
  })
  const screen = await time.run(
    fetchScreen(client, { columns: ['AO'], sort }, { limit: 20, pageRows: 16 }),
  )
  expect(screen.rows).toHaveLength(
    20 - screen.leftOut.filter(({ reason }) => reason.includes('cells')).length,
  )
  expect(screen.leftOut.filter(({ reason }) => reason === 'it came twice')).toHaveLength(16)
})

test('a page that goes missing in between ends the screen instead of asking for ever', async () => {
  const { simulator, client, time } = await stage({
    universe,
    script: [{ when: { nth: 2 }, fault: { kind: 'cut', rows: 99 } }],
  })
  const screen = await time.run(fetchScreen(client, { columns: [] }, { limit: 20, pageRows: 8 }))
  expect(screen).toMatchObject({ totalCount: 20 })
  expect(screen.rows).toHaveLength(8)
  expect(simulator.requests).toHaveLength(2)
})

test('what fails is thrown, and what cannot be is refused', async () => {
  const { client, time } = await stage({ script: [{ fault: { kind: 'status', status: 503 } }] })
  const screen = (limit: number) => time.run(fetchScreen(client, { columns: [] }, { limit }))
  await expect(screen(1)).rejects.toMatchObject({ code: 'http_503' })
  for (const limit of [0, -1, 1.5, Number.NaN])
    await expect(screen(limit)).rejects.toThrow(RangeError)
})
