import { parentPort } from 'node:worker_threads'
import { wasmMemory } from 'parquet-wasm'
import { codecIsBroken } from '../parquet/codec.ts'
import { createContext } from './context.ts'
import { toMessage, transferList, type WorkerRequest, type WorkerResponse } from './message.ts'

// WebAssembly memory never shrinks; beyond this a fresh thread is cheaper than the memory.
const RETIRE_ABOVE_BYTES = 768 * 2 ** 20

type Task = (args: unknown, context: ReturnType<typeof createContext>) => Promise<unknown>

const port = parentPort!
const context = createContext()

const isSpent = () => codecIsBroken() || wasmMemory().buffer.byteLength > RETIRE_ABOVE_BYTES

port.on('message', ({ module, name, args }: WorkerRequest) => {
  void (async () => {
    let response: WorkerResponse
    try {
      const loaded = (await import(module)) as Record<string, Task>
      const task = loaded[name]
      if (typeof task !== 'function')
        throw new RangeError(`${module} exports no function '${name}'`)
      const result = await task(args, context)
      response = { result, retire: isSpent() }
    } catch (error) {
      response = { error: toMessage(error), retire: isSpent() }
    }
    try {
      port.postMessage(response, 'result' in response ? transferList(response.result) : [])
    } catch (error) {
      // A result that holds a function, say, cannot cross; the caller must hear of it.
      port.postMessage({ error: toMessage(error), retire: isSpent() } satisfies WorkerResponse)
    }
  })()
})
