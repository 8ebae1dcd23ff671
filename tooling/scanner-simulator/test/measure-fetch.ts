import { createScannerClient, fetchTechnicals, planColumns } from '@fs/tv-client'
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Run by `pnpm bench`: the client against its own requests made by hand, and its memory over many attempts.
const SYMBOLS = 10_000
const LATENCY_MS = 20
const BATCH = 200
const CONCURRENCY = 3
const ROUNDS = 5

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** Starts the simulator in a process of its own, so that its work is not counted as the client's. */
async function startServer(): Promise<{ url: string; stop: () => void }> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@fs/source',
      join(import.meta.dirname, '../src/main.ts'),
      '--symbols',
      `${SYMBOLS}`,
      '--bars',
      '60',
      '--latency',
      `${LATENCY_MS}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the simulator ended')))
    child.stdout.on('data', (chunk: Buffer) => {
      const [found] = /http:\S+/.exec(chunk.toString()) ?? []
      if (found !== undefined) resolve(found)
    })
  })
  return { url, stop: () => void child.kill() }
}

/** Makes the requests and reads their text, as many at a time as the client does, and nothing else. */
async function requestAlone(url: string, bodies: readonly string[]): Promise<number> {
  const from = performance.now()
  let next = 0
  const work = async (): Promise<void> => {
    while (next < bodies.length) {
      const body = bodies[next++]!
      const response = await fetch(`${url}/global/scan`, { method: 'POST', body })
      await response.text()
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return performance.now() - from
}

/** Fetches from a host that never gives some symbols, and measures what the result holds. */
async function holdResult(
  symbols: readonly string[],
  attempts: number,
): Promise<{ heldMiB: number; failed: number }> {
  const client = createScannerClient({
    spacingMs: 0,
    sleep: () => Promise.resolve(),
    fetch: async (_, init) => {
      const { symbols: asked, columns } = JSON.parse(init?.body as string) as {
        symbols: { tickers: string[] }
        columns: string[]
      }
      const found = asked.tickers
        .filter((symbol) => symbol.length % 2 === 0)
        .map((s) => ({
          s,
          d: columns.map((column) => (column === 'update_mode' ? 'streaming' : 0.5)),
        }))
      return new Response(JSON.stringify({ totalCount: BATCH, data: found }))
    },
  })
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const result = await fetchTechnicals(client, symbols, { attempts, totalMs: 2 ** 31 - 1 })
  collectGarbage()
  const heldMiB = (process.memoryUsage().heapUsed - before) / 2 ** 20
  if (result.attempts.length !== attempts) throw new Error('not all attempts were made')
  return { heldMiB, failed: result.attempts.at(-1)!.failed }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!
}

print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`)
const server = await startServer()
try {
  const list = await fetch(`${server.url}/global/scan`, {
    method: 'POST',
    body: JSON.stringify({ columns: [], range: [0, SYMBOLS] }),
  })
  const { data } = (await list.json()) as { data: { s: string }[] }
  const symbols = data.map(({ s }) => s)
  for (const timeframes of [['1d'], ['1d', '1w']] as const) {
    const { columns } = planColumns(timeframes)
    const bodies = Array.from({ length: SYMBOLS / BATCH }, (_, batch) => {
      const tickers = symbols.slice(batch * BATCH, (batch + 1) * BATCH)
      return JSON.stringify({
        symbols: { tickers, query: { types: [] } },
        columns,
        range: [0, BATCH],
      })
    })
    await requestAlone(server.url, bodies)
    const alone: number[] = []
    const whole: number[] = []
    const work: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const idle = process.cpuUsage()
      alone.push(await requestAlone(server.url, bodies))
      const { user: byHand } = process.cpuUsage(idle)
      const client = createScannerClient({ baseUrl: server.url, spacingMs: 0 })
      const busy = process.cpuUsage()
      const from = performance.now()
      const { failures, attempts } = await fetchTechnicals(client, symbols, { timeframes })
      whole.push(performance.now() - from)
      work.push((process.cpuUsage(busy).user - byHand) / 1000)
      if (failures.length + attempts.length !== 1) throw new Error('not everything was answered')
    }
    const [requests, fetched] = [median(alone), median(whole)]
    print(
      `${SYMBOLS} symbols x ${columns.length} columns: requests alone ${requests.toFixed(0)} ms, ` +
        `fetchTechnicals ${fetched.toFixed(0)} ms, ratio ${(fetched / requests).toFixed(2)}, of which ${median(work).toFixed(0)} ms of computing beyond that of the requests`,
    )
  }

  await holdResult(symbols, 3)
  for (const attempts of [3, 30, 300]) {
    const { heldMiB, failed } = await holdResult(symbols, attempts)
    print(
      `${attempts} attempts, ${failed} symbols failing in each: ${heldMiB.toFixed(1)} MiB held by the result`,
    )
  }
} finally {
  server.stop()
}
