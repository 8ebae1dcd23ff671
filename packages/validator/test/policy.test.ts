import { expect, test } from 'vitest'
import {
  CHECKS,
  POLICIES,
  PolicyError,
  resolvePolicy,
  validate,
  type Policy,
} from '../src/index.ts'
import { changed, rowOf } from './clean-input.ts'
import { findings, resultOf } from './findings.ts'

const A = 'BINANCE:AUSDT'

test('strict runs every check with its published severity and thresholds', () => {
  const { checks } = resolvePolicy('strict')
  expect(Object.keys(checks)).toEqual(CHECKS.map(({ id }) => id))
  for (const { id, severity, thresholds } of CHECKS) {
    expect(checks[id]).toEqual({ severity, enabled: true, thresholds })
  }
})

test('checks are listed by id, once each, and only errors can be waived', () => {
  const ids = CHECKS.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)].sort())
  for (const { waivable, severity, fixed } of CHECKS) {
    if (waivable) expect([severity, fixed]).toEqual(['E', false])
  }
})

test('research fails on fixed checks alone', () => {
  const input = changed(({ local, bars }) => {
    rowOf(local, A, 9)['rsi_1d'] = 200
    bars.push({ ...rowOf(bars, A, 3) })
  })
  const report = validate(input, 'research')
  expect(report.status).toBe('warned')
  expect(findings(report)).toEqual({ 'RANGE-01 local': 1, 'KEY-01 bars': 1 })
  expect(report.symbols[A]).toBe('healthy')
  const early = changed(({ bars }) => {
    rowOf(bars, A, 4)['known_at'] = 0
  })
  expect(validate(early, 'research').status).toBe('failed')
})

test('compat runs the rules of the original alone', () => {
  const report = validate(
    changed(() => {}),
    'compat',
  )
  const run = new Set(
    report.results.filter(({ status }) => status !== 'skipped').map(({ id }) => id),
  )
  expect([...run]).toEqual(['FRESH-01', 'NULL-01', 'RANGE-01'])
  expect(resultOf(report, 'KEY-01', 'bars').message).toBe('switched off by the policy')
})

test('a policy changes severities and thresholds of the one it extends', () => {
  const input = changed(({ local }) => {
    for (const day of [10, 12, 14, 16]) rowOf(local, A, day)['rsi_1d'] = null
  })
  const lenient: Policy = { id: 'ours', version: 3, checks: { 'NULL-01': { max_missing: 0.2 } } }
  expect(validate(input, lenient).status).toBe('passed')
  const warning: Policy = { id: 'ours', version: 3, checks: { 'NULL-01': { severity: 'W' } } }
  expect(validate(input, warning).status).toBe('warned')
  const off: Policy = { id: 'ours', version: 3, checks: { 'NULL-01': { enabled: false } } }
  expect(validate(input, off).status).toBe('passed')
})

test('every difference between policies is a difference between their digests', () => {
  const policies: (Policy | 'strict' | 'research' | 'compat')[] = [
    'strict',
    'research',
    'compat',
    { id: 'strict', version: 2 },
    { id: 'strict', version: 1, sample_limit: 21 },
    { id: 'strict', version: 1, checks: { 'NULL-01': { max_missing: 0.2 } } },
  ]
  const input = changed(() => {})
  const digests = policies.map((policy) => validate(input, policy).policy.sha256)
  expect(new Set(digests).size).toBe(policies.length)
  expect(validate(input, { id: 'strict', version: 1, checks: {} }).policy.sha256).toBe(digests[0])
})

test('an unusable policy throws and names the place', () => {
  const refused: [unknown, string][] = [
    ['lax', 'name'],
    [null, 'itself'],
    [{ version: 1 }, 'id'],
    [{ id: 'x', version: 0 }, 'version'],
    [{ id: 'x', version: 1, colour: 'red' }, 'colour'],
    [{ id: 'x', version: 1, extends: 'toString' }, 'extends'],
    [{ id: 'x', version: 1, require: ['bar'] }, 'require[0]'],
    [{ id: 'x', version: 1, sample_limit: -1 }, 'sample_limit'],
    [{ id: 'x', version: 1, no_verdict: 'pass' }, 'no_verdict'],
    [{ id: 'x', version: 1, checks: { 'NULL-99': {} } }, 'checks.NULL-99'],
    [{ id: 'x', version: 1, checks: { 'NULL-01': { limit: 1 } } }, 'checks.NULL-01.limit'],
    [
      { id: 'x', version: 1, checks: { 'NULL-01': { max_missing: '1' } } },
      'checks.NULL-01.max_missing',
    ],
    [{ id: 'x', version: 1, checks: { 'NULL-01': { severity: 'F' } } }, 'checks.NULL-01.severity'],
    [{ id: 'x', version: 1, checks: { 'PIT-02': { severity: 'W' } } }, 'checks.PIT-02.severity'],
    [{ id: 'x', version: 1, checks: { 'PIT-02': { enabled: false } } }, 'checks.PIT-02.enabled'],
  ]
  for (const [policy, path] of refused) {
    let thrown: unknown
    try {
      resolvePolicy(policy as Policy)
    } catch (error) {
      thrown = error
    }
    expect(thrown, path).toBeInstanceOf(PolicyError)
    expect((thrown as PolicyError).path).toBe(path)
  }
})

test('the policies are data that JSON keeps', () => {
  expect(JSON.parse(JSON.stringify(POLICIES))).toEqual(POLICIES)
})
