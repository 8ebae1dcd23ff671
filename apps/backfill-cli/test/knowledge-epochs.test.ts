import { computeFeatures } from '@fs/ratings'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BarRows, featuresByEpoch, knowledgeEpochs } from '../src/knowledge-epochs.ts'

const DAY = 86_400
const FEATURES = ['recommend_ma', 'recommend_other', 'recommend_all'] as const

interface Row {
  readonly timestamp: number
  readonly knownAt: number
  readonly close: number
}

/** Rows as a table gives them: sorted by time and `known_at`, all four prices near the close. */
function barRows(rows: readonly Row[]): BarRows {
  const sorted = rows.toSorted((a, b) => a.timestamp - b.timestamp || a.knownAt - b.knownAt)
  const column = (of: (row: Row) => number) => Float64Array.from(sorted, of)
  return {
    timestamp: column((row) => row.timestamp),
    knownAt: column((row) => row.knownAt),
    open: column((row) => row.close - 0.5),
    high: column((row) => row.close + 1 + (row.close % 3)),
    low: column((row) => row.close - 1 - (row.close % 2)),
    close: column((row) => row.close),
    volume: column((row) => 100 + row.close),
  }
}

/** What was known at a moment, by the definition: of each bar the last row known by then. */
function viewAt(bars: BarRows, moment: number): BarRows {
  const last = new Map<number, number>()
  bars.timestamp.forEach((time, row) => {
    if (bars.knownAt[row]! <= moment) last.set(time, row)
  })
  const rows = [...last.values()]
  const take = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!)
  return {
    timestamp: take(bars.timestamp),
    knownAt: take(bars.knownAt),
    open: take(bars.open),
    high: take(bars.high),
    low: take(bars.low),
    close: take(bars.close),
    volume: take(bars.volume),
  }
}

/** Holds the law of the module for every moment at which anything became known. */
function expectEveryMomentReproduced(
  bars: BarRows,
  compute: (view: BarRows) => Readonly<Record<string, Float64Array>>,
): void {
  const known = featuresByEpoch(bars, compute)
  const moments = [...new Set([...bars.knownAt, ...known.knownAt])]
  for (const moment of moments.flatMap((at) => [at - 1, at, at + 1])) {
    const view = viewAt(bars, moment)
    const expected = compute(view)
    const shown = new Map<number, { knownAt: number; row: number }>()
    known.timestamp.forEach((time, row) => {
      const knownAt = known.knownAt[row]!
      if (knownAt > moment || knownAt < (shown.get(time)?.knownAt ?? -Infinity)) return
      shown.set(time, { knownAt, row })
    })
    expect(
      [...shown.keys()].toSorted((a, b) => a - b),
      `bars known at ${moment}`,
    ).toEqual([...view.timestamp])
    for (const name in expected) {
      const column = known.values[name]!
      const actual = [...view.timestamp].map((time) => column[shown.get(time)!.row])
      expect(actual, `${name} as known at ${moment}`).toEqual([...expected[name]!])
    }
  }
}

/** A causal feature in which every bar depends on all bars before. */
function runningSum({ close }: BarRows): { sum: Float64Array; bar: Float64Array } {
  let sum = 0
  return {
    sum: close.map((value, i) => (sum += value * (i + 1))),
    bar: close.map((_, i) => i),
  }
}

const ratings = (view: BarRows) => computeFeatures(view, FEATURES, { formula: 'tradingview' })

/** A history: every bar known when it closes or some days late, some corrected once or more, some of them back. */
function histories(bars: number): fc.Arbitrary<BarRows> {
  return fc
    .array(
      fc.record({
        close: fc.integer({ min: 10, max: 40 }),
        daysLate: fc.oneof(
          { weight: 6, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: bars }) },
        ),
        corrections: fc.oneof(
          { weight: 6, arbitrary: fc.constant([]) },
          {
            weight: 1,
            arbitrary: fc.array(
              fc.record({
                days: fc.integer({ min: 1, max: bars }),
                close: fc.integer({ min: 10, max: 40 }),
              }),
              { minLength: 1, maxLength: 3 },
            ),
          },
        ),
      }),
      { minLength: 1, maxLength: bars },
    )
    .map((days) => {
      const rows = days.flatMap(({ close, daysLate, corrections }, day) => {
        const first = (day + 1 + daysLate) * DAY
        const own = [{ timestamp: day * DAY, knownAt: first, close }]
        for (const correction of corrections) {
          const knownAt = first + correction.days * DAY
          if (own.some((row) => row.knownAt === knownAt)) continue
          own.push({ timestamp: day * DAY, knownAt, close: correction.close })
        }
        return own
      })
      return barRows(rows)
    })
}

test('at every moment the rows known by then are what compute makes of the bars known by then', () => {
  fc.assert(
    fc.property(histories(12), (bars) => expectEveryMomentReproduced(bars, runningSum)),
    { numRuns: 500 },
  )
})

test('at every moment the ratings known by then are those of the bars known by then', () => {
  fc.assert(
    fc.property(histories(40), (bars) => expectEveryMomentReproduced(bars, ratings)),
    { numRuns: 25 },
  )
})

test('no row is written that says what the row before it already said', () => {
  fc.assert(
    fc.property(histories(12), (bars) => {
      const known = featuresByEpoch(bars, runningSum)
      const last = new Map<number, [number, number]>()
      for (let row = 0; row < known.timestamp.length; row++) {
        const values: [number, number] = [known.values['sum']![row]!, known.values['bar']![row]!]
        expect(last.get(known.timestamp[row]!), 'a repeated row').not.toEqual(values)
        last.set(known.timestamp[row]!, values)
      }
    }),
  )
})

