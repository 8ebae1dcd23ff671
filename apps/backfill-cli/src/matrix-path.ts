import { CommandError, type Io, type Settings } from '@fs/cli'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Name of the matrix in a lakehouse and in the folder of a run. */
export const MATRIX = 'features_matrix.parquet'

/**
 * Finds the matrix of a run.
 *
 * @param output path as it was given; absent: the matrix of the lakehouse
 * @returns absolute path
 * @throws CommandError (exit 2) for a folder, or a name that no matrix has
 */
export async function matrixPath(
  output: string | undefined,
  settings: Settings,
  io: Io,
): Promise<string> {
  const lakehouse = settings.lakehouse.startsWith('file://')
    ? fileURLToPath(settings.lakehouse)
    : settings.lakehouse
  const path = output === undefined ? resolve(io.cwd, lakehouse, MATRIX) : resolve(io.cwd, output)
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) throw unusable(`the matrix ${path} is a folder`)
  if (!path.endsWith('.parquet')) {
    throw unusable(`the matrix ${path} is a Parquet file, and its name must end in .parquet`)
  }
  return path
}

function unusable(message: string): CommandError {
  return new CommandError('invalid_input', message, {
    unchanged: 'Nothing was touched.',
    next: `Name a file such as ${MATRIX} with --output FILE.`,
  })
}
