import { expect, test } from 'vitest'
import {
  commitActions,
  commitPath,
  LakehouseError,
  readSnapshot,
  type Planning,
  type Store,
} from '../src/index.ts'
import { commit, makeAdd, makeMetaData, makeTable, putLines } from './delta-table.ts'
import { faultStore } from './fault-store.ts'
import { memoryStore } from './memory-store.ts'

const lines = async (store: Store, table: string, version: number): Promise<readonly object[]> =>
  new TextDecoder()
    .decode(await store.get(commitPath(table, version)))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
const paths = async (store: Store, table: string): Promise<readonly string[]> =>
  (await readSnapshot(store, table)).files.map((file) => file.path)
const put = (store: Store, path: string): Promise<void> => store.put(path, new Uint8Array(3))

/** Lets `race` run right before the n-th attempt to take a version. */
const racing = (store: Store, ...races: readonly (() => Promise<unknown>)[]): Store => {
  let attempt = 0
  return {
    ...store,
    putIfAbsent: async (path, bytes) => {
      await races[attempt++]?.()
      return store.putIfAbsent(path, bytes)
    },
  }
}

test('a commit is one file of JSON lines in the order of the protocol', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('old') }])
  await commit(
    store,
    't',
    [
      { add: makeAdd('new') },
      { remove: { path: 'old', dataChange: true, deletionTimestamp: 5 } },
      { metaData: makeMetaData() },
    ],
    {
      transaction: { appId: 'run', version: 0 },
      now: () => 1_700_000_000_000,
      newId: () => 'id',
      engineInfo: 'fs',
    },
  )
  const written = await lines(store, 't', 1)
  expect(written.map((line) => Object.keys(line)[0])).toEqual([
    'commitInfo',
    'metaData',
    'txn',
    'remove',
    'add',
  ])
  expect(written[0]).toEqual({
    commitInfo: {
      operation: 'WRITE',
      operationParameters: {},
      readVersion: 0,
      isBlindAppend: true,
      engineInfo: 'fs',
      timestamp: 1_700_000_000_000,
      txnId: 'id',
    },
  })
  expect(written[2]).toEqual({ txn: { appId: 'run', version: 0, lastUpdated: 1_700_000_000_000 } })
})

test('the result is the snapshot that a reader then finds', async () => {
  const store = memoryStore()
  for (const name of ['a', 'b', 'c']) {
    const result = await commit(store, 't', [{ add: makeAdd(name) }])
    expect(result).toMatchObject({ written: true, attempts: 1 })
    expect(result.snapshot).toEqual(await readSnapshot(store, 't'))
  }
})

test('a lost race with an append to other symbols is only renumbered', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('first') }])
  const race = racing(store, () => commit(store, 't', [{ add: makeAdd('theirs', 'X') }]))
  let plans = 0
  const result = await commitActions(race, 't', {
    build: async () => {
      plans++
      return {
        operation: { kind: 'upsertSymbols', symbols: ['B'] },
        actions: [{ add: makeAdd('ours', 'B') }],
      }
    },
    sleep: async () => undefined,
  })
  expect({ version: result.version, attempts: result.attempts, plans }).toEqual({
    version: 2,
    attempts: 2,
    plans: 1,
  })
  expect(await paths(store, 't')).toEqual(['first', 'theirs', 'ours'])
  expect((await lines(store, 't', 2))[0]).toMatchObject({ commitInfo: { readVersion: 1 } })
})

test('a lost race that touched our symbols is planned anew, and the first files are removed', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('first') }])
  const race = racing(store, () => commit(store, 't', [{ add: makeAdd('theirs', 'B') }]))
  const seen: Planning[] = []
  await commitActions(race, 't', {
    build: async (planning) => {
      seen.push(planning)
      const path = `ours-${seen.length}`
      await put(store, `t/${path}`)
      await put(store, 't/kept')
      return {
        operation: { kind: 'upsertSymbols', symbols: ['B'] },
        actions: [{ add: makeAdd(path, 'B') }, { add: makeAdd('kept', 'B') }],
      }
    },
    sleep: async () => undefined,
  })
  expect(seen.map((planning) => planning.snapshot?.version)).toEqual([0, 1])
  expect(seen[1]?.previous).toMatchObject({
    snapshot: { version: 0 },
    verdict: { kind: 're-plan', version: 1, reason: expect.stringContaining('theirs') },
  })
  expect(await paths(store, 't')).toEqual(['first', 'theirs', 'ours-2', 'kept'])
  expect([...store.files.keys()].filter((path) => !path.includes('_delta_log'))).toEqual([
    't/kept',
    't/ours-2',
  ])
})

