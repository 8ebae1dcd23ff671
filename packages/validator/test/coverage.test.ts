import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkCoverage } from '../src/index.ts'

type Json = Record<string, unknown>

/** The artefact of a run that took two attempts, complete and without a fault. */
function artefact(): Json & { attempts: Json[]; outcomes: Json } {
  return {
    schema: 'fs.coverage/1',
    run_id: 'r1',
    profile: 'spot',
    requested: 3,
    candidates_sha256: 'a'.repeat(64),
    started_at: 1_789_000_000,
    finished_at: 1_789_000_009,
    attempts: [
      {
        idx: 1,
        fetched: 1,
        failed: 2,
        duration_s: 1.2,
        failed_symbols: ['A:X', 'A:Y'],
        reasons: { 'A:X': 'failed:empty_body', 'A:Y': 'missing' },
      },
      {
        idx: 2,
        fetched: 1,
        failed: 1,
        duration_s: 0.4,
        failed_symbols: ['A:Y'],
        reasons: { 'A:Y': 'missing' },
      },
    ],
    failed_symbols: ['A:Y'],
    excluded: ['A:N'],
    outcomes: { 'A:X': 'ok', 'A:Y': 'missing', 'A:Z': 'ok' },
    warnings: [],
  }
}

const EXPECTED = { run_id: 'r1', profile: 'spot', candidates: ['A:Z', 'A:N', 'A:Y', 'A:X'] }

test('a sound artefact has no fault, and its coverage is computed anew', () => {
  expect(checkCoverage(artefact(), EXPECTED)).toEqual({
    ok: true,
    coverage: 1 - 1 / 3,
    requested: 3,
    failed_symbols: ['A:Y'],
    excluded: ['A:N'],
    faults: [],
  })
})

test('the strict minimum is enough', () => {
  const minimum = {
    run_id: 'r1',
    profile: 'spot',
    attempts: [{ idx: 1, fetched: 2, failed: 0, duration_s: 0 }],
    failed_symbols: [],
  }
  expect(checkCoverage(minimum, { run_id: 'r1' })).toMatchObject({
    ok: true,
    coverage: 1,
    requested: 2,
  })
})

test('a ratio that somebody wrote down is not believed', () => {
  expect(checkCoverage({ ...artefact(), coverage: 1 }, EXPECTED).coverage).toBe(1 - 1 / 3)
})

const FAULTS: readonly (readonly [
  name: string,
  path: string,
  break_: (json: ReturnType<typeof artefact>) => unknown,
])[] = [
  ['no object', '', () => []],
  ['null', '', () => null],
  ['text', '', () => '{"run_id":"r1"}'],
  ['another schema', 'schema', (json) => ({ ...json, schema: 'fs.coverage/2' })],
  ['no run_id', 'run_id', (json) => ({ ...json, run_id: undefined })],
  ['a foreign run_id', 'run_id', (json) => ({ ...json, run_id: 'r2' })],
  ['a run_id that is no text', 'run_id', (json) => ({ ...json, run_id: 1 })],
  ['no profile', 'profile', (json) => ({ ...json, profile: undefined })],
  ['a foreign profile', 'profile', (json) => ({ ...json, profile: 'perp' })],
  ['a digest that is none', 'candidates_sha256', (json) => ({ ...json, candidates_sha256: 'x' })],
  ['a negative time', 'started_at', (json) => ({ ...json, started_at: -1 })],
  ['a time that is no number', 'finished_at', (json) => ({ ...json, finished_at: '1' })],
  ['an end before the start', 'finished_at', (json) => ({ ...json, finished_at: 1 })],
  ['no attempts', 'attempts', (json) => ({ ...json, attempts: undefined })],
  ['attempts that are no list', 'attempts', (json) => ({ ...json, attempts: {} })],
  ['empty attempts', 'attempts', (json) => ({ ...json, attempts: [] })],
  ['an attempt that is none', 'attempts[1]', (json) => replaceAttempt(json, 1, 7)],
  ['a gap in idx', 'attempts[1].idx', (json) => changeAttempt(json, 1, { idx: 3 })],
  ['an idx from 0', 'attempts[0].idx', (json) => changeAttempt(json, 0, { idx: 0 })],
  ['no idx', 'attempts[0].idx', (json) => changeAttempt(json, 0, { idx: undefined })],
  ['a negative count', 'attempts[0].fetched', (json) => changeAttempt(json, 0, { fetched: -1 })],
  ['half a count', 'attempts[0].failed', (json) => changeAttempt(json, 0, { failed: 1.5 })],
  ['no count', 'attempts[1].failed', (json) => changeAttempt(json, 1, { failed: undefined })],
  [
    'an endless duration',
    'attempts[0].duration_s',
    (json) => changeAttempt(json, 0, { duration_s: Infinity }),
  ],
  [
    'a negative duration',
    'attempts[0].duration_s',
    (json) => changeAttempt(json, 0, { duration_s: -0.1 }),
  ],
  [
    'no duration',
    'attempts[0].duration_s',
    (json) => changeAttempt(json, 0, { duration_s: undefined }),
  ],
  ['a first sum that is not requested', 'attempts[0]', (json) => ({ ...json, requested: 4 })],
  [
    'a later sum that is not what failed',
    'attempts[1]',
    (json) => changeAttempt(json, 1, { fetched: 2 }),
  ],
  [
    'an attempt about nothing',
    'attempts[2]',
    (json) => ({
      ...json,
      attempts: [...json.attempts, { idx: 3, fetched: 0, failed: 0, duration_s: 0 }],
    }),
  ],
  [
    'fewer names than failures',
    'attempts[0].failed_symbols',
    (json) => changeAttempt(json, 0, { failed_symbols: ['A:X'] }),
  ],
  [
    'unsorted names',
    'attempts[0].failed_symbols[1]',
    (json) => changeAttempt(json, 0, { failed_symbols: ['A:Y', 'A:X'] }),
  ],
  [
    'a failure that had not failed before',
    'attempts[1].failed_symbols',
    (json) =>
      changeAttempt(json, 1, { failed_symbols: ['A:Z'], reasons: { 'A:Z': 'failed:timeout' } }),
  ],
  [
    'reasons of other symbols',
    'attempts[0].reasons',
    (json) => changeAttempt(json, 0, { reasons: { 'A:X': 'missing', 'A:Z': 'missing' } }),
  ],
  [
    'a reason that is none',
    'attempts[0].reasons["A:X"]',
    (json) => changeAttempt(json, 0, { reasons: { 'A:X': 'ok', 'A:Y': 'missing' } }),
  ],
  ['no failed_symbols', 'failed_symbols', (json) => ({ ...json, failed_symbols: undefined })],
  ['failed_symbols that are no list', 'failed_symbols', (json) => ({ ...json, failed_symbols: 1 })],
  [
    'another number of failed_symbols',
    'failed_symbols',
    (json) => ({ ...json, failed_symbols: [] }),
  ],
  ['a symbol twice', 'failed_symbols[1]', (json) => ({ ...json, failed_symbols: ['A:Y', 'A:Y'] })],
  ['a symbol that is no text', 'failed_symbols[0]', (json) => ({ ...json, failed_symbols: [1] })],
  ['other failed_symbols', 'failed_symbols', (json) => ({ ...json, failed_symbols: ['A:X'] })],
  [
    'an outcome that is none',
    'outcomes["A:X"]',
    (json) => ({ ...json, outcomes: { ...json.outcomes, 'A:X': 'fine' } }),
  ],
  [
    'fewer outcomes than requested',
    'outcomes',
    (json) => ({ ...json, outcomes: { 'A:X': 'ok', 'A:Y': 'missing' } }),
  ],
  [
    'a failed outcome that is not among the failed',
    'failed_symbols',
    (json) => ({ ...json, outcomes: { ...json.outcomes, 'A:X': 'empty' } }),
  ],
  [
    'an outcome that contradicts the last reason',
    'outcomes["A:Y"]',
    (json) => ({ ...json, outcomes: { ...json.outcomes, 'A:Y': 'empty' } }),
  ],
  ['unsorted excluded', 'excluded[1]', (json) => ({ ...json, excluded: ['A:N', 'A:A'] })],
  ['an excluded symbol that failed', 'excluded', (json) => ({ ...json, excluded: ['A:Y'] })],
  ['an excluded symbol that was asked', 'excluded', (json) => ({ ...json, excluded: ['A:X'] })],
  [
    'an excluded symbol that is no candidate',
    'excluded',
    (json) => ({ ...json, excluded: ['B:B'] }),
  ],
  ['candidates that were not requested', 'requested', (json) => ({ ...json, excluded: [] })],
  ['warnings that are no list', 'warnings', (json) => ({ ...json, warnings: {} })],
]

