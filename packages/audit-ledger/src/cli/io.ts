/** Everything `fs-ledger` knows of the process it runs in; tests hand in their own. */
export interface LedgerIo {
  /** Arguments behind the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path that relative paths start from. */
  readonly cwd: string
  /** Milliseconds since 1970 UTC. */
  readonly clock: () => number
  readonly stdin: AsyncIterable<Uint8Array>
  /** Writes data; fulfilled when the reader can take more. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>
  /** Writes talk, to stderr. */
  readonly say: (text: string) => void
  /** True when stdout is a terminal. */
  readonly isTerminal: boolean
}

/** The part of a writable stream that is needed. */
interface OutputStream {
  readonly isTTY?: boolean | undefined
  write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The part of `process` that is needed. */
interface ProcessLike {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  cwd(): string
}

/**
 * Takes from the real process what the program may know of it. A reader that goes away (`… | head`) is no error.
 *
 * @param process the process
 * @param clock milliseconds
 * @returns arguments, streams and clock
 */
export function ioOf(process: ProcessLike, clock: () => number): LedgerIo {
  const { stdout, stderr } = process
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error) => {
      if (!('code' in error && error.code === 'EPIPE')) throw error
    })
  }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    clock,
    stdin: process.stdin,
    write: (chunk) =>
      new Promise((resolve) => {
        stdout.write(chunk, () => resolve())
      }),
    say: (text) => {
      stderr.write(`${text}\n`)
    },
    isTerminal: stdout.isTTY === true,
  }
}
