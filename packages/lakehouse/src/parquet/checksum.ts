import { crc32 } from 'node:zlib'
import { ROW_INDEX_KEY } from '../row-index.ts'
import type { Footer } from './footer.ts'

// Parquet readers do not notice a flipped bit: most page bytes decode to something. So every file of ours carries a
// crc32 of each column chunk and one of all bytes after the chunks, in a key-value of its own footer. The value has a
// fixed width: it is written as zeros, and patched once the bytes it describes exist.

/** The key under which a file's checksums stand in its footer. */
export const CHECKSUM_KEY = 'fs.crc'

const PREFIX = 'crc32:'
const DIGITS = 8

/** Gives the value to write before the checksums are known, for a file of this many column chunks. */
export function blankChecksums(chunks: number): string {
  return PREFIX + '0'.repeat(DIGITS * (chunks + 1))
}

/**
 * Writes the checksums into a finished file, in place.
 *
 * @throws RangeError when the file was not written with {@link blankChecksums} for exactly its number of chunks
 */
export function stampChecksums(file: Uint8Array, footer: Footer): void {
  const chunks = footer.rowGroups.flatMap((group) => group.chunks)
  const blank = blankChecksums(chunks.length)
  if (footer.keyValues.get(CHECKSUM_KEY) !== blank) {
    throw new RangeError(`the file was not prepared for ${chunks.length} checksums`)
  }
  const tail = Buffer.from(
    file.buffer,
    file.byteOffset + footer.dataEnd,
    file.length - footer.dataEnd,
  )
  const at = tail.indexOf(blank)
  const checksums = chunks.map((chunk) => hex(file.subarray(chunk.start, chunk.end)))
  checksums.push(hex(tail))
  tail.write(PREFIX + checksums.join(''), at, 'latin1')
}

// Programs that copy key-values when they write a file anew; ours calls itself parquet-rs.
const OTHER_WRITERS = /^(parquet-cpp|parquet-mr|duckdb|polars|fastparquet)/i

/**
 * Takes away what a file of ours said of its own bytes when another program has written it anew and kept the words. A
 * list of names, not "all but ours": damage to the writer's name must not turn a file of ours into a foreign one.
 */
export function withoutStaleKeys(footer: Footer): Footer {
  if (!OTHER_WRITERS.test(footer.createdBy)) return footer
  const keyValues = new Map(footer.keyValues)
  for (const key of [CHECKSUM_KEY, ROW_INDEX_KEY]) keyValues.delete(key)
  return { ...footer, keyValues }
}

/** What a file says about itself: a checksum a chunk, by `rowGroup * columns + column`, or none (a foreign file). */
export type Checksums = readonly string[] | undefined

/**
 * Reads the checksums of a file and verifies the one of its tail.
 *
 * @param tail all bytes from the end of the last column chunk to the end of the file
 * @returns the checksums of the chunks, or `undefined` for a file that has none
 * @throws RangeError when the tail is damaged
 */
export function readChecksums(footer: Footer, tail: Uint8Array): Checksums {
  const value = footer.keyValues.get(CHECKSUM_KEY)
  if (value === undefined) {
    // Both are written together, so damage to this key's name must not pass for a foreign file.
    if (footer.keyValues.has(ROW_INDEX_KEY)) throw new RangeError('the footer lacks its checksums')
    return undefined
  }
  const chunks = footer.rowGroups.reduce((sum, group) => sum + group.chunks.length, 0)
  const copy = Buffer.from(tail)
  const at = copy.indexOf(value)
  if (value.length !== PREFIX.length + DIGITS * (chunks + 1) || at < 0) {
    throw new RangeError('the checksums in the footer do not fit the file')
  }
  copy.write(blankChecksums(chunks), at, 'latin1')
  const stored = Array.from({ length: chunks + 1 }, (_, i) =>
    value.slice(PREFIX.length + DIGITS * i, PREFIX.length + DIGITS * (i + 1)),
  )
  if (hex(copy) !== stored.at(-1)) throw new RangeError('the footer is damaged')
  return stored.slice(0, -1)
}

/** Says whether a chunk's bytes are the ones that were written. */
export function chunkIsIntact(bytes: Uint8Array, checksum: string): boolean {
  return hex(bytes) === checksum
}

function hex(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(DIGITS, '0')
}
