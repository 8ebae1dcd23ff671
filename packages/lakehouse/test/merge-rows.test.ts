import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Columns,
  concatRows,
  mergeRows,
  type MergeOptions,
  rowCount,
  sortRows,
  type TableSchema,
} from '../src/index.ts'
import { bar, type Bar, BARS, barsOf, latestView, linesOf } from './bars.ts'

const NOTHING: Columns = barsOf([])
const NOW = 500

function merge(held: Columns, bars: readonly Bar[], options: MergeOptions = { now: NOW }) {
  return mergeRows(BARS, held, sortRows(barsOf(bars), 'timestamp'), options)
}

/** Merges, and gives what the table then holds. */
function upsert(held: Columns, bars: readonly Bar[], options: MergeOptions = { now: NOW }) {
  const { rows } = merge(held, bars, options)
  return sortRows(rowCount(held) === 0 ? rows : concatRows([held, rows]), 'timestamp')
}

test('a row of a key that is not held is added with its own known_at', () => {
  const { rows, perSymbol } = merge(NOTHING, [bar('A', 10, 1, 11)])
  expect(linesOf(rows)).toEqual(['A 10 11 1'])
  expect(perSymbol.get('A')).toEqual({ added: 1, restated: 0, unchanged: 0 })
})

test('a row with the values that are held is unchanged, whatever its run_id', () => {
  const held = upsert(NOTHING, [{ ...bar('A', 10, 1, 11), run_id: 'first' }])
  const { rows, perSymbol } = merge(held, [{ ...bar('A', 10, 1, 11), run_id: 'second' }])
  expect(rowCount(rows)).toBe(0)
  expect(perSymbol.get('A')).toEqual({ added: 0, restated: 0, unchanged: 1 })
})

test('no value is equal to no value, and differs from any value', () => {
  const held = upsert(NOTHING, [{ ...bar('A', 10, 1, 11), volume: null }])
  expect(rowCount(merge(held, [{ ...bar('A', 10, 1, 11), volume: null }]).rows)).toBe(0)
  expect(rowCount(merge(held, [{ ...bar('A', 10, 1, 11), volume: 0 }]).rows)).toBe(1)
})

test('a changed row of a file read again is known since restatedAt', () => {
  const held = upsert(NOTHING, [bar('A', 10, 1, 11)])
  const restated = upsert(held, [bar('A', 10, 2, 11)], { now: NOW, restatedAt: 300 })
  expect(linesOf(restated)).toEqual(['A 10 11 1', 'A 10 300 2'])
})

test('two corrections within one second get two times', () => {
  const options = { now: NOW, restatedAt: 300 }
  const held = upsert(
    upsert(upsert(NOTHING, [bar('A', 10, 1, 11)], options), [bar('A', 10, 2, 11)], options),
    [bar('A', 10, 3, 11)],
    options,
  )
  expect(linesOf(held)).toEqual(['A 10 11 1', 'A 10 300 2', 'A 10 301 3'])
})

test('a correction taken back is a third row', () => {
  let held = upsert(NOTHING, [bar('A', 10, 1, 11)], { now: NOW, restatedAt: 100 })
  held = upsert(held, [bar('A', 10, 2, 11)], { now: NOW, restatedAt: 200 })
  held = upsert(held, [bar('A', 10, 1, 11)], { now: NOW, restatedAt: 300 })
  expect(linesOf(held)).toEqual(['A 10 11 1', 'A 10 200 2', 'A 10 300 1'])
})

test('a row with a later known_at of its own and other values is a second row', () => {
  const held = upsert(NOTHING, [bar('A', 10, 1, 11)])
  expect(linesOf(upsert(held, [bar('A', 10, 2, 20)]))).toEqual(['A 10 11 1', 'A 10 20 2'])
  expect(linesOf(upsert(held, [bar('A', 10, 1, 20)])), 'the same values say nothing new').toEqual([
    'A 10 11 1',
  ])
})

test('a row that contradicts one of the same known_at is known since now', () => {
  const held = upsert(NOTHING, [bar('A', 10, 1, 11)])
  const restated = upsert(held, [bar('A', 10, 2, 11)])
  expect(linesOf(restated)).toEqual(['A 10 11 1', `A 10 ${NOW} 2`])
  expect(linesOf(upsert(restated, [bar('A', 10, 2, 11)], { now: 900 }))).toEqual(linesOf(restated))
})

