import type { FetchWarning } from './warnings.ts'

/** What a fetch tells while it runs. */
export type FetchEvent =
  | { readonly type: 'start'; readonly requested: number; readonly batches: number }
  | {
      readonly type: 'batch'
      readonly attempt: number
      /** Number of the batch in its attempt, from 1. */
      readonly batch: number
      readonly of: number
      readonly ok: number
      readonly failed: number
      /** Why the whole batch failed. */
      readonly reason?: string
      /** The failure in words: host, status, symbols, attempt. */
      readonly message?: string
      readonly ms: number
    }
  | {
      readonly type: 'wait'
      /** Attempt that is waited for. */
      readonly attempt: number
      readonly ms: number
      /** Symbols that will be asked again. */
      readonly remaining: number
      /** The reason that most of them have. */
      readonly cause: string
    }
  | ({ readonly type: 'warning' } & Omit<FetchWarning, 'symbols' | 'count'>)
  | {
      readonly type: 'done'
      readonly requested: number
      readonly ok: number
      readonly failed: number
      readonly attempts: number
      readonly ms: number
    }

/**
 * Makes a listener that can do the fetch no harm.
 *
 * @param listener of the caller; what it throws or rejects with is ignored
 * @returns a function that never throws
 */
export function quietly(
  listener: ((event: FetchEvent) => unknown) | undefined,
): (event: FetchEvent) => void {
  return (event) => {
    try {
      Promise.resolve(listener?.(event)).catch(() => undefined)
    } catch {
      // A display that fails is no reason to lose the data.
    }
  }
}
