import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError } from './command-error.ts'

/** A file that the user named, with what identifies it. */
export interface InputFile {
  /** Absolute path. */
  path: string
  /** Content as UTF-8. */
  text: string
  /** SHA-256 of the bytes, hex. */
  sha256: string
}

/**
 * Reads a text file that the user named.
 *
 * @param path relative to `cwd` or absolute
 * @param options `what`: what the file is, for the message (`candidates file`); `cwd`: where relative paths start
 * @returns content and digest
 * @throws CommandError `missing_file` (exit code 2) when there is none, `unreadable_file` (5) when it cannot be read
 */
export async function readInputFile(
  path: string,
  options: { what: string; cwd: string },
): Promise<InputFile> {
  const file = resolve(options.cwd, path)
  try {
    const bytes = await readFile(file)
    return {
      path: file,
      text: bytes.toString('utf8'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new CommandError(
      missing ? 'missing_file' : 'unreadable_file',
      missing
        ? `the ${options.what} ${file} does not exist`
        : `the ${options.what} ${file} cannot be read: ${(error as Error).message}`,
      { cause: error, unchanged: 'Nothing was touched.' },
    )
  }
}
