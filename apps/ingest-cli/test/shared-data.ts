import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const beside = resolve(import.meta.dirname, '../../../../shared/data')
const folder = process.env['FS_SHARED_DATA'] ?? beside

/** Why a test on shared data cannot run here, or false. */
export const noSharedData: string | false = existsSync(join(folder, 'ohlcv/metadata.json'))
  ? false
  : `skipped, no shared data at ${folder}`

/** Path of a file of the shared data. */
export function sharedData(...path: string[]): string {
  return join(folder, ...path)
}