test('two writers that create one table: the second plans on what the first made', async () => {
  const store = memoryStore()
  const race = racing(store, () => commit(store, 't', [{ add: makeAdd('theirs') }]))
  const result = await commit(race, 't', [{ add: makeAdd('ours') }])
  expect(result.version).toBe(1)
  expect(await paths(store, 't')).toEqual(['theirs', 'ours'])
})

test('a run whose mark is in the table writes nothing and names the version', async () => {
  const store = memoryStore()
  const transaction = { appId: 'run-1', version: 2 }
  await commit(store, 't', [{ add: makeAdd('a') }])
  await commit(store, 't', [{ add: makeAdd('b') }], { transaction })
  await commit(store, 't', [{ add: makeAdd('c') }])
  const again = await commit(store, 't', [{ add: makeAdd('d') }], { transaction })
  expect(again).toMatchObject({ version: 1, written: false, attempts: 0 })
  const older = { appId: 'run-1', version: 1 }
  expect((await commit(store, 't', [{ add: makeAdd('d') }], { transaction: older })).version).toBe(
    1,
  )
  const next = { appId: 'run-1', version: 3 }
  expect((await commit(store, 't', [{ add: makeAdd('e') }], { transaction: next })).version).toBe(3)
  expect(await paths(store, 't')).toEqual(['a', 'b', 'c', 'e'])
})

test('the same run in two processes: the slower finds the mark, returns it and removes its files', async () => {
  const store = memoryStore()
  const transaction = { appId: 'run', version: 0 }
  await commit(store, 't', [{ add: makeAdd('a') }])
  await put(store, 't/slow')
  const race = racing(store, () => commit(store, 't', [{ add: makeAdd('fast') }], { transaction }))
  const result = await commit(race, 't', [{ add: makeAdd('slow') }], { transaction })
  expect(result).toMatchObject({ version: 1, written: false })
  expect(await paths(store, 't')).toEqual(['a', 'fast'])
  expect(await store.head('t/slow')).toBe(null)
})

test('nothing to do makes no version', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  const result = await commitActions(store, 't', { build: async () => ({ done: 0 }) })
  expect(result).toMatchObject({ version: 0, written: false })
  expect(store.files.size).toBe(1)
})

const lost = new LakehouseError('io_error', 'the reply was lost')

test('a lost reply of a commit that was made is a success, found by its txnId', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  const deaf: Store = {
    ...store,
    putIfAbsent: async (path, bytes) => {
      await store.putIfAbsent(path, bytes)
      throw lost
    },
  }
  expect(await commit(deaf, 't', [{ add: makeAdd('b') }])).toMatchObject({
    version: 1,
    written: true,
  })
  const told: Store = {
    ...deaf,
    putIfAbsent: async (path, bytes) => (await store.putIfAbsent(path, bytes), false),
  }
  expect(await commit(told, 't', [{ add: makeAdd('c') }])).toMatchObject({
    version: 2,
    written: true,
  })
  expect(await paths(store, 't')).toEqual(['a', 'b', 'c'])
})

test('a write that failed before it reached the store is tried again under the same number', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  const flaky = racing(
    store,
    () => Promise.reject(lost),
    () => Promise.reject(lost),
  )
  expect(await commit(flaky, 't', [{ add: makeAdd('b') }])).toMatchObject({
    version: 1,
    attempts: 3,
  })
  expect(await paths(store, 't')).toEqual(['a', 'b'])
})

test('a table is created although the first write of its log failed', async () => {
  const store = memoryStore()
  const flaky = racing(store, () => Promise.reject(lost))
  expect(await commit(flaky, 't', [])).toMatchObject({ version: 0, written: true, attempts: 2 })
})

test('with the last snapshot at hand a commit is one listing and one write, however long the log', async () => {
  const store = memoryStore()
  let { snapshot } = await commit(store, 't', [])
  for (let index = 0; index < 30; index++) {
    const counting = faultStore(store)
    const base = snapshot
    snapshot = (await commit(counting, 't', [{ add: makeAdd(`f${index}`) }], { base })).snapshot
    expect(counting.calls).toBe(2)
  }
})

test('a store that stays silent ends in io_error, keeps the data files, and a re-run finishes', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  await put(store, 't/b')
  const transaction = { appId: 'run', version: 0 }
  const down: Store = { ...store, putIfAbsent: () => Promise.reject(lost) }
  await expect(commit(down, 't', [{ add: makeAdd('b') }], { transaction })).rejects.toMatchObject({
    code: 'io_error',
    evidence: { version: 1 },
    cause: lost,
  })
  expect(await store.head('t/b')).not.toBe(null)
  expect(await commit(store, 't', [{ add: makeAdd('b') }], { transaction })).toMatchObject({
    version: 1,
    written: true,
  })
})

