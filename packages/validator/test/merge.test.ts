import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  mergeReports,
  validate,
  type Column,
  type Policy,
  type Table,
  type ValidationInput,
} from '../src/index.ts'
import { changed, draftClean, toInput, type Draft, type Row } from './clean-input.ts'
import { stable } from './findings.ts'

const SYMBOLS = ['BINANCE:A', 'BINANCE:B', 'BYBIT:C', 'NASDAQ:D', 'NYSE:E', 'bad', '7']
const POLICIES: readonly (Policy | 'strict' | 'research' | 'compat')[] = [
  'strict',
  'research',
  'compat',
  { id: 'short', version: 1, sample_limit: 3, sample_total: 7 },
  { id: 'none', version: 1, sample_limit: 0 },
]

/** Keeps the rows of a table whose symbol is in one part; the columns stay. */
function restrict(table: Table, isKept: (symbol: string | null) => boolean): Table {
  const symbols = table.columns.find(({ name }) => name === 'symbol')!.values as (string | null)[]
  const rows = symbols.flatMap((symbol, row) => (isKept(symbol) ? [row] : []))
  const columns = table.columns.map((column): Column => {
    const { values } = column
    return values instanceof Float64Array
      ? { ...column, values: Float64Array.from(rows, (row) => values[row]!) }
      : { ...column, values: rows.map((row) => values[row]!) }
  })
  return { ...table, columns }
}

function restrictInput(
  input: ValidationInput,
  isKept: (symbol: string | null) => boolean,
): ValidationInput {
  const tables = Object.fromEntries(
    Object.entries(input.tables).map(([role, table]) => [role, restrict(table!, isKept)]),
  )
  return { ...input, tables }
}

// Anything that can be wrong with a cell, aimed at few cells, so that checks of all kinds find something.
const damage = fc.record({
  table: fc.constantFrom('bars', 'local', 'snapshot'),
  row: fc.nat(),
  column: fc.nat(),
  value: fc.constantFrom<Row[string]>(null, -5, 0, 1e12, Infinity, -Infinity, 0.5, 1_700_000_000),
  copy: fc.boolean(),
  unnamed: fc.boolean(),
})
const damagedInput = fc
  .record({
    symbols: fc.uniqueArray(fc.constantFrom(...SYMBOLS), { minLength: 1 }),
    days: fc.integer({ min: 1, max: 12 }),
    damages: fc.array(damage, { maxLength: 25 }),
    order: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
    formula: fc.constantFrom('institutional', 'tradingview', 'homemade'),
    baseline: fc.boolean(),
    undeclared: fc.boolean(),
  })
  .map(({ symbols, days, damages, order, formula, baseline, undeclared }) => {
    const draft: Draft = draftClean(symbols, days)
    draft.meta = { 'fs.formula': formula }
    for (const { table, row, column, value, copy, unnamed } of damages) {
      const rows = draft[table]
      const target = rows[row % rows.length]!
      const names = Object.keys(target).filter((name) => typeof target[name] === 'number')
      if (copy) rows.push({ ...target })
      if (names.length > 0) target[names[column % names.length]!] = value
      if (unnamed) rows.push({ ...target, symbol: null })
    }
    for (const rows of [draft.bars, draft.local]) scramble(rows, order)
    const input = toInput(draft, days)
    const { rsi: _, ...fewer } = input.catalogue
    return {
      ...input,
      ...(undeclared && { catalogue: fewer }),
      digests: [
        { name: 'bars', expected: 'aa', actual: days % 2 === 0 ? 'aa' : 'bb' },
        { name: 'local', expected: 'cc', actual: 'cc' },
      ],
      tables: {
        ...input.tables,
        ...(baseline && { previous_local: { ...input.tables.local!, meta: {} } }),
      },
    }
  })

// Moves rows about by swaps that the given numbers name.
function scramble(rows: Row[], order: readonly number[]): void {
  for (const [index, number] of order.entries()) {
    const [from, to] = [index % rows.length, number % rows.length]
    ;[rows[from], rows[to]] = [rows[to]!, rows[from]!]
  }
}

test('any partition of the symbols merges into the bytes of the whole report', () => {
  fc.assert(
    fc.property(
      damagedInput,
      fc.constantFrom(...POLICIES),
      fc.array(fc.nat({ max: 3 }), {
        minLength: SYMBOLS.length + 1,
        maxLength: SYMBOLS.length + 1,
      }),
      fc.boolean(),
      (input, policy, partOf, reversed) => {
        const part = (symbol: string | null): number =>
          partOf[symbol === null ? SYMBOLS.length : SYMBOLS.indexOf(symbol)]!
        const reports = [0, 1, 2, 3].map((number) =>
          validate(
            restrictInput(input, (symbol) => part(symbol) === number),
            policy,
          ),
        )
        if (reversed) reports.reverse()
        // Reports travel between threads and files: only what JSON keeps may matter.
        const travelled = JSON.parse(JSON.stringify(reports)) as typeof reports
        expect(stable(mergeReports(travelled, policy))).toBe(stable(validate(input, policy)))
      },
    ),
    { numRuns: 300 },
  )
})

test('the order in which symbols come does not change a byte of the report', () => {
  fc.assert(
    fc.property(
      damagedInput,
      fc.shuffledSubarray(SYMBOLS, { minLength: SYMBOLS.length }),
      (input, order) => {
        const parts = [...order, null].map((symbol) =>
          restrictInput(input, (each) => each === symbol),
        )
        const tables = Object.fromEntries(
          Object.entries(input.tables).map(([role, table]) => [
            role,
            concatenate(
              table!,
              parts.map((part) => part.tables[role as 'bars']!),
            ),
          ]),
        )
        expect(stable(validate({ ...input, tables }, 'strict'))).toBe(
          stable(validate(input, 'strict')),
        )
      },
    ),
    { numRuns: 100 },
  )
})

function concatenate(table: Table, parts: readonly Table[]): Table {
  return {
    ...table,
    columns: table.columns.map((column, index): Column => {
      const values = parts.flatMap((part) => [...part.columns[index]!.values])
      return column.values instanceof Float64Array
        ? { ...column, values: Float64Array.from(values as number[]) }
        : { ...column, values: values as (string | null)[] }
    }),
  }
}

test('timing adds up when every part was timed', () => {
  let now = 0
  const input = { ...changed(() => {}), clock: () => (now += 1) }
  const halves = [true, false].map((isFirst) =>
    validate(
      restrictInput(input, (symbol) => symbol!.startsWith('BINANCE') === isFirst),
      'strict',
    ),
  )
  expect(halves[0]!.timing!['KEY-01']).toBe(1)
  expect(mergeReports(halves, 'strict').timing!['KEY-01']).toBe(2)
})

test('reports that do not belong together are refused', () => {
  const input = changed(() => {})
  const report = validate(input, 'strict')
  const refused = (other: typeof report, message: RegExp): void =>
    expect(() => mergeReports([report, other], 'strict')).toThrow(message)
  expect(() => mergeReports([], 'strict')).toThrow('reports must not be empty')
  refused(report, /^two reports judge the symbol BINANCE:AUSDT$/)
  refused(validate(input, 'research'), /^the report was made with another policy, research$/)
  refused(validate({ ...input, as_of: input.as_of + 1 }, 'strict'), /^reports differ in as_of/)
  refused(validate({ ...input, catalogue: {} }, 'strict'), /^reports differ in validator/)
  const { snapshot: _, ...fewer } = input.tables
  refused(validate({ ...input, tables: fewer }, 'strict'), /^reports differ in tables/)
})
