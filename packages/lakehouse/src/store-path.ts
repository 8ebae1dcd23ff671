import { LakehouseError } from './errors.ts'

/** What the names of unfinished files start with. The dot makes other engines skip them. */
export const TEMPORARY_PREFIX = '.tmp-'

/**
 * Checks a path before it reaches a store: it must stay inside and mean the same on every system.
 *
 * @param path forward-slash path relative to the store
 * @returns the same path
 * @throws LakehouseError `invalid_input` for an empty or absolute path, a backslash, a NUL, or a segment that is
 *   empty, `.` or `..`
 */
export function checkPath(path: string): string {
  const problem = problemOf(path)
  if (problem === null) return path
  throw new LakehouseError(
    'invalid_input',
    `the path ${JSON.stringify(path)} ${problem}; nothing was read or written`,
    { evidence: { file: path } },
  )
}

function problemOf(path: string): string | null {
  if (path === '') return 'is empty'
  if (path.includes('\0')) return 'holds a NUL'
  if (path.includes('\\')) return 'holds a backslash; folders are separated by /'
  for (const segment of path.split('/')) {
    if (segment === '')
      return 'has an empty segment; it must be relative, without // and without / at the end'
    if (segment === '.' || segment === '..') return `holds ${segment}, which could leave the store`
  }
  return null
}
