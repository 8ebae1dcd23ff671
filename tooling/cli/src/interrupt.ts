import { EXIT } from './exit-codes.ts'

/** The part of `process` that signals come from. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  exit(code: number): void
}

/** A signal that an interrupt aborts. */
export interface Interrupt {
  signal: AbortSignal
  /** Stops listening. */
  stop(): void
}

/**
 * Turns the first `SIGINT` or `SIGTERM` into an abort, so that a command can end in order; the second ends the process
 * at once with exit code 5.
 *
 * @param source the process
 * @returns the signal
 */
export function listenForInterrupt(source: SignalSource): Interrupt {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) source.exit(EXIT.environment)
    else controller.abort()
  }
  const stop = () => {
    source.off('SIGINT', onSignal)
    source.off('SIGTERM', onSignal)
  }
  source.on('SIGINT', onSignal)
  source.on('SIGTERM', onSignal)
  return { signal: controller.signal, stop }
}
