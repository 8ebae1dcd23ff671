import { randomUUID } from 'node:crypto'
import * as nodeFs from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { LedgerError } from './errors.ts'
import type { LedgerStore } from './store.ts'

/** The calls of `node:fs/promises` that a file store makes; tests pass ones that fail. */
export type LedgerFileSystem = Pick<
  typeof nodeFs,
  'link' | 'mkdir' | 'open' | 'readdir' | 'readFile' | 'stat' | 'unlink'
>

const TEMPORARY_PREFIX = '.tmp-'

/**
 * Opens a local folder as the store of a ledger.
 *
 * A file is written under a temporary name, synced, and then linked to its own, so a process killed at any moment
 * leaves it whole or not at all. Temporary names begin with a dot and are never read.
 *
 * @param directory path of the audit folder; the first write creates it
 * @param fs the file system calls, `node:fs/promises` unless given
 * @returns the store
 */
export function fileStore(directory: string, fs: LedgerFileSystem = nodeFs): LedgerStore {
  const root = resolve(directory)

  async function putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    const target = locate(root, name)
    const folder = dirname(target)
    // Losing early saves the two syncs of a file that nobody will see; the link below decides all the same.
    if (await exists(fs, target)) return false
    await makeFolder(fs, folder)
    const temporary = join(folder, `${TEMPORARY_PREFIX}${process.pid}-${randomUUID()}`)
    let created: boolean
    try {
      await writeSynced(fs, temporary, bytes)
      created = await linkFree(fs, temporary, target)
    } finally {
      // One that stays is never listed; its failure must not hide how the write ended.
      await fs.unlink(temporary).catch(() => undefined)
    }
    if (created) await syncFolder(fs, folder)
    return created
  }

  return {
    async list(folder, after) {
      const children = await fs
        .readdir(locate(root, folder), { withFileTypes: true })
        .catch((error: unknown) => {
          if (isMissing(error)) return []
          throw error
        })
      const names: string[] = []
      for (const child of children) {
        const name = `${folder}/${child.name}`
        if (child.name.startsWith('.') || child.isDirectory()) continue
        if (after === undefined || name > after) names.push(name)
      }
      return names.sort()
    },
    async get(name) {
      try {
        return await fs.readFile(locate(root, name))
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    putIfAbsent,
    async delete(name) {
      try {
        await fs.unlink(locate(root, name))
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    },
  }
}

function locate(root: string, name: string): string {
  const isInside = name
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part))
  if (!isInside) {
    throw new LedgerError(
      'invalid_input',
      `a name in a store must be parts with "/" between them, was ${JSON.stringify(name)}`,
    )
  }
  return join(root, name)
}

async function writeSynced(fs: LedgerFileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(path, 'wx')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function linkFree(fs: LedgerFileSystem, temporary: string, target: string): Promise<boolean> {
  try {
    await fs.link(temporary, target)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    // Over NFS a lost reply is sent again and then refused: two names on our file say that it was ours.
    return (await fs.stat(temporary)).nlink > 1
  }
}

async function makeFolder(fs: LedgerFileSystem, folder: string): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true })
  if (first === undefined) return
  const top = dirname(first)
  for (let created = folder; created !== top && basename(created) !== '';) {
    created = dirname(created)
    await syncFolder(fs, created)
  }
}

async function syncFolder(fs: LedgerFileSystem, folder: string): Promise<void> {
  if (process.platform === 'win32') return // no handle of a directory there; NTFS journals names itself
  const handle = await fs.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(fs: LedgerFileSystem, path: string): Promise<boolean> {
  try {
    await fs.stat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
