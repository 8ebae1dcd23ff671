import * as nodeFs from 'node:fs/promises'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileStore, type LedgerFileSystem } from '../src/index.ts'
import { memoryStore } from './memory-store.ts'
import { testLedgerStoreContract } from './store-contract.ts'

let work: string
let rounds = 0
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'fs-ledger-store-'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

testLedgerStoreContract('file store', async () => fileStore(join(work, `round-${rounds++}`)))
testLedgerStoreContract('memory store', async () => memoryStore())

test('a name never leads out of the folder', async () => {
  const store = fileStore(join(work, 'inside'))
  for (const name of ['../x', 'ledger/../../x', '/etc/passwd', 'ledger//x', 'ledger\\..\\x', '']) {
    await expect(store.get(name), name).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(store.putIfAbsent(name, new Uint8Array(1)), name).rejects.toMatchObject({
      code: 'invalid_input',
    })
  }
})

test('a temporary file that a dead writer left is never listed', async () => {
  const folder = join(work, 'dead')
  const store = fileStore(folder)
  await store.putIfAbsent('ledger/a', new Uint8Array(1))
  await writeFile(join(folder, 'ledger', '.tmp-1-x'), 'half')
  expect(await store.list('ledger')).toEqual(['ledger/a'])
})

test('whichever call of a write fails, the name is whole or free, and no temporary file stays', async () => {
  let failed = 0
  for (let at = 1; ; at++) {
    let calls = 0
    const folder = join(work, `fault-${at}`)
    const step = <T>(work: () => T): T => {
      if (++calls === at) throw Object.assign(new Error('EIO: fault'), { code: 'EIO' })
      return work()
    }
    const faulty = {
      ...nodeFs,
      link: (async (...args) => step(() => nodeFs.link(...args))) as typeof nodeFs.link,
      mkdir: (async (...args: Parameters<typeof nodeFs.mkdir>) =>
        step(() => nodeFs.mkdir(...args))) as typeof nodeFs.mkdir,
      open: async (...args: Parameters<typeof nodeFs.open>) => {
        const handle = await step(() => nodeFs.open(...args))
        return new Proxy(handle, {
          get(target, key) {
            const member: unknown = Reflect.get(target, key, target)
            if (typeof member !== 'function') return member
            return async (...given: unknown[]) => {
              if (key === 'close') return Reflect.apply(member, target, given) as unknown
              return step(() => Reflect.apply(member, target, given) as unknown)
            }
          },
        })
      },
    } satisfies LedgerFileSystem
    const bytes = new TextEncoder().encode('whole')
    const ended = await fileStore(folder, faulty)
      .putIfAbsent('ledger/a', bytes)
      .catch(() => null)
    if (ended === null) failed++
    const found = await fileStore(folder).get('ledger/a')
    if (found !== null) expect(new Uint8Array(found)).toEqual(bytes)
    if (ended === true) expect(found).not.toBe(null)
    const left = await readdir(join(folder, 'ledger')).catch(() => [])
    expect(left.filter((name) => name.startsWith('.tmp-'))).toEqual([])
    if (calls < at) break
  }
  expect(failed, 'the faults were felt').toBeGreaterThan(5)
})
