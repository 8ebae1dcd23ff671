import { parentPort, workerData } from 'node:worker_threads'
import { rate, type Bars } from '@fs/ratings'
import type { Task } from './workers.ts'

const markets = workerData as readonly Bars[]

parentPort!.on('message', ({ passes }: Task) => {
  let guard = 0
  for (let pass = 0; pass < passes; pass++) {
    for (const bars of markets) guard += rate(bars).maCount.length
  }
  parentPort!.postMessage(guard)
})
