import type { AddFile } from './delta/actions.ts'
import type { WrittenFile } from './workers/context.ts'

/**
 * Describes a written file for the log.
 *
 * @param nowSeconds Unix seconds
 */
export function toAddFile(file: WrittenFile, nowSeconds: number): AddFile {
  return {
    path: file.path,
    partitionValues: {},
    size: file.size,
    modificationTime: nowSeconds * 1000,
    dataChange: true,
    stats: file.stats,
    tags: { sha256: file.sha256 },
  }
}
