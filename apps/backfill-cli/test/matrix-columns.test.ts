import { combine } from '@fs/ratings'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FeatureRows, matrixColumns } from '../src/matrix-columns.ts'

const DAY = 86_400
const NONE = Number.NaN

interface Row {
  /** Number of the bar. */
  readonly bar: number
  readonly source?: 'computed' | 'retrieved'
  readonly ma?: number
  readonly other?: number
  readonly all?: number
}

/** Rows in the order in which a table gives them; two of one bar and source are two times of knowledge. */
function featureRows(rows: readonly Row[]): FeatureRows {
  const column = (of: (row: Row) => number | undefined) =>
    Float64Array.from(rows, (row) => of(row) ?? NONE)
  return {
    timestamp: column((row) => row.bar * DAY),
    source: rows.map((row) => row.source ?? 'computed'),
    values: {
      recommend_ma: column((row) => row.ma),
      recommend_other: column((row) => row.other),
      recommend_all: column((row) => row.all),
    },
  }
}

function shown(rows: readonly Row[], formula: 'institutional' | 'tradingview' = 'tradingview') {
  const part = matrixColumns(featureRows(rows), formula)
  const days = (cells: Readonly<Record<string, readonly number[]>>) =>
    Object.fromEntries(
      Object.entries(cells).map(([name, times]) => [name, times.map((time) => time / DAY)]),
    )
  return {
    bars: [...part.timestamps].map((time) => time / DAY),
    ma: [...part.values['recommend_ma']!],
    other: [...part.values['recommend_other']!],
    all: [...part.values['recommend_all']!],
    retrieved: days(part.retrieved),
    filled: days(part.filled),
  }
}

const twoBars: readonly Row[] = [
  { bar: 1, ma: 0.2, other: 0.4, all: 0.3 },
  { bar: 2, ma: 0.4, other: 0.6, all: 0.5 },
]

test('without a vendor every bar shows its computed values, and no cell is listed', () => {
  expect(shown(twoBars)).toEqual({
    bars: [1, 2],
    ma: [0.2, 0.4],
    other: [0.4, 0.6],
    all: [0.3, 0.5],
    retrieved: {},
    filled: {},
  })
})

test('a restated bar shows what was known last', () => {
  const rows = [...twoBars.slice(0, 1), { bar: 1, ma: 0.9, other: 0.9, all: 0.9 }, twoBars[1]!]
  expect(shown(rows).ma).toEqual([0.9, 0.4])
})

test.each(['institutional', 'tradingview'] as const)(
  'on the last bar the vendor is shown, and recommend_all combined by %s from both parts',
  (formula) => {
    const vendor = { bar: 2, source: 'retrieved', ma: -0.5, other: 0.1, all: 0.99 } as const
    const result = shown([...twoBars, vendor], formula)
    expect(result.ma).toEqual([0.2, -0.5])
    expect(result.other).toEqual([0.4, 0.1])
    expect(result.all).toEqual([0.3, combine(formula, -0.5, 0.1)])
    expect(result.retrieved).toEqual({
      recommend_ma: [2],
      recommend_other: [2],
      recommend_all: [2],
    })
  },
)

test('both parts without Recommend.All are combined as well, and the cell is listed', () => {
  const result = shown([...twoBars, { bar: 2, source: 'retrieved', ma: -0.5, other: 0.1 }])
  expect(result.all[1]).toBe(-0.2)
  expect(result.retrieved['recommend_all']).toEqual([2])
})

test('Recommend.All alone is shown as given, beside the computed parts', () => {
  const result = shown([...twoBars, { bar: 2, source: 'retrieved', all: -0.7 }], 'institutional')
  expect(result).toMatchObject({
    ma: [0.2, 0.4],
    other: [0.4, 0.6],
    all: [0.3, -0.7],
    retrieved: { recommend_all: [2] },
  })
})

test('one part with Recommend.All: each is shown as given, nothing is combined', () => {
  const result = shown([...twoBars, { bar: 2, source: 'retrieved', ma: 0.9, all: -0.7 }])
  expect(result).toMatchObject({ ma: [0.2, 0.9], other: [0.4, 0.6], all: [0.3, -0.7] })
  expect(Object.keys(result.retrieved)).toEqual(['recommend_ma', 'recommend_all'])
})

test('a value retrieved for a closed, earlier bar is never shown', () => {
  const vendor = { bar: 1, source: 'retrieved', ma: -1, other: -1, all: -1 } as const
  expect(shown([twoBars[0]!, vendor, twoBars[1]!])).toEqual(shown(twoBars))
})

test('a bar that has not been imported gets its own row, with what the vendor gave and nothing filled in', () => {
  const result = shown([...twoBars, { bar: 5, source: 'retrieved', ma: -1 }])
  expect(result.bars).toEqual([1, 2, 5])
  expect(result.ma).toEqual([0.2, 0.4, -1])
  expect(result.other).toEqual([0.4, 0.6, NONE])
  expect(result.all).toEqual([0.3, 0.5, NONE])
  expect(result.retrieved).toEqual({ recommend_ma: [5] })
  expect(result.filled).toEqual({})
})

