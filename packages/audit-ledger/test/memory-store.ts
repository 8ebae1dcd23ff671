import type { LedgerStore } from '../src/index.ts'

/** A store in memory, as object storage behaves: whole objects, conditional puts, listings in code-unit order. */
export interface MemoryStore extends LedgerStore {
  readonly files: Map<string, Uint8Array>
}

/** Makes a store in memory; the bytes handed in and out are copies. */
export function memoryStore(files: Iterable<readonly [string, Uint8Array]> = []): MemoryStore {
  const held = new Map(files)
  return {
    files: held,
    list: async (folder, after) =>
      [...held.keys()]
        .filter((name) => name.startsWith(`${folder}/`))
        .filter((name) => !name.slice(folder.length + 1).startsWith('.'))
        .filter((name) => after === undefined || name > after)
        .sort(),
    get: async (name) => held.get(name)?.slice() ?? null,
    putIfAbsent: async (name, bytes) => {
      if (held.has(name)) return false
      held.set(name, bytes.slice())
      return true
    },
    delete: async (name) => {
      held.delete(name)
    },
  }
}
