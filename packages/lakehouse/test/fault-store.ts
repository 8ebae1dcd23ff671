import { LakehouseError, type Store } from '../src/index.ts'

/** What happens at the chosen call: it fails without effect, has its effect but no reply, or nothing works from there on. */
export type StoreFault = 'fail' | 'lose-reply' | 'die'

const METHODS = [
  'get',
  'getRange',
  'head',
  'put',
  'putIfAbsent',
  'list',
  'listTemporary',
  'remove',
] as const

/** A store whose n-th call (from 1) goes wrong; `calls` counts them. */
export function faultStore(
  store: Store,
  fault: StoreFault = 'fail',
  at: number = Number.POSITIVE_INFINITY,
): Store & { readonly calls: number } {
  let calls = 0
  const broken = (method: string): LakehouseError =>
    new LakehouseError('io_error', `${method}, call ${calls}, was made to fail`)
  const wrap = (method: (typeof METHODS)[number]): unknown => {
    const call = store[method].bind(store) as (...args: readonly unknown[]) => Promise<unknown>
    return async (...args: readonly unknown[]): Promise<unknown> => {
      const count = ++calls
      if (count === at && fault === 'lose-reply') {
        await call(...args)
        throw broken(method)
      }
      if (count === at || (count > at && fault === 'die')) throw broken(method)
      return call(...args)
    }
  }
  const wrapped = Object.fromEntries(METHODS.map((method) => [method, wrap(method)]))
  return {
    uri: store.uri,
    get calls(): number {
      return calls
    },
    ...(wrapped as unknown as Omit<Store, 'uri'>),
  }
}
