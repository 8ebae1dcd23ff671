import { LakehouseError } from '../errors.ts'

const COMMIT_NAME = /(?:^|\/)_delta_log\/(\d{20})\.json$/
const CHECKPOINT_NAME = /(?:^|\/)_delta_log\/(\d{20})\.checkpoint(?:\.[^/]+)?\.(?:parquet|json)$/
const ABSOLUTE = /^(?:\/|[a-z][a-z0-9+.-]*:)/i

/**
 * Joins a table's folder and a path inside it.
 *
 * @param tablePath folder of the table in the store; empty when the store is the table
 * @param path path inside the table
 * @returns path in the store
 */
export function inTable(tablePath: string, path: string): string {
  return tablePath === '' ? path : `${tablePath}/${path}`
}

/**
 * Names the folder of a table's log.
 *
 * @param tablePath folder of the table in the store
 * @returns prefix of all log files, with the slash at its end
 */
export function logPrefix(tablePath: string): string {
  return inTable(tablePath, '_delta_log/')
}

/**
 * Names the file that holds a version.
 *
 * @param tablePath folder of the table in the store
 * @param version number of the commit, from 0
 * @returns path in the store
 */
export function commitPath(tablePath: string, version: number): string {
  return `${logPrefix(tablePath)}${String(version).padStart(20, '0')}.json`
}

/**
 * Reads the version out of the name of a commit.
 *
 * @param path path in the store
 * @returns the version, or null when the file is no commit (a checkpoint, a hint, another engine's file)
 */
export function commitVersion(path: string): number | null {
  return versionIn(COMMIT_NAME, path)
}

/**
 * Reads the version out of the name of a checkpoint of any kind.
 *
 * @param path path in the store
 * @returns the version, or null when the file is no checkpoint
 */
export function checkpointVersion(path: string): number | null {
  return versionIn(CHECKPOINT_NAME, path)
}

/**
 * Names the classic checkpoint of a version.
 *
 * @param tablePath folder of the table in the store
 * @param version number of the commit it includes last
 * @returns path in the store
 */
export function checkpointPath(tablePath: string, version: number): string {
  return `${logPrefix(tablePath)}${String(version).padStart(20, '0')}.checkpoint.parquet`
}

/**
 * Names the hint at the newest checkpoint.
 *
 * @param tablePath folder of the table in the store
 * @returns path in the store
 */
export function lastCheckpointPath(tablePath: string): string {
  return `${logPrefix(tablePath)}_last_checkpoint`
}

const CLASSIC_PART = /\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$/

/**
 * Tells which part of a classic checkpoint a file is.
 *
 * @param path path in the store
 * @returns its number and how many there are, or null for a checkpoint of another kind
 */
export function checkpointPart(path: string): { part: number; parts: number } | null {
  const match = CLASSIC_PART.exec(path)
  if (match === null) return null
  return { part: Number(match[1] ?? 1), parts: Number(match[2] ?? 1) }
}

function versionIn(pattern: RegExp, path: string): number | null {
  const digits = pattern.exec(path)?.[1]
  return digits === undefined ? null : Number(digits)
}

/**
 * Encodes the path of a data file for the log, where paths are relative URIs.
 *
 * @param path path inside the table as the store has it
 * @returns the percent-encoded path; `=` stays, so partition folders remain readable
 */
export function encodePath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3D', '='))
    .join('/')
}

/**
 * Decodes the path of a data file in the log, which engines encode more or less eagerly.
 *
 * @param path `add.path` or `remove.path`
 * @returns path inside the table as the store has it
 * @throws LakehouseError `corrupt_log` when it is not percent-encoded properly
 */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new LakehouseError(
      'corrupt_log',
      `the log names a data file by the malformed URI ${path}`,
      {
        cause,
        evidence: { file: path },
      },
    )
  }
}

/**
 * Tells whether the log names a file outside the table, as a shallow clone does.
 *
 * @param path `add.path`
 * @returns true for a URI with a scheme or a path from the root
 */
export function isAbsolutePath(path: string): boolean {
  return ABSOLUTE.test(path)
}
