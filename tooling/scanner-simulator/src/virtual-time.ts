/** A clock that costs no time: it stands still while anything can happen, then jumps to what is due next. */
export interface VirtualTime {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds since the clock was made. */
  readonly elapsed: () => number
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  readonly setTimer: (callback: () => void, milliseconds: number) => () => void
  /** Sleeps and timers that are not over. */
  readonly pending: number
  /** Lets time pass until some work is done. */
  run<T>(work: Promise<T>): Promise<T>
}

interface Due {
  readonly at: number
  readonly act: () => void
  readonly isRequest: boolean
}

/**
 * Makes a clock for a scanner client that talks to a simulator. Requests take no time on it. A request that the simulator
 * lets hang is what time is allowed to pass for, so a timeout is reached at once and never too early.
 *
 * @param options `stalled`: how many requests hang now; `timeoutMs`: the client's bound of a request, by which the clock
 *   knows how many are in flight; `start`: Unix seconds, default 2025-01-01
 */
export function createVirtualTime(options: {
  stalled: () => number
  timeoutMs: number
  start?: number
}): VirtualTime {
  const { stalled, timeoutMs, start = 1_735_689_600 } = options
  let time = 0
  const dues = new Set<Due>()

  function schedule(milliseconds: number, act: () => void, isRequest: boolean): () => void {
    const due: Due = { at: time + milliseconds, act, isRequest }
    dues.add(due)
    return () => void dues.delete(due)
  }

  function isQuiet(): boolean {
    let requests = 0
    for (const { isRequest } of dues) requests += Number(isRequest)
    return requests === stalled()
  }

  function advance(): void {
    let next: Due | undefined
    for (const due of dues) if (next === undefined || due.at < next.at) next = due
    if (next === undefined) return
    dues.delete(next)
    time = Math.max(time, next.at)
    next.act()
  }

  return {
    now: () => start * 1000 + time,
    elapsed: () => time,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => {
          cancel()
          reject(signal?.reason as Error)
        }
        const cancel = schedule(
          milliseconds,
          () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
          false,
        )
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    setTimer: (callback, milliseconds) =>
      schedule(milliseconds, callback, milliseconds === timeoutMs),
    get pending() {
      return dues.size
    },
    async run(work) {
      let isDone = false
      const done = (): void => {
        isDone = true
      }
      work.then(done, done)
      for (let quiet = 0; !isDone;) {
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
        // Twice in a row: what has just been answered may be about to ask again.
        quiet = isQuiet() ? quiet + 1 : 0
        if (quiet >= 2) {
          advance()
          quiet = 0
        }
      }
      return await work
    },
  }
}
