import { LakehouseError } from '../errors.ts'
import type { Store } from '../store.ts'
import { inTable } from './layout.ts'
import { fileLifespans, oldestWholeVersion } from './lifespan.ts'
import type { Checkpoints } from './checkpoint.ts'
import { readWholeLog } from './log.ts'

/**
 * Explains why a data file that a version names is not there: vacuum took it, or it was lost.
 *
 * @param store where the table lies
 * @param tablePath its folder
 * @param version the version that was read
 * @param path path of the missing file inside the table
 * @param checkpoints needed where the log begins with a checkpoint
 * @returns the error to throw: `version_not_available` naming the oldest version that can be read, or `corrupt_file`
 *   when the newest version needs the file too
 */
export async function explainMissingFile(
  store: Store,
  tablePath: string,
  version: number,
  path: string,
  checkpoints?: Checkpoints,
): Promise<LakehouseError> {
  const { base, commits } = await readWholeLog(store, tablePath, checkpoints)
  const newest = commits.at(-1)?.version ?? base?.version ?? version
  const there = new Set((await store.list(inTable(tablePath, ''))).map((entry) => entry.path))
  const oldest = oldestWholeVersion(
    fileLifespans(commits, base),
    (file) => there.has(inTable(tablePath, file)),
    newest,
    base?.version,
  )
  const file = inTable(tablePath, path)
  if (oldest !== null && version < oldest) {
    return new LakehouseError(
      'version_not_available',
      `version ${version} of ${tablePath} can no longer be read: its file ${path} is gone, most likely by a vacuum. ` +
        `From version ${oldest} on every version is whole`,
      { evidence: { table: tablePath, file, version, oldest } },
    )
  }
  return new LakehouseError(
    'corrupt_file',
    `the file ${path} of ${tablePath}, version ${version}, is missing, and the newest version (${newest}) is not whole ` +
      'either. Nothing was changed: restore the file, or ingest its rows again',
    { evidence: { table: tablePath, file, version, newest } },
  )
}
