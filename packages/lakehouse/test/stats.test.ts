import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareCodePoints, fileStats, formatStats, mayHoldSymbols } from '../src/index.ts'
import { makeAdd } from './delta-table.ts'

const word = fc.string({
  unit: fc.constantFrom('A', 'B', ':', '\uffee', '\u{1f600}'),
  maxLength: 5,
})

test('compareCodePoints orders as UTF-8 bytes do', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(
        Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
      )
    }),
  )
  expect(
    compareCodePoints('\uffee', '\u{1f600}'),
    'where < of JavaScript says otherwise',
  ).toBeLessThan(0)
})

test('a file is never pruned while it holds one of the symbols, also when its maximum was cut short', () => {
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 8 }),
      fc.array(word, { minLength: 1, maxLength: 5 }),
      fc.nat({ max: 5 }),
      (rows, symbols, kept) => {
        const sorted = rows.toSorted(compareCodePoints)
        const cut = (value: string): string => Array.from(value).slice(0, kept).join('')
        const file = makeAdd('f', cut(sorted[0]!), cut(sorted.at(-1)!))
        const may = mayHoldSymbols(file, symbols.toSorted(compareCodePoints))
        if (symbols.some((symbol) => rows.includes(symbol))) expect(may).toBe(true)
      },
    ),
  )
})

test('a file outside the range is pruned', () => {
  const file = makeAdd('f', 'BINANCE:BTCUSDT', 'BINANCE:ETH')
  const held = (...symbols: readonly string[]): boolean => mayHoldSymbols(file, symbols)
  expect(held('BINANCE:ADAUSDT', 'BINANCE:SOLUSDT', 'NYSE:IBM')).toBe(false)
  expect(held('BINANCE:ADAUSDT', 'BINANCE:BTCUSDT')).toBe(true)
  expect(held('BINANCE:ETHUSDT'), 'the maximum may be a prefix').toBe(true)
  expect(held()).toBe(false)
})

test('a file without usable statistics may hold anything', () => {
  const { stats: _, ...bare } = makeAdd('f')
  for (const stats of ['', '{', '[]', 'null', '{}', '{"minValues":{"symbol":7},"maxValues":[]}']) {
    expect(mayHoldSymbols({ ...bare, stats }, ['X']), stats).toBe(true)
  }
  expect(mayHoldSymbols(bare, ['X'])).toBe(true)
})

test('the symbol of a partition is exact', () => {
  const file = { ...makeAdd('f', 'A', 'Z'), partitionValues: { symbol: 'M' } }
  expect([['M'], ['L'], ['MM']].map((symbols) => mayHoldSymbols(file, symbols))).toEqual([
    true,
    false,
    false,
  ])
  expect(mayHoldSymbols({ ...file, partitionValues: { symbol: null } }, ['M'])).toBe(false)
})

test('statistics written are read back, without what JSON cannot hold', () => {
  const text = formatStats({
    numRecords: 3,
    minValues: { symbol: 'A', close: Number.NaN, open: 1, high: 1 },
    maxValues: { symbol: 'B', close: 2, open: Number.POSITIVE_INFINITY, high: 2 },
    nullCount: { close: 1 },
  })
  expect(fileStats({ ...makeAdd('f'), stats: text })).toEqual({
    numRecords: 3,
    minValues: { symbol: 'A', high: 1 },
    maxValues: { symbol: 'B', high: 2 },
    nullCount: { close: 1 },
  })
})