test('what the store says for sure is not tried again', async () => {
  const store = memoryStore()
  let calls = 0
  const full: Store = {
    ...store,
    putIfAbsent: () => {
      calls++
      return Promise.reject(new LakehouseError('no_space', 'full'))
    },
  }
  await expect(commit(full, 't', [])).rejects.toMatchObject({ code: 'no_space' })
  expect(calls).toBe(1)
})

test('losing every attempt is commit_contention, and leaves nothing behind', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  await put(store, 't/ours')
  const delays: number[] = []
  const theirs = (_: unknown, index: number) => () =>
    commit(store, 't', [{ add: makeAdd(`theirs-${index}`) }])
  const crowded = racing(store, ...Array.from({ length: 9 }, theirs))
  await expect(
    commit(crowded, 't', [{ add: makeAdd('ours') }], {
      maxAttempts: 9,
      random: () => 1,
      sleep: async (ms) => delays.push(ms),
    }),
  ).rejects.toMatchObject({ code: 'commit_contention', evidence: { attempts: 9, version: 9 } })
  expect(delays).toEqual([10, 20, 40, 80, 160, 320, 500, 500, 500])
  expect(await store.head('t/ours')).toBe(null)
})

test('a schema change loses to another one and says so', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  const race = racing(store, () => commit(store, 't', [{ metaData: makeMetaData({ name: 'x' }) }]))
  const ours = commit(race, 't', [{ metaData: makeMetaData() }, { add: makeAdd('b') }])
  await expect(ours).rejects.toMatchObject({ code: 'commit_contention', evidence: { version: 1 } })
  expect(await paths(store, 't')).toEqual(['a'])
})

test('a signal ends the commit before it is made', async () => {
  const store = memoryStore()
  const controller = new AbortController()
  const result = commitActions(store, 't', {
    signal: controller.signal,
    build: async () => {
      controller.abort(new Error('interrupted'))
      return { operation: { kind: 'append' }, actions: makeTable() }
    },
  })
  await expect(result).rejects.toMatchObject({ code: 'aborted' })
  expect(store.files.size).toBe(0)
})

test.each([
  ['no action', [], /holds no action/],
  [
    'two actions for one path',
    [{ add: makeAdd('x%20y') }, { add: makeAdd('x y') }],
    /two actions for x y/,
  ],
  ['a path added twice', [{ add: makeAdd('live') }], /in the table already/],
  ['a removal of nothing', [{ remove: { path: 'never', dataChange: true } }], /not in the table/],
  ['a mark of its own', [{ txn: { appId: 'a', version: 0 } }], /added by the commit itself/],
])('a plan with %s is refused', async (_name, actions, message) => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('live') }])
  const result = commit(store, 't', actions)
  await expect(result).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(message),
  })
  expect((await readSnapshot(store, 't')).version).toBe(0)
})

test('an append-only table takes moved rows, but none are dropped', async () => {
  const store = memoryStore()
  await putLines(
    store,
    't',
    0,
    ...makeTable({ configuration: { 'delta.appendOnly': 'true' } }),
    { add: makeAdd('a') },
    { add: makeAdd('b') },
  )
  const drop = commit(store, 't', [{ remove: { path: 'a', dataChange: true } }])
  await expect(drop).rejects.toMatchObject({ code: 'invalid_input' })
  await commit(store, 't', [
    { remove: { path: 'a', dataChange: false } },
    { add: { ...makeAdd('c'), dataChange: false } },
  ])
  expect(await paths(store, 't')).toEqual(['b', 'c'])
})

test.each([
  ['checkConstraints', { minReaderVersion: 1, minWriterVersion: 3 }, {}],
  [
    'changeDataFeed',
    { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly', 'changeDataFeed'] },
    {},
  ],
  ['writer version 8', { minReaderVersion: 1, minWriterVersion: 8 }, {}],
  [
    'invariants on close',
    { minReaderVersion: 1, minWriterVersion: 2 },
    {
      fields: [
        { name: 'close', type: 'double', nullable: true, metadata: { 'delta.invariants': '{}' } },
      ],
    },
  ],
])(
  'a table that needs %s of its writers is read but not written',
  async (feature, protocol, change) => {
    const store = memoryStore()
    await putLines(store, 't', 0, { protocol }, { metaData: makeMetaData(change) })
    expect((await readSnapshot(store, 't')).version).toBe(0)
    let built = false
    const result = commitActions(store, 't', {
      build: async () => {
        built = true
        return { done: 0 }
      },
    })
    await expect(result).rejects.toMatchObject({
      code: 'unsupported_feature',
      message: expect.stringContaining(feature),
    })
    expect(built, 'refused before any data file is written').toBe(false)
  },
)