test('the epochs follow each other without a gap, and each holds every bar known by its end once', () => {
  fc.assert(
    fc.property(histories(12), (bars) => {
      const epochs = knowledgeEpochs(bars)
      expect(epochs[0]!.since).toBe(-Infinity)
      expect(epochs.at(-1)!.until).toBe(Infinity)
      for (const [i, epoch] of epochs.entries()) {
        if (i > 0) expect(epoch.since).toBe(epochs[i - 1]!.until)
        const times = [...epoch.rows].map((row) => bars.timestamp[row]!)
        expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b))
        const expected = viewAt(bars, Math.min(epoch.until, Number.MAX_SAFE_INTEGER) - 0.5)
        expect(times).toEqual([...expected.timestamp])
      }
    }),
  )
})

const clean = Array.from({ length: 5 }, (_, day) => ({
  timestamp: day * DAY,
  knownAt: (day + 1) * DAY,
  close: 20 + day,
}))

test('clean data is one epoch: each value is known when its bar is', () => {
  const bars = barRows(clean)
  expect(knowledgeEpochs(bars)).toHaveLength(1)
  const known = featuresByEpoch(bars, runningSum)
  expect(known.timestamp).toEqual(bars.timestamp)
  expect(known.knownAt).toEqual(bars.knownAt)
})

test('bars imported at one time, all known at once, are one epoch', () => {
  const bars = barRows(clean.map((row) => ({ ...row, knownAt: 100 * DAY })))
  expect(knowledgeEpochs(bars)).toHaveLength(1)
})

test('a correction adds the bars it changes, known since the correction', () => {
  const bars = barRows([...clean, { timestamp: 2 * DAY, knownAt: 9 * DAY, close: 99 }])
  const known = featuresByEpoch(bars, runningSum)
  const added = [...known.timestamp].map((time, row) => [time / DAY, known.knownAt[row]! / DAY])
  expect(added, 'day 2 and all that follow, but none before').toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [2, 9],
    [3, 4],
    [3, 9],
    [4, 5],
    [4, 9],
  ])
})

test('a correction between two closes takes effect with the first and leaves the second to its close', () => {
  const bars = barRows([...clean, { timestamp: 0, knownAt: 3.5 * DAY, close: 99 }])
  const known = featuresByEpoch(bars, runningSum)
  const added = [...known.timestamp].map((time, row) => [time / DAY, known.knownAt[row]! / DAY])
  expect(added).toEqual([
    [0, 1],
    [0, 3.5],
    [1, 2],
    [1, 3.5],
    [2, 3],
    [2, 3.5],
    [3, 4],
    [4, 5],
  ])
})

test('a bar that becomes known after a later one opens an epoch and is known since then', () => {
  const late = clean.map((row) => (row.timestamp === DAY ? { ...row, knownAt: 4.5 * DAY } : row))
  const bars = barRows(late)
  expect(knowledgeEpochs(bars).map(({ since }) => since)).toEqual([-Infinity, 4.5 * DAY])
  const known = featuresByEpoch(bars, runningSum)
  const rows = [...known.timestamp].flatMap((time, row) =>
    time === DAY ? [known.knownAt[row]] : [],
  )
  expect(rows, 'known once, when it arrived').toEqual([4.5 * DAY])
})

test('a bar corrected and corrected back has three rows, the last one equal to the first', () => {
  const bars = barRows([
    ...clean,
    { timestamp: 4 * DAY, knownAt: 7 * DAY, close: 99 },
    { timestamp: 4 * DAY, knownAt: 8 * DAY, close: 24 },
  ])
  const known = featuresByEpoch(bars, runningSum)
  const rows = [...known.timestamp].flatMap((time, row) =>
    time === 4 * DAY ? [[known.knownAt[row]! / DAY, known.values['sum']![row]]] : [],
  )
  expect(rows.map(([at]) => at)).toEqual([5, 7, 8])
  expect(rows[2]![1]).toBe(rows[0]![1])
  expect(rows[1]![1]).not.toBe(rows[0]![1])
})

test('a correction that states the same values again adds nothing', () => {
  const bars = barRows([...clean, { timestamp: 2 * DAY, knownAt: 9 * DAY, close: 22 }])
  expect(featuresByEpoch(bars, runningSum).timestamp).toHaveLength(5)
})

test('a value is known no earlier than any bar it is made of', () => {
  // The second bar's source is slower than the third's: the third value needs both.
  const bars = barRows([
    { timestamp: 0, knownAt: DAY, close: 20 },
    { timestamp: DAY, knownAt: 5 * DAY, close: 21 },
    { timestamp: 2 * DAY, knownAt: 5 * DAY, close: 22 },
    { timestamp: 3 * DAY, knownAt: 5 * DAY, close: 23 },
  ])
  expect([...featuresByEpoch(bars, runningSum).knownAt].map((at) => at / DAY)).toEqual([1, 5, 5, 5])
  fc.assert(
    fc.property(histories(12), (rows) => {
      const known = featuresByEpoch(rows, runningSum)
      for (let row = 0; row < known.timestamp.length; row++) {
        const parts = viewAt(rows, known.knownAt[row]!)
        const own = [...parts.timestamp].findIndex((time) => time === known.timestamp[row])
        expect(own, 'its bar was known').toBeGreaterThanOrEqual(0)
      }
    }),
  )
})

test('no bars at all give no rows', () => {
  const known = featuresByEpoch(barRows([]), runningSum)
  expect(known.timestamp).toHaveLength(0)
})