test('the newest retrieval wins', () => {
  const result = shown([
    ...twoBars,
    { bar: 2, source: 'retrieved', all: -0.7 },
    { bar: 2, source: 'retrieved', all: -0.8 },
  ])
  expect(result.all[1]).toBe(-0.8)
  const later = shown([
    twoBars[0]!,
    { bar: 1, source: 'retrieved', all: -0.7 },
    twoBars[1]!,
    { bar: 2, source: 'retrieved', all: -0.8 },
  ])
  expect(later.all).toEqual([0.3, -0.8])
})

test('a missing value repeats the last one for three bars, not for a fourth, and each cell is listed', () => {
  const rows = [
    { bar: 0, other: 0 },
    { bar: 1, ma: 0.5, other: 0 },
    ...[2, 3, 4, 5, 6].map((bar) => ({ bar, other: 0 })),
    { bar: 7, ma: 0.25, other: 0 },
    { bar: 8, other: 0 },
  ]
  const result = shown(rows)
  expect(result.ma, 'nothing before the first value').toEqual([
    NONE,
    0.5,
    0.5,
    0.5,
    0.5,
    NONE,
    NONE,
    0.25,
    0.25,
  ])
  expect(result.filled).toEqual({ recommend_ma: [2, 3, 4, 8] })
})

test('the limit counts bars that exist, whatever time lies between them', () => {
  const result = shown([
    { bar: 1, ma: 0.5, other: 0 },
    { bar: 40, other: 0 },
  ])
  expect(result.bars, 'no bar is invented').toEqual([1, 40])
  expect(result.ma).toEqual([0.5, 0.5])
})

test('recommend_all is never filled, but combined from its filled parts', () => {
  const rows = [{ bar: 1, ma: 0.5, other: 0.1, all: 0.3 }, { bar: 2, other: 0.3 }, { bar: 3 }]
  const result = shown(rows, 'institutional')
  expect(result.all).toEqual([
    0.3,
    combine('institutional', 0.5, 0.3),
    combine('institutional', 0.5, 0.3),
  ])
  expect(result.filled).toEqual({ recommend_ma: [2, 3], recommend_other: [3] })
})

test('a rating of one group alone gives way to both when the other group is filled', () => {
  // The averaging formulas return the other group where one is empty.
  const result = shown([
    { bar: 1, ma: 0.5, other: 0.1, all: 0.3 },
    { bar: 2, other: 0.3, all: 0.3 },
  ])
  expect(result.all[1], 'it fits the parts that are shown').toBe(combine('tradingview', 0.5, 0.3))
})

test("the vendor's value alone on a filled bar stays as given", () => {
  const result = shown([
    { bar: 1, ma: 0.5, other: 0.1, all: 0.3 },
    { bar: 2 },
    { bar: 2, source: 'retrieved', all: -0.7 },
  ])
  expect(result.all).toEqual([0.3, -0.7])
  expect(result.filled).toEqual({ recommend_ma: [2], recommend_other: [2] })
})

test('a vendor value fills nothing behind it, and is not overwritten by a fill', () => {
  const result = shown([
    { bar: 1, ma: 0.5, other: 0.1, all: 0.3 },
    { bar: 2, other: 0.1 },
    { bar: 2, source: 'retrieved', ma: -1 },
  ])
  expect(result.ma).toEqual([0.5, -1])
  expect(result.filled).toEqual({})
})

test('a table without the two parts shows recommend_all with its holes', () => {
  const part = matrixColumns(
    {
      timestamp: Float64Array.of(DAY, 2 * DAY),
      source: ['computed', 'computed'],
      values: { recommend_all: Float64Array.of(0.5, NONE) },
    },
    'institutional',
  )
  expect([...part.values['recommend_all']!]).toEqual([0.5, NONE])
  expect(part.filled).toEqual({})
})

const maybe = fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined })
const row = fc.record({
  bar: fc.integer({ min: 0, max: 12 }),
  source: fc.constantFrom('computed' as const, 'retrieved' as const),
  ma: maybe,
  other: maybe,
  all: maybe,
})

test('whatever the rows: bars ascend, and every listed cell is one that is shown', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), (drawn) => {
      const rows = drawn
        .toSorted((a, b) => a.bar - b.bar)
        .map(({ bar, source, ma, other, all }): Row => ({
          bar,
          source,
          ...(ma !== undefined && { ma }),
          ...(other !== undefined && { other }),
          ...(all !== undefined && { all }),
        }))
      const result = shown(rows)
      expect(result.bars).toEqual([...new Set(result.bars)].toSorted((a, b) => a - b))
      const computed = new Set(rows.filter((r) => r.source === 'computed').map((r) => r.bar))
      const last = result.bars.at(-1)
      for (const cells of Object.values(result.retrieved)) expect(cells).toEqual([last])
      expect(result.filled['recommend_all'], 'never filled').toBeUndefined()
      for (const [name, cells] of Object.entries(result.filled)) {
        const column = name === 'recommend_ma' ? result.ma : result.other
        for (const bar of cells) {
          expect(computed.has(bar), 'a bar that exists').toBe(true)
          const at = result.bars.indexOf(bar)
          expect(column[at], 'the value of the bar before').toBe(column[at - 1])
          expect(Number.isNaN(column[at])).toBe(false)
        }
      }
    }),
  )
})
