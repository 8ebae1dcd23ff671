import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  explainMissingFile,
  fileLifespans,
  foldCommits,
  listLog,
  planVacuum,
  readCommits,
  readSnapshot,
  vacuumTable,
  type Action,
  type Commit,
} from '../src/index.ts'
import { commit, makeAdd, makeTable, putLines } from './delta-table.ts'
import { memoryStore } from './memory-store.ts'

const DAY = 86_400_000
const remove = (path: string): Action => ({ remove: { path, dataChange: true } })

/** Days 0 to 3: a is replaced by b, b by c, c stays. `orphan` belongs to nobody. Every file is as old as its commit. */
async function makeHistory(): Promise<ReturnType<typeof memoryStore>> {
  let day = 0
  const store = memoryStore(() => day * DAY)
  const write = async (add: string, ...gone: readonly string[]): Promise<void> => {
    await store.put(`t/${add}.parquet`, new Uint8Array(10))
    await commit(
      store,
      't',
      [{ add: makeAdd(`${add}.parquet`) }, ...gone.map((name) => remove(`${name}.parquet`))],
      { now: () => day * DAY },
    )
  }
  await write('a')
  await store.put('t/orphan.parquet', new Uint8Array(10))
  day = 1
  await write('b', 'a')
  day = 2
  await write('c', 'b')
  return store
}

const names = (files: readonly { readonly path: string }[]): readonly string[] =>
  files.map((file) => file.path.replace('.parquet', ''))
const left = (store: ReturnType<typeof memoryStore>): readonly string[] =>
  names(
    [...store.files.keys()].filter((path) => path.endsWith('.parquet')).map((path) => ({ path })),
  )

test('a dry run tells what would go and removes nothing', async () => {
  const store = await makeHistory()
  const plan = await vacuumTable(store, 't', { dryRun: true, now: () => 30 * DAY })
  expect(names(plan.dataFiles)).toEqual(['a', 'b', 'orphan'])
  expect(plan).toMatchObject({ sizeBytes: 30, retainedVersions: [2], oldestReadableVersion: 2 })
  expect(left(store).length).toBe(4)
})

test('a version stays whole for the retention after it was replaced', async () => {
  const plan = async (day: number): Promise<readonly string[]> =>
    names(
      (await vacuumTable(await makeHistory(), 't', { dryRun: true, now: () => day * DAY }))
        .dataFiles,
    )
  expect(await plan(7)).toEqual([])
  expect(await plan(7.5), 'the orphan is old, version 0 was in force until day 1').toEqual([
    'orphan',
  ])
  expect(await plan(8)).toEqual(['a', 'orphan'])
  expect(await plan(9.5)).toEqual(['a', 'b', 'orphan'])
})

test('a pinned version stays readable whatever its age', async () => {
  const store = await makeHistory()
  const plan = await vacuumTable(store, 't', { pinnedVersions: [1], now: () => 99 * DAY })
  expect(left(store)).toEqual(['t/b', 't/c'])
  expect(plan).toMatchObject({ retainedVersions: [1, 2], oldestReadableVersion: 1 })
  await expect(
    vacuumTable(store, 't', { pinnedVersions: [3], now: () => 99 * DAY }),
  ).rejects.toMatchObject({ code: 'invalid_input', evidence: { version: 3 } })
})

test('young files without a commit, hidden folders and files of other kinds stay', async () => {
  const store = await makeHistory()
  for (const path of ['_change_data/x.parquet', '.hidden.parquet', 'notes.txt', '_p=1/y.parquet']) {
    store.files.set(`t/${path}`, { bytes: new Uint8Array(1), modifiedMs: 0 })
  }
  store.files.set('t/young.parquet', { bytes: new Uint8Array(1), modifiedMs: 95 * DAY })
  await vacuumTable(store, 't', { now: () => 99 * DAY })
  expect([...store.files.keys()].filter((path) => !path.includes('_delta_log')).toSorted()).toEqual(
    [
      't/.hidden.parquet',
      't/_change_data/x.parquet',
      't/c.parquet',
      't/notes.txt',
      't/young.parquet',
    ],
  )
})

test('a live file with an encoded path is not mistaken for an orphan', async () => {
  const store = memoryStore()
  await store.put('t/date=2024-01-01/a b%.parquet', new Uint8Array(1))
  await commit(store, 't', [{ add: makeAdd('date%3D2024-01-01/a%20b%25.parquet') }], {
    now: () => 0,
  })
  const plan = await vacuumTable(store, 't', { now: () => 99 * DAY })
  expect(plan).toMatchObject({ dataFiles: [], oldestReadableVersion: 0 })
})

test('temporary files go after a day', async () => {
  const store = await makeHistory()
  const entry = (path: string, day: number): object => ({ path, size: 1, modifiedMs: day * DAY })
  const removed: string[] = []
  const plan = await vacuumTable(
    {
      ...store,
      listTemporary: async () =>
        [
          entry('t/.tmp-1', 2.9),
          entry('t/_delta_log/.tmp-2', 2.9),
          entry('t/.tmp-3', 3.1),
        ] as never,
      remove: async (path) => void removed.push(path),
    },
    't',
    { now: () => 4 * DAY },
  )
  expect(removed).toEqual(['t/.tmp-1', 't/_delta_log/.tmp-2'])
  expect(plan.sizeBytes).toBe(2)
})

