import type { Io } from './io.ts'

/** A process made of plain values, with what was written to it. */
export interface TestIo extends Io {
  /** What was written to stdout so far. */
  out(): string
  /** What was written to stderr so far. */
  err(): string
}

/**
 * Makes a process for tests: fixed clock, seeded randomness, streams that remember.
 *
 * @param given whatever the test cares about; `terminal` makes both streams terminals
 * @returns the process
 */
export function createTestIo(given: Partial<Io> & { terminal?: boolean } = {}): TestIo {
  const written = { out: '', err: '' }
  const { terminal = false, ...rest } = given
  let draw = 0
  return {
    argv: [],
    env: {},
    stdout: { write: (text) => (written.out += text), isTTY: terminal },
    stderr: { write: (text) => (written.err += text), isTTY: terminal },
    cwd: '/nowhere',
    now: () => 1_800_000_000,
    random: () => {
      draw = (draw * 16_807 + 7) % 2_147_483_647
      return draw / 2_147_483_647
    },
    signal: new AbortController().signal,
    ...rest,
    out: () => written.out,
    err: () => written.err,
  }
}
