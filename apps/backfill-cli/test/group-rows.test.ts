import { concatRows, sortRows } from '@fs/lakehouse'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupRows, joinBars, type SymbolFeatures } from '../src/group-rows.ts'

const FEATURES = ['rsi', 'recommend_all']

function features(symbol: string, rows: readonly (readonly [number, number])[]): SymbolFeatures {
  const column = (at: 0 | 1) => Float64Array.from(rows, (row) => row[at])
  return {
    symbol,
    computed: {
      timestamp: column(0),
      knownAt: column(1),
      values: { rsi: column(1), recommend_all: column(0) },
    },
  }
}

test('symbols lie one below the other, a retrieved row among the computed ones', () => {
  const rows = groupRows(
    [
      features('A:A', [[1, 2]]),
      {
        ...features('A:B', [
          [1, 2],
          [2, 3],
        ]),
        retrieved: { symbol: 'A:B', timestamp: 2, knownAt: 2, values: { rsi: 50 } },
      },
    ],
    FEATURES,
    'run',
  )
  expect(rows).toEqual({
    symbol: ['A:A', 'A:B', 'A:B', 'A:B'],
    timestamp: Float64Array.of(1, 1, 2, 2),
    known_at: Float64Array.of(2, 2, 2, 3),
    source: ['computed', 'computed', 'retrieved', 'computed'],
    run_id: ['run', 'run', 'run', 'run'],
    rsi: Float64Array.of(2, 2, 50, 3),
    recommend_all: Float64Array.of(1, 1, Number.NaN, 2),
  })
})

test('wherever a retrieval lies, the rows come sorted', () => {
  const time = fc.integer({ min: 0, max: 5 })
  const rows = fc.uniqueArray(fc.tuple(time, time), { selector: ([a, b]) => a * 10 + b })
  fc.assert(
    fc.property(rows, time, time, (drawn, timestamp, knownAt) => {
      const sorted = drawn.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
      const retrieved = { symbol: 'A:B', timestamp, knownAt, values: { rsi: -1 } }
      const computed = [features('A:A', sorted), features('A:B', sorted)]
      const given = groupRows([computed[0]!, { ...computed[1]!, retrieved }], FEATURES, 'run')
      expect(sortRows(given, 'timestamp'), 'sorted already').toBe(given)
      const alone = groupRows([{ ...features('A:B', []), retrieved }], FEATURES, 'run')
      const joined = concatRows([groupRows(computed, FEATURES, 'run'), alone])
      expect(given).toEqual(sortRows(joined, 'timestamp'))
    }),
  )
})

test('bars of several symbols are joined in their order', () => {
  const rows = (...close: number[]) => ({ close: Float64Array.from(close) })
  expect(
    joinBars([
      { symbol: 'A:B', rows: rows(1, 2) },
      { symbol: 'A:A', rows: rows(3) },
    ]),
  ).toEqual({ symbol: ['A:B', 'A:B', 'A:A'], close: Float64Array.of(1, 2, 3) })
})
