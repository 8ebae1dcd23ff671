let broken = false
const atWork = new Set<string>()

/**
 * Runs a call into the codec. After a fault its WebAssembly memory cannot be trusted, so that is remembered.
 *
 * @param path the file that is decoded or encoded, for {@link filesInCodec}
 * @throws whatever the call throws
 */
export async function inCodec<Result>(
  path: string,
  call: () => Result | Promise<Result>,
): Promise<Result> {
  atWork.add(path)
  try {
    return await call()
  } catch (error) {
    broken = true
    throw error
  } finally {
    atWork.delete(path)
  }
}

/** Says whether a call into the codec has failed in this thread: the thread must then be replaced. */
export function codecIsBroken(): boolean {
  return broken
}

/** Names the files that the codec works on: some of its faults reach nobody who awaits it. */
export function filesInCodec(): readonly string[] {
  return [...atWork]
}
