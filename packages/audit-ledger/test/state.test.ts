import { expect, test } from 'vitest'
import { foldState, type AppendInput, type LedgerEntry, type LedgerState } from '../src/index.ts'
import { openSample, readAll, START_MS } from './sample-ledger.ts'

const DAY_MS = 86_400_000
const day = (days: number): string => new Date(START_MS + days * DAY_MS).toISOString()
const sha256 = 'a'.repeat(64)

/** Builds a ledger, one entry a day, and folds it at a day. */
async function build(
  inputs: readonly (AppendInput | ((entries: readonly LedgerEntry[]) => AppendInput))[],
): Promise<(days: number, wanted?: object) => Promise<LedgerState>> {
  const sample = await openSample()
  const written: LedgerEntry[] = []
  for (const input of inputs) {
    sample.nowMs += DAY_MS
    written.push(await sample.ledger.append(typeof input === 'function' ? input(written) : input))
  }
  const entries = await readAll(sample.store)
  return (days, wanted = {}) => foldState(entries, { as_of: day(days), ...wanted })
}

const waiver = (id: string, days: number, expires: number, due: number): AppendInput => ({
  type: 'waiver.grant',
  run_id: 'r1',
  body: {
    waiver_id: id,
    scope: { profile: 'long', requirement: 'coverage.complete', symbols: ['B:X'] },
    subject: { sha256 },
    reason_code: 'other',
    reason: 'because of a long enough reason',
    requested_by: 'alice',
    approved_by: 'bob',
    granted_at: day(days),
    expires_at: day(expires),
    follow_up: { kind: 'rerun', due: day(due) },
  },
})

const exclusion = (id: string, expires: number): AppendInput => ({
  type: 'exclusion.grant',
  body: {
    exclusion_id: id,
    profile: 'long',
    symbols: ['B:Y'],
    reason: 'delisted by the exchange, long ago',
    requested_by: 'alice',
    approved_by: 'bob',
    granted_at: day(1),
    expires_at: day(expires),
  },
})

const revoke = (type: string, grant: string): AppendInput => ({
  type: `${type}.revoke`,
  body: { grant, reason: 'no longer true', requested_by: 'alice' },
})

const decision = (value: string, run_id: string, waivers: readonly string[] = []): AppendInput => ({
  type: 'promotion.decision',
  run_id,
  body: {
    op_id: `op-${run_id}`,
    decision: value,
    subject: { profile: 'long' },
    as_of: day(1),
    policy: { id: 'strict', sha256 },
    evidence: [],
    requirements: waivers.map((each) => ({ id: 'x', result: 'failed-waived', waiver: each })),
    waivers_rejected: [],
    promotes: null,
  },
})

const outcome = (step: string, run_id: string, more: object = {}): AppendInput => ({
  type: `${step}.outcome`,
  run_id,
  body: { op_id: `op-${run_id}`, profile: 'long', status: 'ok', tables: {}, left_out: [], ...more },
})

test('a waiver is not yet valid, active, overdue, expired', async () => {
  const at = await build([waiver('w', 2, 10, 5)])
  const look = async (days: number) => {
    const { waivers, waivers_active } = await at(days)
    return [waivers[0]?.standing, waivers[0]?.overdue, waivers_active.length]
  }
  expect(await look(0)).toEqual([undefined, undefined, 0])
  expect(await look(1)).toEqual(['not_yet_valid', false, 0])
  expect(await look(2)).toEqual(['active', false, 1])
  expect(await look(5)).toEqual(['active', false, 1])
  expect(await look(6)).toEqual(['active', true, 1])
  expect(await look(10)).toEqual(['expired', true, 0])
})

test('a decision that passed without it ends what a waiver asked for', async () => {
  const at = await build([
    waiver('w', 1, 10, 5),
    decision('WAIVED', 'r1'),
    decision('PASSED', 'r2'),
  ])
  expect((await at(2.5)).waivers[0]?.overdue).toBe(false)
  expect((await at(6)).waivers[0]?.overdue).toBe(false)
  const still = await build([waiver('w', 1, 10, 5), decision('WAIVED', 'r1')])
  expect((await still(6)).waivers[0]?.overdue).toBe(true)
})

