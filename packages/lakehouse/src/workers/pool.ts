import { availableParallelism } from 'node:os'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { LakehouseError } from '../errors.ts'
import { fromMessage, type WorkerRequest, type WorkerResponse } from './message.ts'

/** Threads that run task modules; see {@link WorkerContext} for what a task can do. */
export interface WorkerPool {
  /** How many threads run at once. */
  readonly size: number
  /**
   * Runs one task and gives its result.
   *
   * @param module URL of an ES module; it must export the function `name`, called with `args` and a context
   * @param args plain data; copied to the thread
   * @throws what the task threw; `corrupt_file` when the thread died of it; `aborted` when the pool was closed
   */
  run<Result>(module: URL, name: string, args: unknown): Promise<Result>
  close(): Promise<void>
}

// A program read from standard input or an argument says so by an option that a thread refuses to inherit.
function workerOptions(): WorkerOptions {
  if (!process.execArgv.some((option) => option.startsWith('--input-type'))) return {}
  return { execArgv: process.execArgv.filter((option) => option.startsWith('--conditions=')) }
}

interface Job {
  readonly request: WorkerRequest
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Starts a pool. Threads start when the first tasks arrive, and are replaced when one dies, fails inside the codec or
 * has grown too large, as WebAssembly memory never shrinks.
 *
 * @param size number of threads; default: one a processor
 * @param signal fails every task that has not begun when it is aborted; those under way come to their end
 */
export function createWorkerPool(
  size: number = availableParallelism(),
  signal?: AbortSignal,
): WorkerPool {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`workers must be a positive integer, was ${size}`)
  }
  const idle: Worker[] = []
  const waiting: Job[] = []
  const busy = new Map<Worker, Job>()
  let closed = false

  const start = (): Worker => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), workerOptions())
    worker.on('message', (response: WorkerResponse) => {
      const job = busy.get(worker)
      busy.delete(worker)
      if (response.retire) {
        forget(worker)
        void worker.terminate()
      } else release(worker)
      // A fault after the task's end concerns the thread only.
      if (job === undefined) return
      if ('error' in response) job.reject(fromMessage(response.error))
      else job.resolve(response.result)
      next()
    })
    const ended = (cause: unknown) => {
      forget(worker)
      const job = busy.get(worker)
      if (job === undefined) return
      busy.delete(worker)
      job.reject(
        new LakehouseError(
          closed ? 'aborted' : isOutOfMemory(cause) ? 'io_error' : 'corrupt_file',
          closed
            ? 'the worker was stopped; nothing of its task was committed'
            : `a worker died while it ran '${job.request.name}': ${String(cause)}. ${isOutOfMemory(cause) ? 'Give it more memory or fewer workers' : 'A damaged file can cause this'}; nothing was committed.`,
          { cause },
        ),
      )
      next()
    }
    worker.on('error', ended)
    worker.on('exit', (code) => ended(new Error(`it ended with exit code ${code}`)))
    return worker
  }
  const forget = (worker: Worker) => {
    const at = idle.indexOf(worker)
    if (at >= 0) idle.splice(at, 1)
  }
  const release = (worker: Worker) => {
    idle.push(worker)
    // An idle thread must not keep the program alive.
    worker.unref()
  }
  signal?.addEventListener('abort', () => {
    for (const job of waiting.splice(0)) job.reject(interrupted(signal))
  })
  const next = () => {
    while (waiting.length > 0 && busy.size < size) {
      const worker = idle.pop() ?? start()
      const job = waiting.shift()!
      busy.set(worker, job)
      worker.ref()
      worker.postMessage(job.request)
    }
  }

  return {
    size,
    async run<Result>(module: URL, name: string, args: unknown): Promise<Result> {
      if (closed) throw new LakehouseError('aborted', 'the lakehouse is closed')
      if (signal?.aborted) throw interrupted(signal)
      return await new Promise<Result>((resolve, reject) => {
        waiting.push({
          request: { module: module.href, name, args },
          resolve: resolve as (value: unknown) => void,
          reject,
        })
        next()
      })
    },
    async close() {
      closed = true
      for (const job of waiting.splice(0)) {
        job.reject(new LakehouseError('aborted', 'the lakehouse was closed before the task began'))
      }
      await Promise.all([...idle, ...busy.keys()].map((worker) => worker.terminate()))
    },
  }
}

function interrupted(signal: AbortSignal): LakehouseError {
  return new LakehouseError('aborted', 'the work was ended; what had not begun was left undone', {
    cause: signal.reason,
  })
}

function isOutOfMemory(cause: unknown): boolean {
  return (cause as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
