import * as fs from 'node:fs/promises'
import { basename } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  fileStore,
  type FileSystem,
  isLakehouseError,
  LakehouseError,
  openLakehouse,
  openStore,
  type Store,
  type Table,
} from '../src/index.ts'
import { bar, BARS, barsOf, linesOf } from './bars.ts'
import { collect, temporaryFolder, temporaryLake } from './temporary-lake.ts'

// Faults of the store that the main thread reads and writes logs through; data files are written by worker threads
// through stores of their own, whose crash is covered by processes that are killed.

type Fault = 'fails before' | 'loses the reply' | 'has no room'

/** A store whose n-th call fails in one way; counts calls. */
function faultyStore(inner: Store): Store & { arm(n: number, fault: Fault): void; calls: number } {
  let armed: { n: number; fault: Fault } | undefined
  const wrapped = {
    calls: 0,
    arm(n: number, fault: Fault) {
      wrapped.calls = 0
      armed = { n, fault }
    },
    uri: inner.uri,
  } as Store & { arm(n: number, fault: Fault): void; calls: number }
  for (const name of [
    'get',
    'getRange',
    'head',
    'put',
    'putIfAbsent',
    'list',
    'listTemporary',
    'remove',
  ] as const) {
    const call = inner[name].bind(inner) as (...args: unknown[]) => Promise<unknown>
    const faulty = async (...args: unknown[]): Promise<unknown> => {
      wrapped.calls += 1
      const fault = wrapped.calls === armed?.n ? armed.fault : undefined
      if (fault === 'fails before') throw new LakehouseError('io_error', `made to fail: ${name}`)
      if (fault === 'has no room') throw new LakehouseError('no_space', `made to fail: ${name}`)
      const result = await call(...args)
      if (fault === 'loses the reply') throw new LakehouseError('io_error', `made to fail: ${name}`)
      return result
    }
    Object.assign(wrapped, { [name]: faulty })
  }
  return wrapped
}

const FIRST = [bar('A', 60, 1), bar('B', 60, 2)]
const SECOND = [bar('A', 60, 5), bar('B', 60, 2), bar('C', 60, 3)]
const OLD = ['A 60 120 1', 'B 60 120 2']
const NEW = ['A 60 120 1', 'A 60 500 5', 'B 60 120 2', 'C 60 120 3']

test.for<Fault>(['fails before', 'loses the reply', 'has no room'])(
  'a store that %s at any call of an import leaves the table old or new, and a repetition completes it',
  async (fault) => {
    const folder = await temporaryFolder()
    const store = faultyStore(openStore(folder))
    const lake = openLakehouse(store, { workers: 1, now: () => 1_000 })
    const plain = openLakehouse(folder, { workers: lake.workers })
    onTestFinished(() => lake.close())
    const upsert = (table: Table) =>
      table.upsertSymbols([barsOf(SECOND)], { runId: 'second', restatedAt: 500 })

    let failures = 0
    for (const base of ['absent', 'there'] as const) {
      for (let n = 1; ; n++) {
        const name = `${base}_${n}`
        if (base === 'there') {
          const before = lake.table(name, { schema: BARS })
          await before.upsertSymbols([barsOf(FIRST)], { runId: 'first' })
        }
        store.arm(n, fault)
        const failed = await upsert(lake.table(name, { schema: BARS })).then(
          () => undefined,
          (error: unknown) => error,
        )
        const wasReached = store.calls >= n
        store.arm(0, fault)
        const table = plain.table(name, { schema: BARS })
        const snapshot = await table.state()
        const lines = snapshot === null ? [] : linesOf(await collect(table))
        const all = base === 'there' ? NEW : linesOf(barsOf(SECOND))
        const states = base === 'there' ? [OLD, all] : [[], all]
        expect(states, `${name}: the old state or the new one`).toContainEqual(lines)
        if (failed === undefined) expect(lines, `${name}: it said it was done`).toEqual(all)
        else {
          failures += 1
          expect(
            isLakehouseError(failed, 'io_error', 'no_space'),
            `${name}: ${(failed as Error).message}`,
          ).toBe(true)
        }
        if (fault === 'has no room' && failed !== undefined) {
          const files = (await plain.store.list(`${name}/part-`)).map(({ path }) => basename(path))
          const live = (snapshot?.files ?? []).map(({ path }) => path)
          expect(files, `${name}: no data file is left over`).toEqual(live.toSorted())
        }
        await upsert(table)
        expect(linesOf(await collect(table)), `${name}: repeated`).toEqual(all)
        expect((await upsert(table)).version, `${name}: a third time changes nothing`).toBe(null)
        if (!wasReached) break
      }
    }
    expect(failures).toBeGreaterThan(3)
  },
)

test('a disk that does not confirm a commit that is visible keeps its data files', async () => {
  const folder = await temporaryFolder()
  let isFailing = false
  const unconfirmed: FileSystem = {
    ...fs,
    open: (async (path: string, flags: string) => {
      const handle = await fs.open(path, flags)
      if (isFailing && flags === 'r' && basename(path) === '_delta_log') {
        handle.sync = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
      }
      return handle
    }) as FileSystem['open'],
  }
  const lake = openLakehouse(fileStore(folder, unconfirmed), { workers: 1, now: () => 1_000 })
  onTestFinished(() => lake.close())
  const table = lake.table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf(FIRST)], { runId: 'first' })
  isFailing = true
  const options = { runId: 'second', restatedAt: 500 }
  await expect(table.upsertSymbols([barsOf(SECOND)], options)).rejects.toMatchObject({
    code: 'fsync_failed',
  })
  isFailing = false
  // The version has its name already: a reader sees it, and its rows must be there.
  expect(linesOf(await collect(lake.table('bars_1d')))).toEqual(NEW)
})

test('a refused commit leaves no data file behind', async () => {
  const lake = await temporaryLake()
  const table = lake.table('bars_1d', { schema: BARS })
  await table.upsertSymbols([barsOf(FIRST)], { runId: 'first' })
  const files = async () => (await lake.store.list('bars_1d/part-')).length
  expect(await files()).toBe(1)
  // Another engine raises the protocol, first beforehand, then while the import is under way.
  const raise = (version: number) =>
    lake.store.put(
      `bars_1d/_delta_log/${String(version).padStart(20, '0')}.json`,
      new TextEncoder().encode(
        '{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["clustering"]}}\n',
      ),
    )
  async function* portions() {
    yield barsOf(SECOND)
    await raise(1)
  }
  const refusal = { code: 'unsupported_feature', message: expect.stringContaining('clustering') }
  await expect(table.upsertSymbols(portions(), { runId: 's' })).rejects.toMatchObject(refusal)
  expect(await files()).toBe(1)
  await expect(table.upsertSymbols([barsOf(SECOND)], { runId: 's' })).rejects.toMatchObject(refusal)
  expect(await files()).toBe(1)
  expect(linesOf(await collect(table)), 'it stays readable').toEqual(OLD)
})
