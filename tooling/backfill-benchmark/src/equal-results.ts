import { numbers, openLakehouse, readMatrix, symbolRuns, sliceRows, texts } from '@fs/lakehouse'
import { computeFeatures } from '@fs/ratings'

const FEATURES = ['recommend_ma', 'recommend_other', 'recommend_all'] as const

/**
 * Compares every cell of some matrices with the ratings computed here from the committed bars.
 *
 * @returns how many cells each of them has
 * @throws Error naming the first cell that differs in any bit
 */
export async function compareWithRatings(
  lakehouse: string,
  matrices: readonly string[],
): Promise<number> {
  await using lake = openLakehouse(lakehouse)
  const read = await Promise.all(matrices.map((path) => readMatrix(lake.workers, path)))
  const columns = read.map(
    (matrix) =>
      new Map(
        matrix!.columns.map((column) => [`${column.symbol} ${column.feature}`, column.values]),
      ),
  )
  const rows = read.map(
    (matrix) => new Map([...matrix!.timestamps].map((time, row) => [time, row])),
  )
  let cells = 0
  for await (const batch of lake.table('bars_1d').scan()) {
    for (const { symbol, start, end } of symbolRuns(texts(batch, 'symbol'))) {
      const own = sliceRows(batch, start, end)
      const bars = {
        timestamp: numbers(own, 'timestamp'),
        open: numbers(own, 'open'),
        high: numbers(own, 'high'),
        low: numbers(own, 'low'),
        close: numbers(own, 'close'),
        volume: numbers(own, 'volume'),
      }
      const expected = computeFeatures(bars, FEATURES)
      for (const feature of FEATURES) {
        columns.forEach((byName, i) => {
          const actual = byName.get(`${symbol} ${feature}`)
          // Too few bars for any value: left out by the run.
          if (actual === undefined && expected.recommend_ma.every(Number.isNaN)) return
          for (const [bar, time] of bars.timestamp.entries()) {
            const value = actual?.[rows[i]!.get(time)!]
            if (!Object.is(value, expected[feature][bar])) {
              throw new Error(
                `${symbol} ${feature} at ${time}: ${value} instead of ${expected[feature][bar]}`,
              )
            }
            cells += 1
          }
        })
      }
    }
  }
  return cells / matrices.length
}