function replaceAttempt(json: ReturnType<typeof artefact>, place: number, attempt: unknown): Json {
  return { ...json, attempts: json.attempts.with(place, attempt as Json) }
}

function changeAttempt(json: ReturnType<typeof artefact>, place: number, change: Json): Json {
  return replaceAttempt(json, place, { ...json.attempts[place], ...change })
}

for (const [name, path, break_] of FAULTS) {
  test(`${name} is a fault at ${path === '' ? 'the whole' : path}`, () => {
    const check = checkCoverage(break_(artefact()), EXPECTED)
    expect(check.ok).toBe(false)
    expect(check.faults.map((fault) => fault.path)).toContain(path)
  })
}

test('a failed symbol that is no candidate is a fault', () => {
  const { faults } = checkCoverage(artefact(), { ...EXPECTED, candidates: ['A:X', 'A:Z', 'A:N'] })
  expect(faults.map(({ path }) => path)).toContain('failed_symbols')
})

test('nothing fetched of nothing requested is a fault, not full coverage', () => {
  const json = {
    run_id: 'r1',
    profile: 'spot',
    attempts: [{ idx: 1, fetched: 0, failed: 0, duration_s: 0 }],
    failed_symbols: [],
  }
  expect(checkCoverage(json, { run_id: 'r1' })).toMatchObject({ ok: false, coverage: 0 })
})

test('whatever it is given, it answers and never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const { ok, coverage } = checkCoverage(json, { run_id: 'r1' })
      expect(ok).toBe(false)
      expect(coverage).toBe(0)
    }),
  )
})

test('a single changed value of a sound artefact never goes unnoticed', () => {
  const paths: (readonly (string | number)[])[] = []
  const collect = (value: unknown, path: readonly (string | number)[]): void => {
    if (Array.isArray(value)) value.forEach((item, index) => collect(item, [...path, index]))
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) collect(item, [...path, key])
    } else paths.push(path)
  }
  collect(artefact(), [])
  for (const path of paths) {
    for (const value of [null, true, Number.NaN, -1, [], {}]) {
      const json = structuredClone(artefact()) as unknown
      let holder = json as Record<string | number, unknown>
      for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>
      holder[path.at(-1)!] = value
      const where = `${path.join('.')} = ${JSON.stringify(value)}`
      expect(checkCoverage(json, EXPECTED).ok, where).toBe(false)
    }
  }
})
