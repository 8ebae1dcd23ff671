import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { CommandError } from '@fs/cli'
import type { Lakehouse } from '@fs/lakehouse'
import { parseCsvBars } from './csv-bars.ts'
import type { BarFile } from './find-bar-files.ts'
import { barsFromParquet } from './parquet-bars.ts'
import { BarFileError, type RawBars } from './raw-bars.ts'

/** What identifies a file's content. */
export interface FileDigest {
  /** SHA-256 of the bytes, hex. */
  sha256: string
  bytes: number
}

/** A bar file as read: its rows, or why it holds none. */
export type BarFileContent = FileDigest & ({ raw: RawBars } | { refused: BarFileError })

/**
 * Reads a bar file.
 *
 * @param file path and format
 * @param lake reads Parquet
 * @param options `knownAtColumn`: name of the column that says since when a row was known
 * @returns the rows as they stand, or the refusal of a file that can be read and holds no bars
 * @throws CommandError naming the file when it cannot be read; exit code 3 for a damaged one, else 5
 */
export async function readBarFile(
  file: Pick<BarFile, 'path' | 'format'>,
  lake: Pick<Lakehouse, 'readParquet'>,
  options: { knownAtColumn?: string },
): Promise<BarFileContent> {
  try {
    if (file.format === 'csv') {
      const content = await readFile(file.path)
      const digest = {
        sha256: createHash('sha256').update(content).digest('hex'),
        bytes: content.length,
      }
      return { ...digest, ...rowsOf(() => parseCsvBars(content.toString('utf8'), options)) }
    }
    const digest = await digestFile(file.path)
    const { columns } = await lake.readParquet(file.path)
    return { ...digest, ...rowsOf(() => barsFromParquet(columns, options)) }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.name === 'AbortError') throw error
    const unchanged = 'Nothing was written, of the other files neither.'
    if (error.code === 'corrupt_file') {
      throw new CommandError('corrupt_file', error.message, { cause: error, unchanged })
    }
    throw new CommandError(
      'unreadable_file',
      `the bar file ${file.path} cannot be read: ${error.message}`,
      { cause: error, unchanged, next: 'Make it readable, or move it away and import the rest.' },
    )
  }
}

/**
 * Computes what identifies a file's content, without holding the file in memory.
 *
 * @param path absolute path
 * @returns digest and size
 */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

function rowsOf(read: () => RawBars): { raw: RawBars } | { refused: BarFileError } {
  try {
    return { raw: read() }
  } catch (error) {
    if (error instanceof BarFileError) return { refused: error }
    throw error
  }
}
