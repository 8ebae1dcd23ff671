import {
  fetchTechnicals,
  formatCoverage,
  type Coverage,
  type FetchOptions,
  type TechnicalsResult,
} from '@fs/tv-client'
import { checkCoverage } from '@fs/validator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fault, Rule } from '../src/index.ts'
import { CELLS, stage, symbolsOf, type Stage } from './scanner.ts'

const POOL = symbolsOf(30)
const SHA = 'b'.repeat(64)

const tickers = fc.subarray(POOL, { minLength: 1, maxLength: 3 })
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.constantFrom(403, 408, 429, 500, 502, 503),
    retryAfter: fc.constantFrom(1, 5, 'Wed, 01 Jan 2025 00:00:30 GMT', 'x'),
  }),
  fc.record({ kind: fc.constant('html' as const), status: fc.constantFrom(200, 400) }),
  fc.constant<Fault>({ kind: 'empty' }),
  fc.constantFrom<Fault>({ kind: 'reset' }, { kind: 'reset', at: 'body' }),
  fc.constantFrom<Fault>({ kind: 'stall' }, { kind: 'stall', at: 'body' }),
  fc.record({ kind: fc.constant('truncate' as const), bytes: fc.integer({ min: 0, max: 80 }) }),
  fc.record({ kind: fc.constant('drop' as const), tickers }),
  fc.record({ kind: fc.constant('cut' as const), rows: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant('duplicate' as const), tickers }),
  fc.constantFrom<Fault>({ kind: 'reorder' }, { kind: 'extra' }),
  fc.record({
    kind: fc.constantFrom('null_row' as const, 'short_row' as const, 'long_row' as const),
    tickers,
  }),
  fc.record({ kind: fc.constantFrom('wrong_type' as const, 'huge' as const), tickers }),
)
const refusal: fc.Arbitrary<Rule> = fc.constantFrom(...POOL).map((ticker) => ({
  when: { ticker },
  fault: { kind: 'error200', error: 'no such thing' },
}))
const rule: fc.Arbitrary<Rule> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .record({
        fault,
        from: fc.integer({ min: 1, max: 8 }),
        times: fc.integer({ min: 1, max: 4 }),
      })
      .map(({ fault: what, from, times }) => ({
        when: { path: '/scan', from },
        times,
        fault: what,
      })),
  },
  { weight: 1, arbitrary: refusal },
)
const scenario = fc.record({
  symbols: fc.uniqueArray(fc.constantFrom(...POOL), { minLength: 1, maxLength: 30 }),
  known: fc.subarray(POOL, { minLength: 1 }),
  script: fc.array(rule, { maxLength: 6 }),
  batchSize: fc.integer({ min: 1, max: 12 }),
  attempts: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer(),
})

function setStage(known: readonly string[], script: readonly Rule[], seed: number): Promise<Stage> {
  const entries = known.map((symbol) => [symbol, { cells: { ...CELLS, AO: POOL.indexOf(symbol) } }])
  return stage({ universe: Object.fromEntries(entries), script, seed }, { spacingMs: 100 })
}

function checkLaws(
  coverage: Coverage,
  symbols: readonly string[],
): ReturnType<typeof checkCoverage> {
  const json: unknown = JSON.parse(JSON.stringify(coverage))
  const check = checkCoverage(json, { run_id: 'r1', profile: 'spot', candidates: symbols })
  expect(check.faults).toEqual([])
  return check
}

function format(result: TechnicalsResult, previous?: Coverage): Coverage {
  return formatCoverage(result, {
    runId: 'r1',
    profile: 'spot',
    candidatesSha256: SHA,
    ...(previous && { previous }),
  })
}

test('whatever goes wrong: one outcome a symbol, books that balance, values as if nothing had', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ symbols, known, script, batchSize, attempts, seed }) => {
      const { simulator, client, time } = await setStage(known, script, seed)
      try {
        const options: FetchOptions = { batchSize, attempts }
        const result = await time.run(fetchTechnicals(client, symbols, options))

        expect(Object.keys(result.outcomes)).toEqual(symbols.toSorted())
        expect(result.attempts.length).toBeLessThanOrEqual(attempts)
        const check = checkLaws(format(result), symbols)
        expect(check.coverage).toBeCloseTo(result.rows.length / symbols.length, 12)

        const ok = symbols.filter((symbol) => result.outcomes[symbol] === 'ok')
        expect(result.rows.map(({ symbol }) => symbol)).toEqual(ok)
        for (const { symbol, values } of result.rows) {
          const { update_mode: _mode, ...cells } = CELLS
          expect(values).toEqual({ ...cells, AO: POOL.indexOf(symbol) })
          expect(known).toContain(symbol)
        }
        // A caller that gave up is gone before the server sees it go.
        const someHung = simulator.requests.some((request) => request.fault === 'stall')
        if (!someHung) expect(simulator.maxInFlight).toBeLessThanOrEqual(3)
        expect(time.pending).toBe(0)
        const asked = new Set(simulator.requests.flatMap((request) => request.tickers))
        for (const symbol of asked) expect(symbols).toContain(symbol)
      } finally {
        await simulator.close()
      }
    }),
    { numRuns: 100 },
  )
})

test('a continued run goes on with the failed alone, counts on, and its books still balance', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ symbols, known, script, batchSize, seed }) => {
      const { simulator, client, time } = await setStage(known, script, seed)
      try {
        const options = { batchSize, attempts: 2 }
        const first = await time.run(fetchTechnicals(client, symbols, options))
        const coverage = format(first)
        if (coverage.failed_symbols.length === 0) return
        const firstAttempt = coverage.attempts.length + 1
        simulator.reset()
        simulator.setScript([])
        const second = await time.run(
          fetchTechnicals(client, coverage.failed_symbols, { ...options, firstAttempt }),
        )
        expect(new Set(simulator.requests.flatMap((request) => request.tickers))).toEqual(
          new Set(coverage.failed_symbols),
        )
        const continued = format(second, coverage)
        checkLaws(continued, symbols)
        expect(continued.started_at).toBe(coverage.started_at)
        for (const symbol of symbols) {
          if (known.includes(symbol)) expect(continued.outcomes[symbol]).toBe('ok')
        }
        expect(() => format(first, coverage)).toThrow(RangeError)
      } finally {
        await simulator.close()
      }
    }),
    { numRuns: 15 },
  )
})

test('the order in which answers come changes no byte of rows, outcomes and coverage', async () => {
  const symbols = POOL.toReversed()
  const results: string[] = []
  for (const slow of [[1], [2], [3, 5], []]) {
    const script: Rule[] = [
      { when: { ticker: 'X:S3' }, times: 1, fault: { kind: 'drop', tickers: ['X:S3', 'X:S4'] } },
      { when: { ticker: 'X:S20' }, times: 1, fault: { kind: 'status', status: 503 } },
      ...slow.map((nth): Rule => ({ when: { nth }, fault: { kind: 'slow', ms: 12 } })),
    ]
    const { client, time } = await setStage(POOL, script, slow.length)
    const result = await time.run(fetchTechnicals(client, symbols, { batchSize: 5 }))
    expect(result.attempts).toHaveLength(2)
    results.push(JSON.stringify([result.rows, format(result)]))
  }
  expect(new Set(results)).toHaveLength(1)
})
