import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Bars } from '@fs/ratings'
import { median } from './timing.ts'

/** What a worker is told: rate all bars so many times. */
export interface Task {
  passes: number
}

/** Result of the scaling measurement. */
export interface Scaling {
  /** Speed of two workers over that of one, median of the rounds. */
  factor: number
  /** Whether a second core was idle: the figure means little otherwise. */
  idle: boolean
}

/**
 * Measures how much faster two workers are than one, on bars in shared memory that are handed over once.
 *
 * @param markets bars to rate
 * @param rounds to measure
 */
export async function measureScaling(markets: readonly Bars[], rounds: number): Promise<Scaling> {
  const idle = (await idleCores()) > 1.8
  const shared = markets.map(shareBars)
  const workers = [createWorker(shared), createWorker(shared)]
  const factors: number[] = []
  try {
    for (const worker of workers) await ask(worker, 20)
    for (let round = 0; round < rounds; round++) {
      const start = performance.now()
      await ask(workers[0]!, 10)
      const one = performance.now() - start
      const startBoth = performance.now()
      await Promise.all(workers.map((worker) => ask(worker, 10)))
      const both = performance.now() - startBoth
      factors.push((2 * one) / both)
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return { factor: median(factors), idle }
}

/** Number of cores that had nothing to do for half a second. */
async function idleCores(): Promise<number> {
  const total = (): number => cpus().reduce((sum, { times }) => sum + times.idle, 0)
  const before = total()
  const start = performance.now()
  await wait(500)
  return (total() - before) / (performance.now() - start)
}

function shareBars(bars: Bars): Bars {
  const share = (column: Float64Array): Float64Array => {
    const copy = new Float64Array(new SharedArrayBuffer(column.byteLength))
    copy.set(column)
    return copy
  }
  return {
    timestamp: share(bars.timestamp),
    open: share(bars.open),
    high: share(bars.high),
    low: share(bars.low),
    close: share(bars.close),
    volume: share(bars.volume),
  }
}

function createWorker(markets: readonly Bars[]): Worker {
  return new Worker(new URL('./rating-worker.ts', import.meta.url), { workerData: markets })
}

function ask(worker: Worker, passes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => {
      worker.off('error', reject)
      resolve()
    })
    worker.once('error', reject)
    worker.postMessage({ passes } satisfies Task)
  })
}
