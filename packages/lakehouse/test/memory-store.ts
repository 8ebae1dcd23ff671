import { LakehouseError, type Store } from '../src/index.ts'

/** A store in memory, for tests that need many tables and no disk. Paths are not checked. */
export function memoryStore(clock: () => number = () => 0): Store & {
  readonly files: Map<string, { bytes: Uint8Array; modifiedMs: number }>
} {
  const files = new Map<string, { bytes: Uint8Array; modifiedMs: number }>()
  const find = (path: string): Uint8Array => {
    const file = files.get(path)
    if (file === undefined) {
      throw new LakehouseError('not_found', `there is no file ${path}`, {
        evidence: { file: path },
      })
    }
    return file.bytes
  }
  const write = (path: string, bytes: Uint8Array): void => {
    files.set(path, { bytes: bytes.slice(), modifiedMs: clock() })
  }
  return {
    uri: 'memory:///',
    files,
    get: async (path) => find(path),
    getRange: async (path, start, end) => find(path).subarray(start, end),
    head: async (path) => {
      const file = files.get(path)
      return file === undefined ? null : { size: file.bytes.length, modifiedMs: file.modifiedMs }
    },
    put: async (path, bytes) => write(path, bytes),
    putIfAbsent: async (path, bytes) => {
      if (files.has(path)) return false
      write(path, bytes)
      return true
    },
    list: async (prefix, { after = '' } = {}) =>
      [...files]
        .filter(([path]) => path.startsWith(prefix) && path > after)
        .map(([path, file]) => ({ path, size: file.bytes.length, modifiedMs: file.modifiedMs }))
        .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    listTemporary: async () => [],
    remove: async (path) => {
      files.delete(path)
    },
  }
}
