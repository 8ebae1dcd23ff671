import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkBars, type BarCheckOptions } from '../src/check-bars.ts'
import { longestAscending } from '../src/longest-ascending.ts'
import { DAY, rawBars, type RawRow } from './raw-bars.ts'

const NOW = 20_000 * DAY
const check = (rows: readonly RawRow[], options: Partial<BarCheckOptions> = {}) =>
  checkBars(rawBars(rows), { timeframeSeconds: DAY, now: NOW, ...options })
const days = (times: Float64Array) => [...times].map((time) => time / DAY)
const ofDays = (...list: number[]) => list.map((day) => ({ day }))

test('a bar is known at its close plus the delay', () => {
  const { bars } = check(ofDays(100, 101), { delaySeconds: 60 })
  expect([...bars.knownAt]).toEqual([101 * DAY + 60, 102 * DAY + 60])
})

test.each<[string, Partial<RawRow>, string]>([
  ['low above close', { low: 11.5 }, 'inconsistent'],
  ['low above open', { low: 10.5, close: 12 }, 'inconsistent'],
  ['high below close', { high: 10.5 }, 'inconsistent'],
  ['high below open', { open: 13 }, 'inconsistent'],
  ['no high', { high: Number.NaN }, 'missing_price'],
  ['no low', { low: Number.NaN }, 'missing_price'],
  ['no close', { close: Number.NaN }, 'missing_price'],
  ['infinite high', { high: Number.POSITIVE_INFINITY }, 'not_finite'],
  ['zero low', { low: 0 }, 'price_not_positive'],
  ['negative open', { open: -1 }, 'price_not_positive'],
  ['negative volume', { volume: -1 }, 'negative_volume'],
  ['infinite volume', { volume: Number.POSITIVE_INFINITY }, 'not_finite'],
])('a row with %s is rejected by name', (_name, fault, reason) => {
  const { bars, rejected } = check([{ day: 100 }, { day: 101, ...fault }, { day: 102 }])
  expect(days(bars.timestamp)).toEqual([100, 102])
  expect(rejected).toEqual([
    { row: 3, timestamp: 101 * DAY, reason, detail: expect.any(String) as string },
  ])
})

test.each<[string, Partial<RawRow>]>([
  ['zero volume', { volume: 0 }],
  ['no volume', { volume: Number.NaN }],
  ['no open', { open: Number.NaN }],
  ['one price all day', { open: 9, high: 9, low: 9, close: 9 }],
])('a row with %s is legal', (_name, values) => {
  expect(check([{ day: 100, ...values }]).rejected).toEqual([])
})

test('a row that could not be read is rejected with what was read of it', () => {
  const raw = rawBars(
    [{ day: 100 }, { day: Number.NaN }],
    [
      [0, 'close is no number: "x"'],
      [1, 'the time is missing'],
    ],
  )
  expect(checkBars(raw, { timeframeSeconds: DAY, now: NOW }).rejected).toEqual([
    { row: 2, timestamp: 100 * DAY, reason: 'unreadable', detail: 'close is no number: "x"' },
    { row: 3, timestamp: null, reason: 'unreadable', detail: 'the time is missing' },
  ])
})

test('a bar that has not closed by the clock is left out and named; on the second it closes it is in', () => {
  const rows = ofDays(19_998, 19_999, 20_000)
  const { bars, unfinished, rejected } = check(rows)
  expect(days(bars.timestamp)).toEqual([19_998, 19_999])
  expect(unfinished).toEqual([{ row: 4, timestamp: 20_000 * DAY }])
  expect(rejected).toEqual([])
  expect(days(check(rows, { now: NOW - 1 }).bars.timestamp)).toEqual([19_998])
})

test('bars at or after the given end are left out uncounted as faults', () => {
  const result = check([{ day: 100 }, { day: 101, low: 99 }, { day: 102 }], { before: 101 * DAY })
  expect(days(result.bars.timestamp)).toEqual([100])
  expect(result.later).toBe(2)
  expect(result.rejected).toEqual([])
})

test('a file that stands newest first is reversed', () => {
  const { bars, reversed, rejected } = check(ofDays(103, 102, 100))
  expect(days(bars.timestamp)).toEqual([100, 102, 103])
  expect({ reversed, rejected }).toEqual({ reversed: true, rejected: [] })
})

test.each<[string, number[], number[], [number, string][]]>([
  ['an older row at the end', [101, 102, 103, 100], [101, 102, 103], [[5, 'out_of_order']]],
  ['two rows that changed places', [100, 102, 101, 103], [100, 102, 103], [[4, 'out_of_order']]],
  ['one row far too late', [100, 900, 101, 102, 103], [100, 101, 102, 103], [[3, 'out_of_order']]],
  ['a repeated row', [100, 101, 101, 102], [100, 101, 102], [[4, 'duplicate']]],
  ['a repeated row, newest first', [102, 101, 101, 100], [100, 101, 102], [[4, 'duplicate']]],
  ['a row that is there again later', [101, 100, 101], [100, 101], [[2, 'duplicate']]],
])('the fewest rows are rejected for %s', (_name, list, kept, faults) => {
  const { bars, rejected } = check(ofDays(...list))
  expect(days(bars.timestamp)).toEqual(kept)
  expect(rejected.map(({ row, reason }) => [row, reason])).toEqual(faults)
})

