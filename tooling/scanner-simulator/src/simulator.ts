import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerOf, readRequest, type Source } from './answer.ts'
import { createColumns } from './columns.ts'
import { disturb } from './disturb.ts'
import { runScript, type Fault, type Rule } from './script.ts'
import { sendAnswer } from './send.ts'
import type { Universe } from './universe.ts'
import { writeAnswer } from './write.ts'

/** How a simulator is started. */
export interface SimulatorOptions {
  readonly universe: Universe
  /** What goes wrong; nothing by default. */
  readonly script?: readonly Rule[]
  /** Unix seconds, or a clock: later bars are not seen. Default: the machine's clock. */
  readonly now?: number | (() => number)
  /** Decides the order of rows; any integer, default 1. */
  readonly seed?: number
  /** How an unknown column is answered: status 400, an error under 200, or nulls. Default `400`. */
  readonly unknownColumns?: '400' | '200' | 'null'
  /** Writes numbers like `9.09e-02`. */
  readonly exponents?: boolean
  /** Time before each answer, milliseconds. Default 0. */
  readonly latencyMs?: number
  /** Default 0, any free port. */
  readonly port?: number
  /** Clock of the record, milliseconds; default a monotonic one. */
  readonly elapsed?: () => number
}

/** What the simulator remembers of a request. */
export interface RecordedRequest {
  /** Number, from 1. */
  readonly seq: number
  readonly method: string
  readonly path: string
  readonly tickers: readonly string[]
  readonly columns: readonly string[]
  readonly range: readonly [number, number] | undefined
  readonly startedAt: number
  /** When the last byte was handed over; `undefined` while the request is open. */
  endedAt: number | undefined
  /** Requests in flight when it came, itself included. */
  readonly inFlight: number
  /** Status of the answer; 0 when there was none. */
  status: number
  readonly fault: Fault['kind'] | undefined
  readonly userAgent: string
  readonly hasCookie: boolean
  /** Bytes of the request's body. */
  readonly bytes: number
}

/** A running simulator. */
export interface Simulator {
  /** Base URL, without a slash at the end. */
  readonly url: string
  /** In the order of arrival. */
  readonly requests: readonly RecordedRequest[]
  readonly maxInFlight: number
  /** Requests that are open and will get no further byte. */
  readonly stalled: number
  /** Starts another script from its beginning. */
  setScript(script: readonly Rule[]): void
  /** Forgets the requests, and starts the script again. */
  reset(): void
  /** Ends every connection, stalled ones too, and the server. */
  close(): Promise<void>
}

const MARKETS = new Set(
  (
    'global crypto coin forex cfd futures bond bonds options economics2 ' +
    'america argentina australia austria bahrain bangladesh belgium brazil canada chile china colombia cyprus czech ' +
    'denmark egypt estonia finland france germany greece hongkong hungary iceland india indonesia israel italy japan ' +
    'kenya kuwait latvia lithuania luxembourg malaysia mexico morocco netherlands newzealand nigeria norway pakistan ' +
    'peru philippines poland portugal qatar romania rsa russia ksa serbia singapore slovakia spain srilanka sweden ' +
    'switzerland taiwan thailand tunisia turkey uae uk venezuela vietnam'
  ).split(' '),
)

/**
 * Starts a scanner on loopback.
 *
 * @param options what it knows and what goes wrong
 * @returns its address and its record; it runs until it is closed
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const {
    universe,
    now,
    seed = 1,
    unknownColumns = '400',
    exponents = false,
    latencyMs = 0,
  } = options
  const elapsed = options.elapsed ?? (() => performance.now())
  const clock = typeof now === 'function' ? now : () => now ?? Math.floor(Date.now() / 1000)
  const places = new Map(Object.keys(universe).map((symbol) => [symbol, hash(symbol, seed)]))
  const source: Source = {
    universe,
    columns: createColumns(universe, clock),
    markets: MARKETS,
    unknownColumns,
    place: (symbol) => places.get(symbol) ?? 0,
  }
  let rules = options.script ?? []
  let script = runScript(rules)
  let requests: RecordedRequest[] = []
  let maxInFlight = 0
  const open = new Set<RecordedRequest>()
  const stalled = new Set<RecordedRequest>()

  function handle(incoming: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
    const request = readRequest(incoming.method ?? '', url, body)
    const path = url.pathname
    const fault = script.next({ path, tickers: request.tickers, columns: request.columns })
    const record: RecordedRequest = {
      seq: requests.length + 1,
      method: request.method,
      path,
      tickers: request.tickers,
      columns: request.columns,
      range: request.range,
      startedAt: elapsed(),
      endedAt: undefined,
      inFlight: open.size + 1,
      status: 0,
      fault: fault?.kind,
      userAgent: incoming.headers['user-agent'] ?? '',
      hasCookie: incoming.headers.cookie !== undefined,
      bytes: Buffer.byteLength(body),
    }
    requests.push(record)
    open.add(record)
    maxInFlight = Math.max(maxInFlight, open.size)
    const onEnd = (): void => {
      stalled.delete(record)
      if (open.delete(record)) record.endedAt = elapsed()
    }
    const answer =
      fault === undefined ? answerOf(request, source) : disturb(answerOf(request, source), fault)
    const written = writeAnswer(answer, {
      turned: hash(String(record.seq), seed) % 2 === 1,
      exponents,
      time: clock(),
    })
    response.once('close', onEnd)
    const send = (): void => {
      if (fault?.kind !== 'stall' && fault?.kind !== 'reset') record.status = written.status
      sendAnswer(response, written, fault, { onEnd, onStall: () => stalled.add(record) })
    }
    if (latencyMs === 0) send()
    else {
      const timer = setTimeout(send, latencyMs)
      response.once('close', () => clearTimeout(timer))
    }
  }

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => handle(incoming, response, Buffer.concat(chunks).toString('utf8')))
    // A caller that goes away is part of the game.
    incoming.on('error', () => undefined)
    response.on('error', () => undefined)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests
    },
    get maxInFlight() {
      return maxInFlight
    },
    get stalled() {
      return stalled.size
    },
    setScript(next) {
      rules = next
      script = runScript(rules)
    },
    reset() {
      requests = []
      maxInFlight = 0
      script = runScript(rules)
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** FNV-1a of a text, from a seed. */
function hash(text: string, seed: number): number {
  let state = 0x811c9dc5 ^ seed
  for (let place = 0; place < text.length; place++) {
    state = Math.imul(state ^ text.charCodeAt(place), 0x01000193)
  }
  return (state ^ (state >>> 15)) >>> 0
}
