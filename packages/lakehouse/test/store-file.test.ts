import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { fileStore, openStore, type FileSystem } from '../src/index.ts'
import { testStoreContract } from './store-contract.ts'

const folders: string[] = []
const makeFolder = async (): Promise<string> => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'fs-store-'))
  folders.push(folder)
  return folder
}
afterAll(async () => {
  for (const folder of folders) await fs.rm(folder, { recursive: true, force: true })
})

const bytes = new TextEncoder().encode('a few bytes')
const fail =
  (code: string): (() => Promise<never>) =>
  () =>
    Promise.reject(Object.assign(new Error(`${code}: made to fail`), { code }))

testStoreContract('file store', async () => fileStore(join(await makeFolder(), 'not/yet/there')))

test('a store opens by path and by file URI, and names itself as one', async () => {
  const folder = await makeFolder()
  await openStore(folder).put('x', bytes)
  const store = openStore(pathToFileURL(folder).href)
  expect(await store.get('x')).toEqual(bytes)
  expect(fileURLToPath(store.uri)).toBe(folder)
})

test('any other kind of URI is refused before anything is touched', () => {
  for (const uri of ['s3://bucket/lake', 'S3://bucket', 'gs://b', 'https://host/x']) {
    expect(() => openStore(uri), uri).toThrow(
      expect.objectContaining({
        code: 'unsupported_option',
        message: expect.stringContaining('only local folders and file://'),
      }),
    )
  }
  expect(() => openStore('')).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  expect(() => openStore('file://host/x')).toThrow(
    expect.objectContaining({ code: 'invalid_input' }),
  )
})

test('a write is synced before it gets its name, and the folders are synced after', async () => {
  const folder = await makeFolder()
  const calls: string[] = []
  const spy: FileSystem = {
    ...fs,
    open: async (path, flags) => {
      const handle = await fs.open(path, flags)
      const what = flags === 'wx' ? 'file' : String(path).slice(folder.length)
      const sync = handle.sync.bind(handle)
      handle.sync = () => (calls.push(`sync ${what}`), sync())
      return handle
    },
    link: (from, to) => (calls.push('link'), fs.link(from, to)),
    unlink: (path) => (calls.push('unlink'), fs.unlink(path)),
    rename: (from, to) => (calls.push('rename'), fs.rename(from, to)),
  }
  const store = fileStore(folder, spy)
  await store.putIfAbsent('a/b/1.json', bytes)
  expect(calls).toEqual(['sync /a', 'sync ', 'sync file', 'link', 'unlink', 'sync /a/b'])
  calls.length = 0
  await store.put('a/b/1.json', bytes)
  expect(calls).toEqual(['sync file', 'rename', 'sync /a/b'])
})

test('a disk that takes a few bytes at a time still gets them all', async () => {
  const folder = await makeFolder()
  const slow: FileSystem = {
    ...fs,
    open: async (path, flags) => {
      const handle = await fs.open(path, flags)
      const write = handle.write.bind(handle) as (
        ...args: [Uint8Array, number, number, number]
      ) => Promise<{ bytesWritten: number; buffer: Uint8Array }>
      Object.assign(handle, {
        write: (data: Uint8Array, offset: number, length: number, position: number) =>
          write(data, offset, Math.min(length, 3), position),
      })
      return handle
    },
  }
  await fileStore(folder, slow).put('x', bytes)
  expect(new Uint8Array(await fs.readFile(join(folder, 'x')))).toEqual(bytes)
})

test.each([
  ['EROFS', 'read_only'],
  ['EACCES', 'read_only'],
  ['ENOSPC', 'no_space'],
  ['EDQUOT', 'no_space'],
  ['EIO', 'io_error'],
])('%s while writing is %s, and no temporary file stays', async (errno, code) => {
  const folder = await makeFolder()
  await fileStore(folder).put('x', bytes)
  const broken: FileSystem = {
    ...fs,
    open: async (path, flags) => {
      const handle = await fs.open(path, flags)
      if (flags === 'wx') Object.assign(handle, { write: fail(errno) })
      return handle
    },
  }
  const store = fileStore(folder, broken)
  const expected = { code, evidence: { file: 'x' } }
  await expect(store.put('x', new Uint8Array(9))).rejects.toMatchObject(expected)
  await expect(store.putIfAbsent('x', new Uint8Array(9))).rejects.toMatchObject(expected)
  expect(await fs.readdir(folder)).toEqual(['x'])
  expect(new Uint8Array(await fs.readFile(join(folder, 'x')))).toEqual(bytes)
})

test('a file system without hard links is named as the reason, and nothing is written', async () => {
  for (const errno of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']) {
    const folder = await makeFolder()
    const store = fileStore(folder, { ...fs, link: fail(errno) })
    await expect(store.putIfAbsent('x', bytes)).rejects.toMatchObject({
      code: 'conditional_put_unsupported',
      message: expect.stringContaining('hard link'),
    })
    expect(await fs.readdir(folder)).toEqual([])
  }
})

test('EEXIST for a link that was made after all is a success, as over NFS', async () => {
  const folder = await makeFolder()
  const store = fileStore(folder, {
    ...fs,
    link: async (from, to) => (await fs.link(from, to), fail('EEXIST')()),
  })
  expect(await store.putIfAbsent('x', bytes)).toBe(true)
  expect(await fs.readdir(folder)).toEqual(['x'])
})

test('a failed fsync is final and has its own code', async () => {
  const folder = await makeFolder()
  const broken: FileSystem = {
    ...fs,
    open: async (path, flags) => {
      const handle = await fs.open(path, flags)
      handle.sync = fail('EIO')
      return handle
    },
  }
  const store = fileStore(folder, broken)
  await expect(store.put('x', bytes)).rejects.toMatchObject({ code: 'fsync_failed' })
  await expect(store.putIfAbsent('x', bytes)).rejects.toMatchObject({ code: 'fsync_failed' })
  expect(await fs.readdir(folder)).toEqual([])
})

test('what a killed writer left is skipped by list and found by listTemporary', async () => {
  const folder = await makeFolder()
  const script = `
    import { fileStore } from ${JSON.stringify(new URL('../src/store-file.ts', import.meta.url).href)}
    import * as fs from 'node:fs/promises'
    const store = fileStore(${JSON.stringify(folder)}, { ...fs, link: () => process.kill(process.pid, 'SIGKILL') })
    await store.putIfAbsent('t/x', new Uint8Array(8))`
  const child = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script])
  expect(child.signal, child.stderr.toString()).toBe('SIGKILL')
  const store = fileStore(folder)
  expect(await store.list('')).toEqual([])
  const left = await store.listTemporary('')
  expect(left.map((entry) => entry.path.replace(/\d+-[0-9a-f-]{36}$/, ''))).toEqual(['t/.tmp-'])
  await store.remove(left[0]!.path)
  expect(await store.listTemporary('')).toEqual([])
})
