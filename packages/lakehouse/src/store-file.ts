import { randomUUID } from 'node:crypto'
import * as nodeFs from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LakehouseError, type LakehouseErrorCode } from './errors.ts'
import type { Store, StoreEntry } from './store.ts'
import { checkPath, TEMPORARY_PREFIX } from './store-path.ts'

/** The calls of `node:fs/promises` that a file store makes; tests pass ones that fail. */
export type FileSystem = Pick<
  typeof nodeFs,
  'link' | 'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'stat' | 'unlink'
>

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Opens a local folder as a store.
 *
 * A write goes to a temporary file beside its target, which is synced and then linked (create) or renamed
 * (replace) into place, so a process killed at any moment leaves the old state or the new one.
 *
 * @param folder path of the folder; the first write creates it
 * @param fs the file system calls, `node:fs/promises` unless given
 * @returns the store
 */
export function fileStore(folder: string, fs: FileSystem = nodeFs): Store {
  const root = resolve(folder)
  const locate = (path: string): string => join(root, checkPath(path))

  async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
      throw new LakehouseError(
        'invalid_input',
        `a byte range must be 0 <= start <= end, was ${start} to ${end}`,
        { evidence: { file: path } },
      )
    }
    const handle = await fs.open(locate(path), 'r')
    try {
      const bytes = new Uint8Array(end - start)
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(
          bytes,
          filled,
          bytes.length - filled,
          start + filled,
        )
        if (bytesRead === 0) {
          throw new LakehouseError(
            'corrupt_file',
            `${path} ends at byte ${start + filled}, but bytes ${start} to ${end} were asked for: it was cut short`,
            { evidence: { file: path, start, end, endsAt: start + filled } },
          )
        }
        filled += bytesRead
      }
      return bytes
    } finally {
      await handle.close()
    }
  }

  async function put(path: string, bytes: Uint8Array): Promise<void> {
    const target = locate(path)
    const temporary = await writeTemporary(fs, dirname(target), bytes)
    try {
      await fs.rename(temporary, target)
    } catch (error) {
      await removeQuietly(fs, temporary)
      throw error
    }
    await syncDirectory(fs, dirname(target))
  }

  async function putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const target = locate(path)
    const temporary = await writeTemporary(fs, dirname(target), bytes)
    let created: boolean
    try {
      created = await linkFree(fs, temporary, target)
    } finally {
      await removeQuietly(fs, temporary)
    }
    if (created) await syncDirectory(fs, dirname(target))
    return created
  }

  async function entries(
    prefix: string,
    wanted: (name: string, path: string) => boolean,
  ): Promise<StoreEntry[]> {
    const slash = prefix.lastIndexOf('/')
    const parent = slash < 0 ? '' : prefix.slice(0, slash)
    if (slash >= 0) checkPath(parent)
    const paths: string[] = []
    await walk(fs, root, parent, (name, path) => {
      if (path.startsWith(prefix) && wanted(name, path)) paths.push(path)
    })
    paths.sort()
    const found = await Promise.all(paths.map((path) => describe(fs, root, path)))
    return found.filter((entry) => entry !== null)
  }

  return {
    uri: pathToFileURL(root).href,
    get: (path) => reading(path, async () => new Uint8Array(await fs.readFile(locate(path)))),
    getRange: (path, start, end) => reading(path, () => readRange(path, start, end)),
    head: (path) =>
      reading(path, async () => {
        checkPath(path)
        const entry = await describe(fs, root, path)
        return entry === null ? null : { size: entry.size, modifiedMs: entry.modifiedMs }
      }),
    put: (path, bytes) => writing(path, () => put(path, bytes)),
    putIfAbsent: (path, bytes) => writing(path, () => putIfAbsent(path, bytes)),
    list: (prefix, options = {}) =>
      reading(prefix, () =>
        entries(
          prefix,
          (name, path) =>
            !name.startsWith(TEMPORARY_PREFIX) &&
            (options.after === undefined || path > options.after),
        ),
      ),
    listTemporary: (prefix) =>
      reading(prefix, () => entries(prefix, (name) => name.startsWith(TEMPORARY_PREFIX))),
    remove: (path) =>
      writing(path, async () => {
        try {
          await fs.unlink(locate(path))
        } catch (error) {
          if (!isMissing(error)) throw error
        }
      }),
  }
}

