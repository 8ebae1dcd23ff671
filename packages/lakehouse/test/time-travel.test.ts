import { expect, test } from 'vitest'
import { readSnapshot } from '../src/index.ts'
import { commit, makeAdd, makeTable, putLines } from './delta-table.ts'
import { memoryStore } from './memory-store.ts'

const at = async (store: ReturnType<typeof memoryStore>, timestampMs: number): Promise<number> =>
  (await readSnapshot(store, 't', { timestampMs })).version

test('a time names the last version committed at or before it', async () => {
  const store = memoryStore()
  for (const [index, time] of [1000, 2000, 3000].entries()) {
    await commit(store, 't', [{ add: makeAdd(`f${index}`) }], { now: () => time })
  }
  expect(
    await Promise.all([1000, 1999, 2000, 2999.5, 3000, 9e12].map((time) => at(store, time))),
  ).toEqual([0, 0, 1, 1, 2, 2])
  expect(await readSnapshot(store, 't', { timestampMs: 2500 })).toEqual(
    await readSnapshot(store, 't', { version: 1 }),
  )
})

test('before the first version there is none, and the error names the oldest', async () => {
  const store = memoryStore()
  await commit(store, 't', [], { now: () => 1000 })
  await expect(readSnapshot(store, 't', { timestampMs: 999 })).rejects.toMatchObject({
    code: 'version_not_available',
    message: expect.stringContaining('version 0, of 1970-01-01T00:00:01.000Z'),
    evidence: { oldest: 0 },
  })
})

test('a clock that went back does not make a time ambiguous', async () => {
  const store = memoryStore()
  for (const [index, time] of [5000, 2000, 2000, 6000].entries()) {
    await commit(store, 't', [{ add: makeAdd(`f${index}`) }], { now: () => time })
  }
  const { commits } = await readSnapshot(store, 't')
  expect(commits.map((entry) => entry.timestampMs)).toEqual([5000, 5001, 5002, 6000])
  expect(await Promise.all([5000, 5001, 5002, 5999].map((time) => at(store, time)))).toEqual([
    0, 1, 2, 2,
  ])
  const base = await readSnapshot(store, 't', { version: 1 })
  expect((await readSnapshot(store, 't', { base })).commits).toEqual(commits)
})

test('a commit without a timestamp has the time of its file', async () => {
  let clock = 7000
  const store = memoryStore(() => clock)
  await putLines(store, 't', 0, ...makeTable())
  clock = 9000
  await putLines(store, 't', 1, { commitInfo: { timestamp: 'yesterday' } })
  expect((await readSnapshot(store, 't')).commits.map((entry) => entry.timestampMs)).toEqual([
    7000, 9000,
  ])
  expect(await at(store, 8999)).toBe(0)
})

test('a state is named by version or by time, not by both, and by a real time', async () => {
  const store = memoryStore()
  await commit(store, 't', [])
  for (const options of [{ version: 0, timestampMs: 0 }, { timestampMs: Number.NaN }]) {
    await expect(readSnapshot(store, 't', options)).rejects.toMatchObject({ code: 'invalid_input' })
  }
})

test('the history tells what each version did', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a', 'A', 'A', 10) }], {
    transaction: { appId: 'run-1', version: 0 },
    now: () => 1,
  })
  await commit(
    store,
    't',
    [
      { remove: { path: 'a', dataChange: false } },
      { add: { ...makeAdd('b', 'A', 'A', 10), dataChange: false } },
    ],
    { operation: { kind: 'compact', removedPaths: ['a'] }, now: () => 2 },
  )
  const { stats: _, ...uncounted } = makeAdd('c')
  await commit(store, 't', [{ add: uncounted }], { now: () => 3 })
  const { commits } = await readSnapshot(store, 't')
  expect(commits.map(({ commitInfo: _info, ...entry }) => entry)).toEqual([
    {
      version: 0,
      timestampMs: 1,
      operation: 'WRITE',
      runId: 'run-1',
      filesAdded: 1,
      filesRemoved: 0,
      rowsAdded: 10,
      rowsRemoved: 0,
    },
    {
      version: 1,
      timestampMs: 2,
      operation: 'OPTIMIZE',
      runId: null,
      filesAdded: 1,
      filesRemoved: 1,
      rowsAdded: 10,
      rowsRemoved: 10,
    },
    {
      version: 2,
      timestampMs: 3,
      operation: 'WRITE',
      runId: null,
      filesAdded: 1,
      filesRemoved: 0,
      rowsAdded: null,
      rowsRemoved: 0,
    },
  ])
})
