import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

// The data lies beside the repository, whichever checkout of it this is, or where the environment says.
const candidates = [
  process.env['FS_SHARED_DATA'] ?? '',
  resolve(import.meta.dirname, '../../../../shared/data'),
  resolve(import.meta.dirname, '../../../../../shared/data'),
]

/** Folder of the real data and public vectors, or `undefined` where there is none. */
export const sharedData: string | undefined = candidates.find(
  (folder) => folder !== '' && existsSync(folder),
)

/** Says in a test's name why it does not run. */
export const withoutData: string =
  sharedData === undefined ? ' [SKIPPED: no ../shared/data beside the repository]' : ''

/** Reads a JSON file of the shared data. */
export function readShared<Value>(path: string): Value {
  return JSON.parse(readFileSync(`${sharedData}/${path}`, 'utf8')) as Value
}