test('rows that bring their own known_at are a history: any order, several of one day', () => {
  const { bars, rejected } = check([
    { day: 101, knownAt: 102 * DAY },
    { day: 100, knownAt: 105 * DAY, close: 10 },
    { day: 100, knownAt: 101 * DAY },
    { day: 100, knownAt: 101 * DAY },
  ])
  expect(days(bars.timestamp)).toEqual([100, 100, 101])
  expect(days(bars.knownAt)).toEqual([101, 105, 102])
  expect([...bars.close]).toEqual([11, 10, 11])
  expect(rejected).toMatchObject([{ row: 5, reason: 'duplicate' }])
})

test('a row known before its bar opened is rejected, one not known yet is left out', () => {
  const { bars, rejected, unfinished } = check([
    { day: 100, knownAt: 100 * DAY },
    { day: 101, knownAt: 102 * DAY },
    { day: 102, knownAt: NOW + 1 },
  ])
  expect(days(bars.timestamp)).toEqual([101])
  expect(rejected).toMatchObject([{ row: 2, reason: 'known_too_early' }])
  expect(unfinished).toEqual([{ row: 4, timestamp: 102 * DAY }])
})

test('bars that all fall on one day betray a wrong unit', () => {
  expect(() => check([{ day: 100 }, { day: 100.5 }])).toThrow('1970-04-11')
  expect(() => check([{ day: 0 }])).toThrow('1970-01-01')
  expect(check([{ day: 100 }]).bars.timestamp).toHaveLength(1)
  expect(
    check([{ day: 100 }, { day: 100.5 }], { timeframeSeconds: DAY / 2 }).bars.timestamp,
  ).toHaveLength(2)
})

test('two bars of one UTC day betray an intraday file, and the rows are named', () => {
  expect(() => check(ofDays(100, 100 + 1 / 24, 101, 102))).toThrow(
    'rows 2 and 3 are two bars of 1970-04-11 (UTC)',
  )
  expect(() => check(ofDays(102, 101.5, 101))).toThrow('rows 3 and 4 are two bars of 1970-04-12')
  const history = [
    { day: 100.5, knownAt: 102 * DAY },
    { day: 100, knownAt: 102 * DAY },
  ]
  expect(() => check([...history, { day: 101, knownAt: 103 * DAY }])).toThrow('1970-04-11')
})

test('days that do not begin at midnight UTC are days all the same', () => {
  const shifted = [100, 101, 102, 103].map((day) => day - 5 / 24)
  expect(check(ofDays(...shifted)).bars.timestamp).toHaveLength(4)
  const summer = [100 + 4 / 24, 101 + 4 / 24, 102 + 5 / 24]
  expect(check(ofDays(...summer)).rejected).toEqual([])
  const london = [100, 101, 101 + 23 / 24, 102 + 23 / 24]
  expect(check(ofDays(...london)).bars.timestamp).toHaveLength(4)
})

test('whatever the rows are: each is accounted for once, and what is kept is in order', () => {
  const row = fc.record({
    day: fc.integer({ min: 90, max: 110 }),
    close: fc.constantFrom(11, 11, 11, 50, Number.NaN),
  })
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 30 }),
      fc.integer({ min: 95, max: 120 }),
      (rows, today) => {
        fc.pre(new Set(rows.map(({ day }) => day)).size > 1)
        const { bars, rejected, unfinished, later } = check(rows, {
          now: today * DAY,
          before: 108 * DAY,
        })
        expect(bars.timestamp.length + rejected.length + unfinished.length + later).toBe(
          rows.length,
        )
        const kept = [...bars.timestamp]
        expect(kept).toEqual([...new Set(kept)].toSorted((a, b) => a - b))
        const named = rejected.map((one) => one.row)
        expect(named).toEqual(named.toSorted((a, b) => a - b))
      },
    ),
  )
})

test('no ascending choice of rows is longer than the one that is kept', () => {
  const longest = (values: number[]): number => {
    const best = values.map(() => 1)
    for (let at = 0; at < values.length; at += 1) {
      for (let to = 0; to < at; to += 1) {
        if (values[to]! < values[at]!) best[at] = Math.max(best[at]!, best[to]! + 1)
      }
    }
    return Math.max(0, ...best)
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 }), (values) => {
      const kept = longestAscending(values)
      expect(kept).toHaveLength(longest(values))
      for (const [position, at] of kept.entries()) {
        const next = kept[position + 1]
        if (next !== undefined)
          expect([at < next, values[at]! < values[next]!]).toEqual([true, true])
      }
    }),
  )
})
