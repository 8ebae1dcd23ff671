import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { barRows, columnOf, DAY, importBars, makePlace, matrixOf, runReport } from './store.ts'

// A captured row of TradingView's scanner and the bars behind it lie beside the repository, never in it.
const folder = [
  process.env['FS_SHARED_DATA'] ?? '',
  resolve(import.meta.dirname, '../../../../shared/data'),
  resolve(import.meta.dirname, '../../../../../shared/data'),
]
  .filter((path) => path !== '')
  .map((path) => join(path, 'ratings/private'))
  .find((path) => existsSync(path))
const reason = folder === undefined ? ' [SKIPPED: no ../shared/data/ratings/private]' : ''

const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const

test.skipIf(folder === undefined)(
  `the captured TradingView row comes out of a run to the last digit${reason}`,
  async () => {
    const { symbol, history, last_bar } = JSON.parse(
      await readFile(join(folder!, 'btcusdt_1d_2025-12-20_last_bar.json'), 'utf8'),
    ) as {
      symbol: string
      history: string
      last_bar: { date: string } & Record<(typeof PRICES)[number], number>
    }
    const [, ...lines] = (await readFile(join(folder!, history), 'utf8')).trim().split('\n')
    const rows = [
      ...lines.map((line) => line.split(',')),
      [last_bar.date, ...PRICES.map((name) => String(last_bar[name]))],
    ]
    const [open, high, low, close, volume] = PRICES.map((_, i) =>
      Float64Array.from(rows, (row) => Number(row[i + 1])),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
    const timestamp = Float64Array.from(rows, (row) => Date.parse(`${row[0]}T00:00Z`) / 1000)
    const bars = { timestamp, open, high, low, close, volume }

    const place = await makePlace()
    try {
      await importBars(place.lakehouse, [barRows(symbol, bars)])
      const parity = join(place.folder, 'parity.parquet')
      const file = await place.write('candidates.json', [symbol])
      const report = await runReport(place, [
        '--candidates',
        file,
        '--formula',
        'tradingview',
        '--table',
        'features/tradingview_1d',
        '--output',
        parity,
      ])
      expect(report.validation).toBe('passed')
      const matrix = await matrixOf(place, parity)
      expect(matrix.timestamps.at(-1)! + DAY).toBe(Date.parse('2025-12-21T00:00Z') / 1000)
      const last = (name: string) => columnOf(matrix, symbol, name).at(-1)
      expect(last('recommend_ma')).toBe(-2 / 3)
      expect(last('recommend_other')).toBe(1 / 11)
      expect(last('recommend_all')).toBe(-0.28787878787878785)

      // The house formula lives beside it, in the default table and the master matrix.
      await runReport(place, ['--candidates', file])
      const master = await matrixOf(place)
      expect(master.description.formula).toBe('institutional')
      expect(columnOf(master, symbol, 'recommend_ma').at(-1)).toBeCloseTo(-11 / 15, 15)
      expect(columnOf(master, symbol, 'recommend_other').at(-1)).toBe(1 / 11)
      expect(columnOf(master, symbol, 'recommend_all').at(-1)).toBe(
        0.574 * columnOf(master, symbol, 'recommend_ma').at(-1)! + 0.3914 * (1 / 11),
      )
      expect((await matrixOf(place, parity)).description.formula, 'untouched').toBe('tradingview')
    } finally {
      await place.remove()
    }
  },
)
