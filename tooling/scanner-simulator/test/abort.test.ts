import { discardRows, fetchTechnicals, formatCoverage, type TechnicalsResult } from '@fs/tv-client'
import { checkCoverage } from '@fs/validator'
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import type { Rule } from '../src/index.ts'
import { stage, symbolsOf } from './scanner.ts'

const TEN = symbolsOf(10)

function coverageOf(result: TechnicalsResult): ReturnType<typeof checkCoverage> {
  const json = formatCoverage(result, {
    runId: 'r1',
    profile: 'spot',
    candidatesSha256: 'a'.repeat(64),
  })
  return checkCoverage(JSON.parse(JSON.stringify(json)), { run_id: 'r1', candidates: TEN })
}

/** States in which an interrupt can come, by the virtual millisecond at which it does. */
const STATES: readonly (readonly [state: string, at: number, attempts: number, script: Rule[]])[] =
  [
    ['before anything', -1, 1, []],
    ['while a request has no answer', 100, 1, [{ when: { nth: 2 }, fault: { kind: 'stall' } }]],
    [
      'in the middle of a body',
      100,
      1,
      [{ when: { nth: 2 }, fault: { kind: 'stall', at: 'body' } }],
    ],
    ['while batches wait for their turn', 600, 1, []],
    [
      'during a Retry-After',
      1_500,
      1,
      [{ when: { nth: 1 }, fault: { kind: 'status', status: 429, retryAfter: 30 } }],
    ],
    [
      'between two attempts',
      5_000,
      2,
      [{ when: { from: 1, to: 5 }, fault: { kind: 'status', status: 503 } }],
    ],
    [
      'while a culprit is searched for',
      1_200,
      1,
      [{ when: { ticker: 'X:S1' }, fault: { kind: 'error200', error: 'no' } }],
    ],
  ]

for (const [state, at, attempts, script] of STATES) {
  test(`an interrupt ${state} ends the fetch in order and leaves nothing behind`, async () => {
    const { simulator, client, time } = await stage(
      { script },
      { spacingMs: 500, timeoutMs: 60_000 },
    )
    const controller = new AbortController()
    if (at < 0) controller.abort()
    else time.setTimer(() => controller.abort(), at)
    const options = { batchSize: 2, backoffMs: 20_000, signal: controller.signal }
    const result = await time.run(fetchTechnicals(client, TEN, options))
    expect(time.pending, 'timers and sleeps').toBe(0)
    expect(getEventListeners(controller.signal, 'abort'), 'listeners').toEqual([])
    expect(time.elapsed(), 'it ends at once').toBe(Math.max(at, 0))
    expect(result.error?.code).toBe('aborted')
    expect(result.attempts).toHaveLength(attempts)
    expect(Object.values(result.outcomes)).toContain('failed:aborted')
    const sent = simulator.requests.length
    await time.run(new Promise((resolve) => setTimeout(resolve, 5)))
    expect(simulator.stalled, 'sockets that hang').toBe(0)
    expect(simulator.requests, 'nothing is sent afterwards').toHaveLength(sent)
    expect(coverageOf(result).faults).toEqual([])
  })
}

test('an interrupted fetch whose rows are thrown away says that it fetched nothing', async () => {
  const script: Rule[] = [{ when: { nth: 3 }, fault: { kind: 'stall' } }]
  const { client, time } = await stage({ script }, { timeoutMs: 60_000 })
  const controller = new AbortController()
  time.setTimer(() => controller.abort(), 100)
  const { signal } = controller
  const result = await time.run(fetchTechnicals(client, TEN, { batchSize: 2, signal }))
  expect(result.rows.length).toBeGreaterThan(0)
  const emptied = discardRows(result)
  expect(emptied.rows).toEqual([])
  expect(coverageOf(emptied)).toMatchObject({ ok: true, coverage: 0, failed_symbols: TEN })
  expect(new Set(Object.values(emptied.outcomes))).toEqual(new Set(['failed:aborted']))
})

test('single requests end at once too', async () => {
  const { client, time } = await stage({ script: [{ fault: { kind: 'stall' } }] })
  const controller = new AbortController()
  time.setTimer(() => controller.abort(), 10)
  const { signal } = controller
  for (const request of [
    () => client.scan({ tickers: TEN, columns: ['RSI'] }, { signal }),
    () => client.symbol('X:S0', ['RSI'], { signal }),
    () => client.metainfo('global', { signal }),
  ]) {
    const error = await time.run<unknown>(request().catch((cause: unknown) => cause))
    expect(error).toMatchObject({ name: 'ScannerError', code: 'aborted', retryable: false })
  }
  expect(time.elapsed()).toBe(10)
  expect(time.pending).toBe(0)
})

test('a signal that never aborts is given back without a listener', async () => {
  const { client, time } = await stage({}, { spacingMs: 500 })
  const { signal } = new AbortController()
  await time.run(fetchTechnicals(client, TEN, { batchSize: 2, signal }))
  await time.run(client.scan({ tickers: TEN, columns: ['RSI'] }, { signal }))
  await time.run(client.metainfo('global', { signal }))
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(time.pending).toBe(0)
})