test('a retention below a day needs force', async () => {
  const store = await makeHistory()
  const options = { retentionMs: DAY - 1, now: () => 3 * DAY }
  await expect(vacuumTable(store, 't', options)).rejects.toMatchObject({ code: 'invalid_input' })
  expect(left(store).length).toBe(4)
  await vacuumTable(store, 't', { ...options, force: true })
  expect(left(store)).toEqual(['t/c'])
})

test.each([
  ['interval 30 days', 30],
  ['interval 2 weeks', 14],
  ['6 hours', 7],
  ['interval 1 month', 31],
])('a table that asks for %s keeps its files for %i days', async (setting, days) => {
  const store = await makeHistory()
  await putLines(
    store,
    't',
    3,
    makeTable({ configuration: { 'delta.deletedFileRetentionDuration': setting } })[1]!,
  )
  const plan = (day: number): Promise<{ dataFiles: readonly object[] }> =>
    vacuumTable(store, 't', { dryRun: true, now: () => day * DAY })
  expect((await plan(days)).dataFiles.length).toBe(0)
  expect((await plan(days + 3)).dataFiles.length).toBe(3)
})

test('a retention that cannot be read is refused, not guessed', async () => {
  const store = await makeHistory()
  await putLines(
    store,
    't',
    3,
    makeTable({ configuration: { 'delta.deletedFileRetentionDuration': 'P7D' } })[1]!,
  )
  await expect(vacuumTable(store, 't')).rejects.toMatchObject({
    message: expect.stringContaining('P7D'),
  })
})

test('a folder that holds another table is refused', async () => {
  const store = await makeHistory()
  await commit(store, '', [{ add: makeAdd('x') }])
  await expect(vacuumTable(store, '', { now: () => 99 * DAY })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('another table'),
  })
  expect(left(store).length).toBe(4)
})

test('after a vacuum the error of a version that is gone names the oldest that is whole', async () => {
  const store = await makeHistory()
  await vacuumTable(store, 't', { now: () => 8 * DAY })
  expect(await explainMissingFile(store, 't', 0, 'a.parquet')).toMatchObject({
    code: 'version_not_available',
    evidence: { version: 0, oldest: 1, file: 't/a.parquet' },
  })
  await store.remove('t/c.parquet')
  expect(await explainMissingFile(store, 't', 2, 'c.parquet')).toMatchObject({
    code: 'corrupt_file',
  })
})

test('whatever happened to a table, a vacuum leaves every retained version whole', () => {
  const step = fc.record({
    hours: fc.nat({ max: 72 }),
    touched: fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1, maxLength: 3 }),
  })
  const history = fc.array(step, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(history, fc.nat({ max: 20 }), fc.nat(), (steps, days, pin) => {
      const commits: Commit[] = [{ version: 0, modifiedMs: 0, actions: makeTable() }]
      const live = new Set<string>()
      let time = 0
      for (const { hours, touched } of steps) {
        time += hours * 3_600_000
        const actions = touched.map((index): Action => {
          const path = `${index}.parquet`
          if (live.delete(path)) return remove(path)
          live.add(path)
          return { add: makeAdd(path) }
        })
        commits.push({ version: commits.length, modifiedMs: time, actions })
      }
      const summaries = foldCommits(null, commits, 't').commits
      const files = [0, 1, 2, 3, 4, 5, 6].map((n) => ({
        path: `${n}.parquet`,
        size: 1,
        modifiedMs: 0,
      }))
      const nowMs = time + days * DAY
      const pinned = pin % commits.length
      const plan = planVacuum({
        commits: summaries,
        lifespans: fileLifespans(commits),
        files,
        temporary: [],
        nowMs,
        retentionMs: 7 * DAY,
        pinnedVersions: [pinned],
      })
      const gone = new Set(plan.dataFiles.map((file) => file.path))
      const filesOf = (version: number): readonly string[] =>
        foldCommits(null, commits.slice(0, version + 1), 't').files.map((file) => file.path)
      const inForce = summaries.filter((entry, index) => {
        const next = summaries[index + 1]
        return next === undefined || next.timestampMs > nowMs - 7 * DAY || entry.version === pinned
      })
      for (const { version } of inForce) {
        expect(plan.retainedVersions).toContain(version)
        for (const path of filesOf(version)) expect(gone.has(path)).toBe(false)
      }
      for (let version = plan.oldestReadableVersion!; version < commits.length; version++) {
        for (const path of filesOf(version)) expect(gone.has(path)).toBe(false)
      }
      if (nowMs > 7 * DAY) expect(gone.has('6.parquet'), 'never in the table').toBe(true)
    }),
  )
})

test('lifespans follow a file through removal and return', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  await commit(store, 't', [remove('a')])
  await commit(store, 't', [{ add: makeAdd('a') }])
  await commit(store, 't', [{ add: { ...makeAdd('a'), dataChange: false } }])
  const commits = await readCommits(store, (await listLog(store, 't')).commits)
  expect(fileLifespans(commits)).toEqual([
    { path: 'a', since: 0, until: 1 },
    { path: 'a', since: 2, until: null },
  ])
  expect((await readSnapshot(store, 't')).files.length).toBe(1)
})
