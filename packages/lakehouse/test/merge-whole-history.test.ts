import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Columns,
  concatRows,
  mergeRows,
  numbers,
  rowCount,
  sortRows,
  type TableSchema,
  texts,
} from '../src/index.ts'

const SCHEMA: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    { name: 'source', type: 'string', nullable: false },
    { name: 'rating', type: 'double', nullable: true },
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp', 'source'],
}
const NOW = 500

type Row = readonly [timestamp: number, knownAt: number, rating: number, source?: string]

function rowsOf(rows: readonly Row[]): Columns {
  return sortRows(
    {
      symbol: rows.map(() => 'A'),
      timestamp: Float64Array.from(rows, ([timestamp]) => timestamp),
      known_at: Float64Array.from(rows, ([, knownAt]) => knownAt),
      source: rows.map(([, , , source]) => source ?? 'computed'),
      rating: Float64Array.from(rows, ([, , rating]) => rating),
    },
    'timestamp',
  )
}

function upsert(held: Columns, incoming: readonly Row[]): Columns {
  const { rows } = mergeRows(SCHEMA, held, rowsOf(incoming), {
    now: NOW,
    wholeHistoryOf: 'computed',
  })
  return rowCount(rows) === 0 ? held : sortRows(concatRows([held, rows]), 'timestamp')
}

function lines(rows: Columns): string[] {
  const [time, knownAt, rating] = ['timestamp', 'known_at', 'rating'].map((name) =>
    numbers(rows, name),
  )
  return texts(rows, 'source').map(
    (source, i) => `${time![i]} ${knownAt![i]} ${rating![i]}${source === 'computed' ? '' : ' v'}`,
  )
}

test('the last of a whole history stays the last, also when an earlier one contradicts the table', () => {
  const held = upsert(rowsOf([]), [[10, 100, 1]])
  const incoming: Row[] = [
    [10, 100, 2],
    [10, 300, 3],
  ]
  expect(lines(upsert(held, incoming))).toEqual(['10 100 1', '10 300 3'])
})

test('a value computed anew over what was known later is known since now', () => {
  const held = rowsOf([
    [10, 100, 1],
    [10, 200, 2],
  ])
  expect(lines(upsert(held, [[10, 100, 1]]))).toEqual(['10 100 1', '10 200 2', '10 500 1'])
})

test('another source is no whole history: an older retrieval changes nothing', () => {
  const held = rowsOf([
    [10, 100, 1, 'retrieved'],
    [10, 200, 2, 'retrieved'],
  ])
  expect(rowCount(upsert(held, [[10, 100, 1, 'retrieved']]))).toBe(2)
})

test('zeros of both signs are two values', () => {
  expect(lines(upsert(rowsOf([[10, 100, 0]]), [[10, 100, -0]]))).toHaveLength(2)
})

// Values 1 to 3 at known times 1 to 6 of bars 1 to 3: small enough for every collision to happen.
const history = fc
  .uniqueArray(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
    ),
    { selector: ([timestamp, knownAt]) => `${timestamp} ${knownAt}`, maxLength: 10 },
  )
  .map((rows): Row[] => rows)

function last(rows: Columns): Map<number, number> {
  const rating = numbers(rows, 'rating')
  // Sorted by known_at within a time: the last one stays.
  return new Map([...numbers(rows, 'timestamp')].map((time, i) => [time, rating[i]!]))
}

test('after a whole history its last values are the last known, earlier rows remain, and again nothing changes', () => {
  fc.assert(
    fc.property(fc.array(history, { maxLength: 3 }), history, (before, incoming) => {
      const held = before.reduce(upsert, rowsOf([]))
      const merged = upsert(held, incoming)
      for (const [time, rating] of last(rowsOf(incoming))) {
        expect(last(merged).get(time), `the last value at ${time}`).toBe(rating)
      }
      expect(lines(merged)).toEqual(expect.arrayContaining(lines(held)))
      expect(upsert(merged, incoming)).toBe(merged)
      const keys = lines(merged).map((line) => line.split(' ').slice(0, 2).join(' '))
      expect(new Set(keys).size, 'keys are unique').toBe(keys.length)
    }),
  )
})
