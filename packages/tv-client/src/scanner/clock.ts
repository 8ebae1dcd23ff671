/** Time and chance as the scanner client needs them; a test hands in its own. */
export interface Clock {
  /** Tells the wall clock, milliseconds since 1970, UTC. */
  readonly now: () => number
  /** Tells a clock that never goes back, milliseconds since any moment. */
  readonly elapsed: () => number
  /** Waits; rejects at once when the signal aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  /** Calls back after a time unless the returned function is called before; bounds, not pauses. */
  readonly setTimer: (callback: () => void, milliseconds: number) => () => void
  /** Draws a number from 0 up to, but not including, 1. */
  readonly random: () => number
}

/** The machine's clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep,
  setTimer(callback, milliseconds) {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/**
 * Waits for work, but no longer than until a signal aborts, whether or not the work listens to it.
 *
 * @param work a promise; when the signal comes first, how it ends is of no interest any more
 * @param signal aborts the wait
 * @returns what the work returned
 * @throws the signal's reason when it aborts first, else what the work throws
 */
export async function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return await work
  return await new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
