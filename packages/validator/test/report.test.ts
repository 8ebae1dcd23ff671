import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, digestOf } from '../src/digest.ts'
import { validate, type ValidationInput } from '../src/index.ts'
import { changed, CATALOGUE, draftClean, rowOf, toInput } from './clean-input.ts'
import { resultOf, stable } from './findings.ts'

function bytesOf(input: ValidationInput): string {
  return JSON.stringify(
    Object.values(input.tables).map((table) =>
      table.columns.map(({ name, values, valid }) => [
        name,
        valid,
        values instanceof Float64Array
          ? Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
          : values,
      ]),
    ),
  )
}

test('inputs stay bit-equal, and a second judgement is the same', () => {
  const input = changed(({ bars, local }) => {
    bars.push({ ...rowOf(bars, 'NASDAQ:C', 3) }, { ...rowOf(bars, 'NASDAQ:C', 4), symbol: null })
    rowOf(local, 'NASDAQ:C', 9)['rsi_1d'] = Number.NaN
    local.reverse()
  })
  const before = bytesOf(input)
  const report = validate(input, 'strict')
  expect(bytesOf(input)).toBe(before)
  expect(stable(validate(input, 'strict'))).toBe(stable(report))
})

test('counts stay exact when the sample is cut, and the sample is the first in order', () => {
  const input = changed(({ local }) => {
    for (const row of local) row['rsi_1d'] = 500
  })
  const { counts, failures, groups } = resultOf(validate(input, 'research'), 'RANGE-01', 'local')
  expect(counts).toMatchObject({ evaluated: 440, unexpected: 120, missing: 40 })
  expect(failures).toMatchObject({ total: 120, truncated: true })
  expect(failures.sample.map(({ row }) => row)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(groups.map(({ symbol, unexpected }) => `${symbol} ${unexpected}`)).toEqual([
    'BINANCE:AUSDT 30',
    'BINANCE:BUSDT 30',
    'NASDAQ:C 30',
    'NYSE:BRK.A 30',
  ])
})

test('the whole report keeps no more failures than the policy says', () => {
  const input = changed(({ local, bars }) => {
    for (const row of local) row['rsi_1d'] = 500
    for (const row of bars) row['low'] = -1
  })
  const policy = { id: 'short', version: 1, sample_total: 25 }
  const { results } = validate(input, policy)
  const kept = results
    .filter(({ grain }) => grain !== 'T')
    .map(({ failures }) => failures.sample.length)
  expect(kept.reduce((sum, length) => sum + length, 0)).toBe(25)
})

test('failures come in order of symbol, timestamp, column', () => {
  const input = changed(({ local }) => {
    for (const [symbol, day] of [
      ['NYSE:BRK.A', 9],
      ['BINANCE:AUSDT', 12],
      ['BINANCE:AUSDT', 11],
    ] as const) {
      const row = rowOf(local, symbol, day)
      row['rsi_1d'] = 500
      row['recommend_ma'] = 3
    }
  })
  const { failures } = resultOf(validate(input, 'strict'), 'RANGE-01', 'local')
  expect(failures.sample.map(({ symbol, row, column }) => `${symbol} ${row} ${column}`)).toEqual([
    'BINANCE:AUSDT 11 recommend_ma',
    'BINANCE:AUSDT 11 rsi_1d',
    'BINANCE:AUSDT 12 recommend_ma',
    'BINANCE:AUSDT 12 rsi_1d',
    'NYSE:BRK.A 9 recommend_ma',
    'NYSE:BRK.A 9 rsi_1d',
  ])
})

test('the head of a report says what was judged, when, and by what', () => {
  const clean = toInput(draftClean())
  const report = validate(
    { ...clean, digests: [{ name: 'bars', expected: 'ab', actual: 'ab' }] },
    'strict',
  )
  expect(report).toMatchObject({
    schema: 'feature-store/validation-report@1',
    run_id: 'r1',
    profile: 'demo',
    as_of: clean.as_of,
    formula: 'institutional',
    policy: { id: 'strict' },
    timing: null,
  })
  expect(report.inputs[0]).toEqual({
    name: 'bars',
    table_digest: 'ab',
    rows: 120,
    columns: 9,
    symbols: 4,
    min_ts: 1_700_006_400,
    max_ts: 1_700_006_400 + 29 * 86_400,
  })
  expect(report.summary.cells_scanned).toBe(120 * 9 + 120 * 9 + 4 * 19)
  expect(report.validator.catalogue_sha256).toBe(digestOf(CATALOGUE))
})

test('the version in a report is that of the package', () => {
  const manifest = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  expect(
    validate(
      changed(() => {}),
      'strict',
    ).validator.version,
  ).toBe(manifest.version)
})

test('results are sorted by id, then table, and each symbol has a status', () => {
  const report = validate(
    changed(() => {}),
    'strict',
  )
  const keys = report.results.map(({ id, table }) => `${id} ${table}`)
  expect(keys).toEqual([...keys].sort())
  expect(Object.keys(report.symbols)).toEqual([
    'BINANCE:AUSDT',
    'BINANCE:BUSDT',
    'NASDAQ:C',
    'NYSE:BRK.A',
  ])
})

test('a report survives JSON', () => {
  const report = validate(
    changed(({ local }) => {
      rowOf(local, 'NASDAQ:C', 9)['rsi_1d'] = Infinity
    }),
    'strict',
  )
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
})

test('digests agree with the platform on canonical JSON of any size', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const canonical = canonicalJson(value)
      expect(digestOf(value)).toBe(createHash('sha256').update(canonical).digest('hex'))
      expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
  for (const length of [0, 1, 52, 53, 54, 61, 62, 63, 117, 118, 1_000]) {
    const text = 'x'.repeat(length)
    expect(digestOf(text)).toBe(createHash('sha256').update(`"${text}"`).digest('hex'))
  }
})

test('canonical JSON sorts members by code units, at every depth', () => {
  expect(canonicalJson({ b: [{ z: 1, a: null }], '\u20ac': 1, a: 'x', A: undefined })).toBe(
    '{"a":"x","b":[{"a":null,"z":1}],"\u20ac":1}',
  )
})
