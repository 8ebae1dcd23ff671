import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** What a file must be to be the one that was recorded. */
export interface FileDigest {
  /** Lower-case hex. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

/**
 * Digests a file without holding it in memory.
 *
 * @param path path of the file
 * @returns SHA-256 and size of its bytes
 * @throws the system's error when it cannot be read
 */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
  }
  return { sha256: hash.digest('hex'), size }
}
