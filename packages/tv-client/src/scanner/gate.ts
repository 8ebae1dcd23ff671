import pLimit from 'p-limit'
import { untilAborted, type Clock } from './clock.ts'

/** The one door through which every request of a client goes. */
export interface Gate {
  /** Runs a task once there is room for it; rejects with the signal's reason when that aborts first. */
  pass<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Keeps every task from starting for a while; the longest wish counts. */
  shut(milliseconds: number): void
}

/**
 * Makes a gate.
 *
 * @param clock its `elapsed` measures, its `sleep` waits
 * @param options `concurrency`: tasks that run at a time; `spacingMs`: least time between two starts
 * @returns the gate, open
 */
export function createGate(
  clock: Pick<Clock, 'elapsed' | 'sleep'>,
  { concurrency, spacingMs }: { concurrency: number; spacingMs: number },
): Gate {
  const inFlight = pLimit(concurrency)
  // Starts are decided one at a time, in the order of arrival: each is measured against the start before it, so a timer
  // that fires late never brings two requests closer together.
  const starting = pLimit(1)
  let nextStart = Number.NEGATIVE_INFINITY
  let openAt = Number.NEGATIVE_INFINITY

  async function start<T>(
    task: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<{ running: Promise<T> }> {
    let startAt: number
    do {
      signal?.throwIfAborted()
      startAt = Math.max(nextStart, openAt, clock.elapsed())
      const wait = startAt - clock.elapsed()
      if (wait > 0) await untilAborted(clock.sleep(wait, signal), signal)
      // Somebody may have shut the gate meanwhile; from here to the start of the task nobody can.
    } while (openAt > startAt)
    nextStart = Math.max(startAt, clock.elapsed()) + spacingMs
    return { running: task() }
  }

  return {
    pass(task, signal) {
      const run = inFlight(async () => {
        // In a wrapper, because the next start must not wait for the end of this one.
        const { running } = await starting(() => start(task, signal))
        return await running
      })
      return untilAborted(run, signal)
    },
    shut(milliseconds) {
      openAt = Math.max(openAt, clock.elapsed() + milliseconds)
    },
  }
}
