import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  commitActions,
  encodePath,
  fileStore,
  isLakehouseError,
  PROTOCOL,
  readSnapshot,
  tableExists,
  type CommitResult,
  type Store,
} from '../src/index.ts'
import { commit, makeAdd, makeMetaData } from './delta-table.ts'
import { faultFileSystem, type FileSystemFault } from './fault-file-system.ts'
import { faultStore, type StoreFault } from './fault-store.ts'
import { testStoreContract } from './store-contract.ts'

let work: string
let rounds = 0
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'fs-crash-'))
  await commit(fileStore(join(work, 'existing')), 't', [{ add: makeAdd('old', 'A') }])
})
afterAll(() => rm(work, { recursive: true, force: true }))

testStoreContract('file store behind the fault wrapper', async () =>
  faultStore(fileStore(join(work, `contract-${rounds++}`))),
)

const CONTENT = new TextEncoder().encode('the rows of this run, whole')

/** One run as an application makes it: a data file, then the commit that names it. */
function runOnce(store: Store): Promise<CommitResult> {
  return commitActions(store, 't', {
    transaction: { appId: 'run', version: 0 },
    sleep: async () => undefined,
    build: async ({ snapshot }) => {
      const path = `part ${randomUUID()}.parquet`
      await store.putIfAbsent(`t/${path}`, CONTENT)
      const add = { add: { ...makeAdd(encodePath(path), 'B'), size: CONTENT.length } }
      return {
        operation: { kind: 'append' },
        actions:
          snapshot === null ? [{ protocol: PROTOCOL }, { metaData: makeMetaData() }, add] : [add],
      }
    },
  })
}

async function makeFolder(start: string): Promise<string> {
  const folder = join(work, `round-${rounds++}`)
  if (start === 'existing') await cp(join(work, 'existing'), folder, { recursive: true })
  return folder
}

/** Old or new, never a third; a run said to be done is done; the next one completes it, exactly once. */
async function checkAfter(
  folder: string,
  start: string,
  ended: CommitResult | null,
): Promise<void> {
  const store = fileStore(folder)
  const old = start === 'existing' ? ['old'] : []
  const live = async (): Promise<readonly string[]> =>
    (await tableExists(store, 't')) ? (await readSnapshot(store, 't')).files.map((f) => f.path) : []
  const found = await live()
  expect(found.slice(0, old.length)).toEqual(old)
  expect(found.length - old.length).toBeLessThanOrEqual(1)
  if (ended !== null) expect(found.length, 'an acknowledged commit is there').toBe(old.length + 1)
  for (const entry of await store.list('t/part')) {
    expect(await store.get(entry.path), 'no file is torn, not even one nobody names').toEqual(
      CONTENT,
    )
  }
  const again = await runOnce(store)
  expect(again.version).toBe(old.length)
  expect(again.written, 'what was there is not written twice').toBe(found.length === old.length)
  const after = await live()
  expect(after.length).toBe(old.length + 1)
  const path = `t/${decodeURIComponent(after.at(-1)!)}`
  expect(await store.get(path)).toEqual(CONTENT)
}

const endOf = async (store: Store): Promise<CommitResult | null> => {
  try {
    return await runOnce(store)
  } catch (error) {
    expect(isLakehouseError(error), String(error)).toBe(true)
    return null
  }
}

for (const start of ['existing', 'new']) {
  test.each<StoreFault>(['fail', 'lose-reply', 'die'])(
    `${start} table: whichever call to the store goes wrong (%s), the state is old or new`,
    async (fault) => {
      let failed = 0
      for (let at = 1; ; at++) {
        const folder = await makeFolder(start)
        const store = faultStore(fileStore(folder), fault, at)
        const ended = await endOf(store)
        if (ended === null) failed++
        await checkAfter(folder, start, ended)
        if (store.calls < at) break
      }
      expect(failed, 'the faults were felt').toBeGreaterThan(1)
    },
  )

  test.each<FileSystemFault>(['fail', 'short', 'lose-reply', 'die'])(
    `${start} table: whichever call to the file system goes wrong (%s), the state is old or new`,
    async (fault) => {
      let failed = 0
      let at = 1
      for (; ; at++) {
        const folder = await makeFolder(start)
        const fs = faultFileSystem(fault, at)
        const ended = await endOf(fileStore(folder, fs))
        if (ended === null) failed++
        await checkAfter(folder, start, ended)
        if (fs.calls < at) break
      }
      expect(at, 'every call of the run had its turn').toBeGreaterThan(15)
      if (fault === 'short') expect(failed, 'a short write is only a slow one').toBe(0)
      else expect(failed, 'the faults were felt').toBeGreaterThan(5)
    },
  )
}