test('a history whose every epoch was recomputed is written once, not at each repetition', () => {
  const held = upsert(NOTHING, [bar('A', 10, 1, 11), bar('A', 10, 2, 20)])
  const recomputed = [bar('A', 10, 8, 11), bar('A', 10, 9, 20)]
  const once = upsert(held, recomputed)
  expect(latestView(once).get('A 10')).toBe(9)
  expect(linesOf(upsert(once, recomputed, { now: 900 }))).toEqual(linesOf(once))
})

test('the same row twice in one import counts once', () => {
  const { rows, perSymbol } = merge(NOTHING, [bar('A', 10, 1, 11), bar('A', 10, 1, 11)])
  expect(linesOf(rows)).toEqual(['A 10 11 1'])
  expect(perSymbol.get('A')).toEqual({ added: 1, restated: 0, unchanged: 1 })
})

test('two values for one key and one known_at in one import are refused, in either order', () => {
  const held = upsert(NOTHING, [bar('A', 10, 1, 11)])
  for (const bars of [
    [bar('A', 10, 1, 11), bar('A', 10, 2, 11)],
    [bar('A', 10, 2, 11), bar('A', 10, 1, 11)],
  ]) {
    for (const before of [NOTHING, held]) {
      expect(() => merge(before, bars)).toThrow(
        expect.objectContaining({
          code: 'invalid_input',
          message: expect.stringContaining('A at'),
        }),
      )
    }
  }
})

test('a file read again may hold one row a key only', () => {
  expect(() =>
    merge(NOTHING, [bar('A', 10, 1, 11), bar('A', 10, 2, 12)], { now: NOW, restatedAt: NOW }),
  ).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('a row without a time or a known_at is refused', () => {
  for (const broken of [bar('A', Number.NaN, 1, 11), bar('A', 10, 1, Number.NaN)]) {
    expect(() => merge(NOTHING, [broken])).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('A') }),
    )
  }
})

test('a held row without a time, as other engines may write it, hides no other row', () => {
  const held = barsOf([bar('A', Number.NaN, 5, 11), bar('A', 10, 1, 11)])
  expect(rowCount(merge(held, [bar('A', 10, 1, 11)]).rows)).toBe(0)
})

test('onlyNewSymbols leaves out whatever is held of a symbol', () => {
  const held = upsert(NOTHING, [bar('B', 10, 1)])
  const bars = [bar('A', 10, 1), bar('B', 5, 1), bar('B', 20, 9), bar('C', 1, 1)]
  const { rows, perSymbol } = merge(held, bars, { now: NOW, onlyNewSymbols: true })
  expect(linesOf(rows, ['symbol', 'timestamp'])).toEqual(['A 10', 'C 1'])
  expect(perSymbol.get('B')).toEqual({ added: 0, restated: 0, unchanged: 2 })
})

test('source is part of the key where a table has it', () => {
  const schema: TableSchema = {
    columns: [
      { name: 'symbol', type: 'string', nullable: false },
      { name: 'timestamp', type: 'long', nullable: false },
      { name: 'known_at', type: 'long', nullable: false },
      { name: 'source', type: 'string', nullable: false },
      { name: 'rsi', type: 'double', nullable: true },
    ],
    time: 'timestamp',
    key: ['symbol', 'timestamp', 'source'],
  }
  const rows = (source: string, rsi: number): Columns => ({
    symbol: ['A'],
    timestamp: Float64Array.of(10),
    known_at: Float64Array.of(11),
    source: [source],
    rsi: Float64Array.of(rsi),
  })
  const held = mergeRows(schema, {}, rows('computed', 1), { now: NOW }).rows
  const second = mergeRows(schema, held, rows('retrieved', 2), { now: NOW })
  expect(linesOf(second.rows, ['known_at', 'source', 'rsi'])).toEqual(['11 retrieved 2'])
  expect(second.perSymbol.get('A')).toEqual({ added: 1, restated: 0, unchanged: 0 })
})

