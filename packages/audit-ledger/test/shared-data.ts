import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

// The data lies beside the repository, whichever checkout of it this is, or where the environment says.
const candidates = [
  process.env.FS_SHARED_DATA ?? '',
  resolve(import.meta.dirname, '../../../../shared/data'),
  resolve(import.meta.dirname, '../../../../../shared/data'),
]

const sharedData = candidates.find((folder) => folder !== '' && existsSync(folder))

/** Folder of the public ledger vectors, or `undefined` where there is none. */
export const vectors: string | undefined =
  sharedData === undefined ? undefined : `${sharedData}/ledger-vectors`

/** Says in a test's name why it does not run. */
export const withoutVectors: string =
  vectors === undefined ? ' [SKIPPED: no ../shared/data beside the repository]' : ''

/** Reads a file of the vectors. */
export function readVector(path: string): Buffer {
  return readFileSync(`${vectors}/${path}`)
}

/** Reads a JSON file of the vectors. */
export function readVectorJson<T>(path: string): T {
  return JSON.parse(readVector(path).toString('utf8')) as T
}
