import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { canonicalize, LedgerError, parseCanonical } from '../src/index.ts'
import { readVector, readVectorJson, vectors, withoutVectors } from './shared-data.ts'

const withVectors = test.skipIf(vectors === undefined)

const isRefused = (value: unknown): boolean => {
  try {
    canonicalize(value)
    return false
  } catch (error) {
    return error instanceof LedgerError && error.code === 'not_canonical' && error.exit === 2
  }
}

/** Reads bytes as a line is read: strict UTF-8, then canonical JSON or nothing. */
const isReadable = (bytes: Uint8Array): boolean => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return parseCanonical(text) !== undefined
  } catch {
    return false
  }
}

withVectors(`the official cases of RFC 8785 come out byte for byte${withoutVectors}`, () => {
  for (const name of ['arrays', 'french', 'structures', 'unicode', 'values', 'weird']) {
    const value: unknown = JSON.parse(readVector(`jcs-rfc8785/input/${name}.json`).toString())
    const expected = Buffer.from(
      readVector(`jcs-rfc8785/outhex/${name}.txt`).toString().replaceAll(/\s/g, ''),
      'hex',
    )
    expect(Buffer.from(canonicalize(value)), name).toEqual(expected)
    expect(isReadable(expected), `${name} is read back`).toBe(true)
  }
})

const doubleOf = (hex: string): number => Buffer.from(hex.padStart(16, '0'), 'hex').readDoubleBE()
// Spelled with all their digits these look exact and are not: refused by policy, though RFC 8785 would write them.
const isUnsafe = (value: number): boolean =>
  Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < 1e21

withVectors(`numbers are written as RFC 8785 says, or refused by policy${withoutVectors}`, () => {
  const appendix = readVectorJson<{ ieee: string; json: string | null }[]>(
    'jcs-rfc8785/numbers-appendixB.json',
  )
  const sequence = readVector('jcs-rfc8785/es6-numbers-first-5000.txt')
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  let written = 0
  let refused = 0
  for (const [hex, json] of [...appendix.map((row) => [row.ieee, row.json]), ...sequence]) {
    const value = doubleOf(hex!)
    if (json === null || isUnsafe(value)) {
      expect(isRefused(value), hex!).toBe(true)
      refused++
    } else {
      expect(canonicalize(value), hex!).toBe(json)
      written++
    }
  }
  expect(written + refused).toBe(appendix.length + 5000)
  expect(written).toBeGreaterThan(4900)
})

withVectors(
  `what has no canonical form is refused, on writing and on reading${withoutVectors}`,
  () => {
    const { cases } = readVectorJson<{
      cases: { id: string; js?: string; json?: string; jsonHex?: string }[]
    }>('jcs-rfc8785/must-reject.json')
    expect(cases.length).toBeGreaterThan(10)
    for (const { id, js, json, jsonHex } of cases) {
      if (js !== undefined) expect(isRefused(runInNewContext(`(${js})`)), id).toBe(true)
      else {
        const bytes = jsonHex === undefined ? Buffer.from(json!) : Buffer.from(jsonHex, 'hex')
        expect(isReadable(bytes), id).toBe(false)
      }
    }
  },
)

test('every kind of value that JSON would bend is refused with its path', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = [cycle]
  const refusals: [unknown, string][] = [
    [{ a: [1, Number.NaN] }, '$.a[1]'],
    [{ a: undefined }, '$.a'],
    [{ a: () => 1 }, '$.a'],
    [{ 'a b': Symbol('x') }, '$["a b"]'],
    [{ a: 10n }, '$.a'],
    [{ a: new Date(0) }, '$.a'],
    [{ a: new Map() }, '$.a'],
    [{ a: new Float64Array(1) }, '$.a'],
    [{ a: ['\ud800'] }, '$.a[0]'],
    [{ '\udc00': 1 }, '$["\\udc00"]'],
    // oxlint-disable-next-line no-sparse-arrays
    [{ a: [1, , 2] }, '$.a[1]'],
    [{ [Symbol('x')]: 1 }, '$'],
    [{ a: 2 ** 53 }, '$.a'],
    [cycle, '$.self[0]'],
  ]
  for (const [value, path] of refusals) {
    expect(() => canonicalize(value)).toThrow(`${path} has no canonical JSON`)
  }
  expect(isRefused(JSON.parse('['.repeat(300) + ']'.repeat(300)))).toBe(true)
  expect(parseCanonical('['.repeat(40_000) + ']'.repeat(40_000))).toBe(undefined)
})

test('one object in two places is no cycle', () => {
  const shared = { x: 1 }
  expect(canonicalize({ b: shared, a: [shared, shared] })).toBe(
    '{"a":[{"x":1},{"x":1}],"b":{"x":1}}',
  )
})

test('whatever is written is read back the same, and no other spelling of it is accepted', () => {
  const isCanonical = (value: unknown): boolean => !isRefused(value)
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }).filter(isCanonical), (value) => {
      const text = canonicalize(value)
      expect(canonicalize(parseCanonical(text))).toBe(text)
      expect(canonicalize(JSON.parse(JSON.stringify(value)))).toBe(text)
      expect(parseCanonical(` ${text}`)).toBe(undefined)
      expect(parseCanonical(`${text} `)).toBe(undefined)
    }),
  )
})

test('keys are ordered by UTF-16 code units, also those that objects reorder', () => {
  const text = '{"1":0,"10":0,"9":0,"a":0,"😀":0,"\ufb33":0}'
  expect(canonicalize(JSON.parse(text))).toBe(text)
  expect(parseCanonical(text)).toEqual(JSON.parse(text))
  expect(parseCanonical('{"1":0,"9":0,"10":0}')).toBe(undefined)
  expect(parseCanonical('{"b":0,"a":0}')).toBe(undefined)
  expect(parseCanonical('{"__proto__":1,"a":2}')).toEqual(JSON.parse('{"__proto__":1,"a":2}'))
})

test('other spellings of numbers and strings are not canonical', () => {
  for (const text of ['1.0', '-0', '1E3', '1e21', '"\\u0041"', '"\\/"', '9007199254740993']) {
    expect(parseCanonical(`[${text}]`), text).toBe(undefined)
  }
  for (const text of ['1e+21', '"A"', '"/"', '"\\b\\u000b"', '9007199254740991', '5e-324']) {
    expect(parseCanonical(`[${text}]`), text).toEqual(JSON.parse(`[${text}]`))
  }
})