// Few values, so that keys, times and values collide often.
const anyBar = fc.record({
  symbol: fc.constantFrom('A', 'B', '\u{1F600}', '\uFFFD'),
  timestamp: fc.constantFrom(10, 20, 30),
  known_at: fc.constantFrom(40, 50, 60),
  close: fc.constantFrom(1, 2, 3, -0),
})
// One row a key and known_at, as an import must have it.
const anyImport = fc.uniqueArray(anyBar, {
  maxLength: 12,
  selector: ({ symbol, timestamp, known_at }) => `${symbol} ${timestamp} ${known_at}`,
})
// One row a key, as a file of bars has it.
const anyFile = fc.uniqueArray(anyBar, {
  maxLength: 12,
  selector: ({ symbol, timestamp }) => `${symbol} ${timestamp}`,
})
const history = (imports: readonly (readonly Bar[])[], file: boolean): Columns => {
  let held = NOTHING
  imports.forEach((bars, i) => {
    // Before, between and after the times that rows bring.
    const now = 42 + 6 * i
    held = upsert(held, bars, { now, ...(file && { restatedAt: now }) })
  })
  return held
}
const keysOf = (rows: Columns) => linesOf(rows, ['symbol', 'timestamp', 'known_at'])

test('law: no key and known_at twice, and no row ever disappears', () => {
  fc.assert(
    fc.property(fc.array(anyImport, { maxLength: 5 }), fc.boolean(), (imports, file) => {
      const usable = file ? imports.map(onePerKey) : imports
      let before: string[] = []
      for (let count = 1; count <= usable.length; count++) {
        const held = history(usable.slice(0, count), file)
        const keys = keysOf(held)
        expect(new Set(keys).size).toBe(keys.length)
        const lines = linesOf(held)
        expect(lines).toEqual(expect.arrayContaining(before))
        before = lines
      }
    }),
  )
})

function onePerKey(bars: readonly Bar[]): Bar[] {
  return [...new Map(bars.map((row) => [`${row.symbol} ${row.timestamp}`, row])).values()]
}

test('law: an import made twice changes nothing the second time', () => {
  fc.assert(
    fc.property(fc.array(anyImport, { maxLength: 4 }), anyImport, (imports, last) => {
      const once = history([...imports, last], false)
      expect(linesOf(upsert(once, last, { now: 900 }))).toEqual(linesOf(once))
    }),
  )
  fc.assert(
    fc.property(fc.array(anyFile, { maxLength: 4 }), anyFile, (imports, last) => {
      const once = history([...imports, last], true)
      expect(linesOf(upsert(once, last, { now: 900, restatedAt: 900 }))).toEqual(linesOf(once))
    }),
  )
})

test('law: after a file is read, the latest view of its bars is the file, and of others what it was', () => {
  fc.assert(
    fc.property(fc.array(anyFile, { minLength: 1, maxLength: 5 }), (files) => {
      const model = new Map<string, number>()
      for (const bars of files) {
        // -0 and 0 are one value: a changed sign of zero is no correction.
        for (const { symbol, timestamp, close } of bars) {
          const key = `${symbol} ${timestamp}`
          if (model.get(key) !== close) model.set(key, close)
        }
      }
      expect(latestView(history(files, true))).toEqual(model)
    }),
  )
})

test('law: as of any time, rows that brought their own known_at say what the imports said', () => {
  fc.assert(
    fc.property(anyImport, (bars) => {
      const held = history([bars], false)
      for (const asOf of [39, 40, 50, 60]) {
        const known = (rows: readonly Bar[]) =>
          latestView(barsOf(rows.filter(({ known_at }) => known_at <= asOf)))
        const asRows = Array.from({ length: rowCount(held) }, (_, row) => rowOf(held, row))
        expect(new Set(known(asRows).keys())).toEqual(new Set(known(bars).keys()))
        for (const [key, close] of known(bars)) expect(known(asRows).get(key)! + 0).toBe(close + 0)
      }
    }),
  )
})

function rowOf(rows: Columns, row: number): Bar {
  return Object.fromEntries(
    Object.entries(rows).map(([name, column]) => [name, column[row]]),
  ) as unknown as Bar
}

test('law: the order of rows does not matter, nor does cutting a file in two', () => {
  fc.assert(
    fc.property(
      fc.array(anyFile, { maxLength: 3 }),
      anyFile,
      fc.nat({ max: 12 }),
      (imports, bars, cut) => {
        const held = history(imports, true)
        const options = { now: 800, restatedAt: 800 }
        const whole = upsert(held, bars, options)
        expect(linesOf(upsert(held, bars.toReversed(), options))).toEqual(linesOf(whole))
        const halves = upsert(upsert(held, bars.slice(0, cut), options), bars.slice(cut), options)
        expect(linesOf(halves)).toEqual(linesOf(whole))
      },
    ),
  )
})