test('a revoked grant does not count, and the decision that rests on it is flagged', async () => {
  const at = await build([
    waiver('w', 1, 30, 20),
    exclusion('e', 30),
    (entries) => decision('WAIVED', 'r1', [entries[0]!.hash]),
    (entries) => revoke('waiver', entries[0]!.hash),
    (entries) => revoke('exclusion', entries[1]!.hash),
  ])
  const before = await at(3)
  expect([before.waivers_active, before.exclusions_active]).toEqual([['w'], ['e']])
  expect(before.promotions).toEqual({ long: { run_id: 'r1', decision: 'WAIVED', manifest: null } })
  const after = await at(6)
  expect([after.waivers_active, after.exclusions_active]).toEqual([[], []])
  expect(after.waivers[0]?.standing).toBe('revoked')
  expect(after.promotions['long']?.revoked_waivers).toEqual([after.waivers[0]?.hash])
})

test('the newest decision that did not fail is in force, until a rollback', async () => {
  const at = await build([
    decision('PASSED', 'r1'),
    outcome('promote', 'r1', { manifest: 1 }),
    decision('PASSED', 'r2'),
    outcome('promote', 'r2', { manifest: 2 }),
    decision('FAILED', 'r3'),
    (entries) => ({
      type: 'rollback.decision',
      body: {
        op_id: 'op-back',
        profile: 'long',
        from: 2,
        to: 1,
        entry: entries[0]!.hash,
        decision: 'PASSED',
        reason: 'r2 was wrong',
      },
    }),
    {
      type: 'rollback.outcome',
      body: {
        op_id: 'op-back',
        profile: 'long',
        status: 'ok',
        tables: {},
        left_out: [],
        manifest: 3,
      },
    },
  ])
  const inForce = async (days: number) => (await at(days)).promotions['long']
  expect(await inForce(1)).toEqual({ run_id: 'r1', decision: 'PASSED', manifest: null })
  expect(await inForce(2)).toEqual({ run_id: 'r1', decision: 'PASSED', manifest: 1 })
  expect(await inForce(5)).toEqual({ run_id: 'r2', decision: 'PASSED', manifest: 2 })
  expect(await inForce(7)).toEqual({ run_id: 'r1', decision: 'PASSED', manifest: 3 })
  expect((await at(7)).rollbacks).toMatchObject([{ profile: 'long', from: 2, to: 1 }])
  expect((await at(7, { profile: 'short' })).promotions).toEqual({})
})

test('a run is its last step, with the coverage of its snapshot', async () => {
  const intent = (step: string): AppendInput => ({
    type: `${step}.intent`,
    run_id: 'r1',
    body: { op_id: 'op-r1', profile: 'long', params: {}, inputs: { requested: 4 } },
  })
  const leftOut = [{ symbol: 'B:X', reason: 'missing' }]
  const at = await build([
    intent('features'),
    outcome('features', 'r1', { status: 'partial', left_out: leftOut }),
    intent('backfill'),
  ])
  const run = async (days: number) => {
    const [state] = (await at(days)).runs
    return [state?.step, state?.status, state?.coverage]
  }
  expect(await run(1)).toEqual(['features', 'open', null])
  expect(await run(2)).toEqual(['features', 'partial', 0.75])
  expect(await run(3)).toEqual(['backfill', 'open', 0.75])
  expect((await at(3)).open_intents).toMatchObject([{ seq: 3, type: 'backfill.intent' }])
  expect((await at(3, { run_id: 'r2' })).runs).toEqual([])
  await expect(foldState([], { as_of: 'monday' })).rejects.toThrow(RangeError)
})

test('an outcome without a run closes its own intent only', async () => {
  const intent = (op_id: string): AppendInput => ({
    type: 'exclude.intent',
    body: { op_id, params: {}, inputs: {} },
  })
  const at = await build([
    intent('1'),
    intent('2'),
    { type: 'exclude.outcome', body: { op_id: '2', status: 'ok', tables: {}, left_out: [] } },
  ])
  expect((await at(3)).open_intents).toMatchObject([{ op_id: '1' }])
})
