import type { Io, OutputStream } from './io.ts'
import { listenForInterrupt, type SignalSource } from './interrupt.ts'

/** The part of `process` that a program needs. */
export interface ProcessLike extends SignalSource {
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  stdout: OutputStream & ErrorSource
  stderr: OutputStream & ErrorSource
  cwd(): string
}

interface ErrorSource {
  on(event: 'error', listener: (error: Error) => void): unknown
}

/**
 * Takes from the real process what a program may know of it. A reader that goes away (`… | head`) is no error: the work
 * goes on unread.
 *
 * @param process the process
 * @returns arguments, streams, clock, randomness and the signal of an interrupt
 */
export function ioOf(process: ProcessLike): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!('code' in error && error.code === 'EPIPE')) throw error
    })
  }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    now: () => Date.now() / 1000,
    random: Math.random,
    signal: listenForInterrupt(process).signal,
  }
}
