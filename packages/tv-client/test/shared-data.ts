import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

// The data lies beside the repository, whichever checkout of it this is, or where the environment says.
const candidates = [
  process.env['FS_SHARED_DATA'] ?? '',
  resolve(import.meta.dirname, '../../../../shared/data'),
  resolve(import.meta.dirname, '../../../../../shared/data'),
]
const folder = candidates.find((path) => path !== '' && existsSync(join(path, 'scanner')))

/** Says in a test's name why it does not run. */
export const withoutData: string =
  folder === undefined ? ' [SKIPPED: no ../shared/data/scanner beside the repository]' : ''

/** Reads a file of the captures as text. */
export function readCapture(path: string): string {
  return readFileSync(join(folder!, 'scanner', path), 'utf8')
}

/** Reads a file of the captures as JSON, whatever the test takes it for. */
export function readCaptureJson<T>(path: string): T {
  return JSON.parse(readCapture(path)) as T
}

/** Lists the captures of a folder, `[]` where there is no data. */
export function listCaptures(path: string): string[] {
  if (folder === undefined) return []
  return readdirSync(join(folder, 'scanner', path), { recursive: true })
    .map((name) => `${path}/${String(name).replaceAll('\\', '/')}`)
    .filter((name) => /\.(?:json|txt)$/.test(name))
    .sort()
}
