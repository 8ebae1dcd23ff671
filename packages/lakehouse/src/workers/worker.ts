import { parentPort } from 'node:worker_threads'
import { wasmMemory } from 'parquet-wasm'
import { codecIsBroken, filesInCodec } from '../parquet/codec.ts'
import { corrupt } from '../parquet/file-source.ts'
import { createContext } from './context.ts'
import { toMessage, transferList, type WorkerRequest, type WorkerResponse } from './message.ts'

// WebAssembly memory never shrinks; beyond this a fresh thread is cheaper than the memory.
const RETIRE_ABOVE_BYTES = 768 * 2 ** 20

type Task = (args: unknown, context: ReturnType<typeof createContext>) => Promise<unknown>

const port = parentPort!
const context = createContext()

const isSpent = () => codecIsBroken() || wasmMemory().buffer.byteLength > RETIRE_ABOVE_BYTES

// A trap inside the codec is thrown past everybody who awaits it: the task would hang, or die without a name.
process.on('uncaughtException', (error) => {
  const files = filesInCodec()
  const cause = files.length === 0 ? error : corrupt(files.join(' or '), error.message)
  port.postMessage({ error: toMessage(cause), retire: true } satisfies WorkerResponse)
})

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