async function writeTemporary(fs: FileSystem, folder: string, bytes: Uint8Array): Promise<string> {
  await makeDirectory(fs, folder)
  const temporary = join(folder, `${TEMPORARY_PREFIX}${process.pid}-${randomUUID()}`)
  try {
    const handle = await fs.open(temporary, 'wx')
    try {
      await writeAll(handle, bytes)
      await sync(handle, temporary)
    } finally {
      await handle.close()
    }
  } catch (error) {
    await removeQuietly(fs, temporary)
    throw error
  }
  return temporary
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, written)
    if (bytesWritten === 0) throw new Error(`the disk took ${written} of ${bytes.length} bytes`)
    written += bytesWritten
  }
}

// A dropped page is marked clean after a failed fsync, so a second one would lie: the failure is final.
async function sync(handle: FileHandle, name: string): Promise<void> {
  try {
    await handle.sync()
  } catch (cause) {
    throw new LakehouseError(
      'fsync_failed',
      `the disk did not confirm the write of ${name}. What lies there may not survive a power loss: check the ` +
        'disk, then run the command again',
      { cause, evidence: { file: name } },
    )
  }
}

async function syncDirectory(fs: FileSystem, folder: string): Promise<void> {
  if (process.platform === 'win32') return // no handle of a directory there; NTFS journals names itself
  const handle = await fs.open(folder, 'r')
  try {
    await sync(handle, folder)
  } finally {
    await handle.close()
  }
}

async function makeDirectory(fs: FileSystem, folder: string): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true })
  if (first === undefined) return
  const top = dirname(first)
  for (let created = folder; created !== top;) {
    created = dirname(created)
    await syncDirectory(fs, created)
  }
}

async function linkFree(fs: FileSystem, temporary: string, target: string): Promise<boolean> {
  try {
    await fs.link(temporary, target)
    return true
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'EEXIST') {
      // Over NFS a lost reply is sent again and then refused: two names on our file say that it was ours.
      return (await fs.stat(temporary)).nlink > 1
    }
    if (code !== undefined && NO_HARD_LINKS.has(code)) {
      throw new LakehouseError(
        'conditional_put_unsupported',
        `the file system of ${dirname(target)} refused a hard link (${code}), so two writers could take one ` +
          'version. Nothing was written: put the lakehouse on a file system with hard links, such as ext4, xfs, ' +
          'btrfs, APFS, NTFS or NFS',
        { cause, evidence: { file: target } },
      )
    }
    throw cause
  }
}

// Only ever called for a temporary file: one that stays is skipped by every listing and swept by vacuum.
async function removeQuietly(fs: FileSystem, temporary: string): Promise<void> {
  await fs.unlink(temporary).catch(() => undefined)
}

async function walk(
  fs: FileSystem,
  root: string,
  folder: string,
  visit: (name: string, path: string) => void,
): Promise<void> {
  const children = await fs
    .readdir(folder === '' ? root : join(root, folder), { withFileTypes: true })
    .catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
  for (const child of children) {
    const path = folder === '' ? child.name : `${folder}/${child.name}`
    if (child.isDirectory()) await walk(fs, root, path, visit)
    else visit(child.name, path)
  }
}

async function describe(fs: FileSystem, root: string, path: string): Promise<StoreEntry | null> {
  try {
    const found = await fs.stat(join(root, path))
    return found.isFile() ? { path, size: found.size, modifiedMs: found.mtimeMs } : null
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof LakehouseError) throw cause
    if (isMissing(cause) || codeOf(cause) === 'EISDIR') {
      throw new LakehouseError('not_found', `there is no file ${path}`, {
        cause,
        evidence: { file: path },
      })
    }
    throw failure('io_error', `could not read ${path}`, path, cause)
  }
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof LakehouseError) throw cause
    const code = codeOf(cause)
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
      throw failure('read_only', `${path} may not be written and stayed as it was`, path, cause)
    }
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw failure(
        'no_space',
        `no space to write ${path}, which stayed as it was: free some, then run again`,
        path,
        cause,
      )
    }
    throw failure('io_error', `could not finish writing ${path}`, path, cause)
  }
}

function failure(
  code: LakehouseErrorCode,
  message: string,
  path: string,
  cause: unknown,
): LakehouseError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new LakehouseError(code, `${message} (${detail})`, { cause, evidence: { file: path } })
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
