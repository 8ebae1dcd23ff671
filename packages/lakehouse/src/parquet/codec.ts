let broken = false

/**
 * Runs a call into the codec. After a fault its WebAssembly memory cannot be trusted, so that is remembered.
 *
 * @throws whatever the call throws
 */
export async function inCodec<Result>(call: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    broken = true
    throw error
  }
}

/** Says whether a call into the codec has failed in this thread: the thread must then be replaced. */
export function codecIsBroken(): boolean {
  return broken
}
