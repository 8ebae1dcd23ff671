import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AddFile, compareCodePoints, cutSymbols } from '../src/index.ts'

const file = (min?: string, max?: string): AddFile => ({
  path: `${min}.parquet`,
  partitionValues: {},
  size: 1,
  modificationTime: 0,
  dataChange: true,
  ...(min !== undefined && {
    stats: JSON.stringify({ minValues: { symbol: min }, maxValues: { symbol: max } }),
  }),
})
const groupsOf = (symbols: string[], files: AddFile[], most: number) =>
  cutSymbols(symbols, files, most).map(({ first, end }) => symbols.slice(first, end).join(''))

test('groups follow the borders of files that do not overlap', () => {
  const files = [file('E', 'H'), file('A', 'C'), file('I', 'Z')]
  expect(groupsOf('ABCDEFGHIJK'.split(''), files, 64)).toEqual(['ABCD', 'EFGH', 'IJK'])
  expect(groupsOf('BGK'.split(''), files, 64)).toEqual(['B', 'G', 'K'])
  expect(groupsOf('ABCDEFGHIJK'.split(''), files, 3)).toEqual(['ABC', 'D', 'EFG', 'H', 'IJK'])
})

test('where files overlap, or one has no bounds, groups are as large as they may be', () => {
  const symbols = 'ABCDE'.split('')
  expect(groupsOf(symbols, [file('A', 'C'), file('C', 'E')], 3)).toEqual(['ABC', 'DE'])
  expect(groupsOf(symbols, [file('A', 'B'), file()], 3)).toEqual(['ABC', 'DE'])
  expect(groupsOf(symbols, [], 3)).toEqual(['ABC', 'DE'])
})

test('every symbol is in one group, in order, whatever the files', () => {
  const name = fc.string({ maxLength: 3, unit: fc.constantFrom('A', 'B', 'C', 'é', '😀') })
  fc.assert(
    fc.property(
      fc.uniqueArray(name),
      fc.array(fc.tuple(name, name)),
      fc.integer({ min: 1, max: 5 }),
      (names, bounds, most) => {
        const symbols = names.toSorted(compareCodePoints)
        const groups = cutSymbols(
          symbols,
          bounds.map(([min, max]) => file(min, max)),
          most,
        )
        expect(groups.flatMap(({ first, end }) => symbols.slice(first, end))).toEqual(symbols)
        expect(groups.every(({ first, end }) => end > first && end - first <= most)).toBe(true)
      },
    ),
  )
})
