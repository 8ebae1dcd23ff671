import type { LedgerStore } from '../src/index.ts'

/** `fail`: the call does nothing and throws; `lose-reply`: it does its work and throws; `die`: nothing works from then. */
export type StoreFault = 'fail' | 'lose-reply' | 'die'

/** Wraps a store so that its `at`-th call goes wrong, counted from 1. */
export function faultStore(
  store: LedgerStore,
  fault: StoreFault,
  at: number,
): LedgerStore & { readonly calls: number } {
  let calls = 0
  async function step<T>(work: () => Promise<T>): Promise<T> {
    const call = ++calls
    if (call === at || (fault === 'die' && call > at)) {
      if (fault === 'lose-reply') await work()
      throw new Error(`${fault} at call ${call}`)
    }
    return work()
  }
  return {
    get calls() {
      return calls
    },
    list: (folder, after) => step(() => store.list(folder, after)),
    get: (name) => step(() => store.get(name)),
    putIfAbsent: (name, bytes) => step(() => store.putIfAbsent(name, bytes)),
    delete: (name) => step(() => store.delete(name)),
  }
}
