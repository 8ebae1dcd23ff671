import { expect, test } from 'vitest'
import { validate, type Report, type ValidationInput } from '../src/index.ts'
import { changed, type Draft } from './clean-input.ts'
import { findings, resultOf } from './findings.ts'

function judge(change: (draft: Draft) => void): Report {
  return validate(changed(change), 'strict')
}

/** Checks of error severity that claim a pass on a table. */
function passes(report: Report, table: string): string[] {
  return report.results
    .filter(
      (result) => result.table === table && result.status === 'pass' && result.severity === 'E',
    )
    .map(({ id }) => id)
}

test('no tables at all fail', () => {
  const input: ValidationInput = { ...changed(() => {}), tables: {} }
  const report = validate(input, 'strict')
  expect(report.status).toBe('failed')
  expect(findings(report)).toEqual({ 'INPUT-01 input': 2 })
})

test('tables without rows fail, and no check of values claims a pass', () => {
  const report = judge((draft) => {
    draft.bars = []
    draft.local = []
  })
  expect(report.status).toBe('failed')
  expect(resultOf(report, 'INPUT-01', 'input').groups.map(({ column }) => column)).toEqual([
    'bars rows',
    'bars symbols',
    'local rows',
    'local symbols',
  ])
  expect(passes(report, 'local')).toEqual(['SCHEMA-01'])
  expect(passes(report, 'bars')).toEqual(['SCHEMA-01'])
})

test('tables without columns fail', () => {
  const input = changed(() => {})
  const empty = { name: 'empty', columns: [] }
  const report = validate({ ...input, tables: { bars: empty, local: empty } }, 'strict')
  expect(report.status).toBe('failed')
  expect(resultOf(report, 'SCHEMA-01', 'bars').counts.unexpected).toBe(8)
  expect(resultOf(report, 'SCHEMA-01', 'local').counts.unexpected).toBe(5)
  expect(resultOf(report, 'PIT-02', 'bars').message).toBe('no usable column timestamp, known_at')
  expect(passes(report, 'local')).toEqual([])
})

test('rows without a symbol fail', () => {
  const report = judge(({ bars, local }) => {
    for (const row of [...bars, ...local]) row['symbol'] = null
  })
  expect(resultOf(report, 'INPUT-01', 'input').counts.unexpected).toBe(2)
  expect(resultOf(report, 'KEY-01', 'bars').counts).toMatchObject({
    evaluated: 120,
    unexpected: 120,
  })
  expect(passes(report, 'local')).toEqual(['SCHEMA-01', 'SCHEMA-02'])
  expect(report.symbols['BINANCE:AUSDT']).toBe('healthy')
})

test('rows without a timestamp fail', () => {
  const report = judge(({ bars, local }) => {
    for (const row of [...bars, ...local]) row['timestamp'] = null
  })
  expect(resultOf(report, 'KEY-01', 'bars').counts.unexpected).toBe(120)
  expect(resultOf(report, 'RANGE-01', 'bars').status).toBe('inconclusive')
  expect(resultOf(report, 'NULL-01', 'local').status).toBe('inconclusive')
})

test('features of nothing but missing values fail', () => {
  const report = judge(({ local }) => {
    for (const row of local) {
      for (const name of ['recommend_ma', 'recommend_other', 'recommend_all', 'rsi_1d']) {
        row[name] = null
      }
    }
  })
  expect(findings(report)).toEqual({
    'RANGE-01 local': 'inconclusive',
    'RANGE-02 local': 'inconclusive',
    'NULL-01 local': 16,
    'NULL-03 local': 16,
    'FRESH-01 local': 16,
  })
  expect(resultOf(report, 'FRESH-01', 'local').observed).toBe('Infinity')
})

test('features and bars that do not overlap fail', () => {
  const report = judge(({ local }) => {
    for (const row of local) {
      row['timestamp'] = Number(row['timestamp']) - 1_000 * 86_400
    }
  })
  expect(findings(report)).toEqual({
    'NULL-01 local': 16,
    'NULL-03 local': 16,
    'FRESH-01 local': 16,
  })
})

test('a moment that is none fails, and nothing counts as known by then', () => {
  const report = validate({ ...changed(() => {}), as_of: Number.NaN }, 'strict')
  expect(report.as_of).toBe('NaN')
  expect(resultOf(report, 'INPUT-01', 'input').failures.sample[0]).toMatchObject({
    column: 'as_of',
    value: 'NaN',
  })
  expect(resultOf(report, 'RANGE-01', 'bars').status).toBe('inconclusive')
  expect(report.status).toBe('failed')
})

test('one row a table is too little for a verdict on series, and says so', () => {
  const report = judge((draft) => {
    draft.bars = draft.bars.slice(0, 1)
    draft.local = draft.local.slice(0, 1)
  })
  expect(findings(report)).toEqual({
    'RANGE-01 local': 'inconclusive',
    'RANGE-02 local': 'inconclusive',
    'NULL-01 local': 'inconclusive',
    'NULL-03 local': 'inconclusive',
    'FRESH-01 local': 'inconclusive',
  })
  expect(report.status).toBe('failed')
})

test('a byte of 0 in valid is a missing value, whatever lies beneath', () => {
  const input = changed(() => {})
  const { bars } = input.tables
  const columns = bars!.columns.map((column) =>
    column.name === 'known_at' || column.name === 'symbol'
      ? { ...column, valid: new Uint8Array(120).fill(1).fill(0, 118) }
      : column,
  )
  const report = validate(
    { ...input, tables: { ...input.tables, bars: { ...bars!, columns } } },
    'strict',
  )
  expect(resultOf(report, 'KEY-01', 'bars').counts.unexpected).toBe(2)
  expect(resultOf(report, 'SCHEMA-02', 'bars').counts).toMatchObject({ missing: 4, unexpected: 0 })
})
