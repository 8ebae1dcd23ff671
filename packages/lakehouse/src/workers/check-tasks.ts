import { createHash } from 'node:crypto'
import { isLakehouseError } from '../errors.ts'
import { fetchChunks, openFile } from '../parquet/file-source.ts'
import { openStore } from '../store.ts'

/** A file to check, and what the log says of it. */
export interface FileToCheck {
  /** Path inside the store. */
  readonly path: string
  readonly size?: number
  readonly sha256?: string | null
}

/** What is wrong with a file; null when nothing is. */
export interface CheckedFile {
  readonly path: string
  readonly problem: string | null
  /** False for files of others, which carry none: their bytes could change unnoticed. */
  readonly hasChecksums: boolean
  readonly bytes: number
}

/** Reads whole files and compares them with what the log and their own checksums say. */
export async function checkFiles(args: {
  readonly store: string
  readonly files: readonly FileToCheck[]
}): Promise<readonly CheckedFile[]> {
  const store = openStore(args.store)
  const checked: CheckedFile[] = []
  for (const { path, size, sha256 } of args.files) {
    const found = (problem: string | null, bytes = 0, hasChecksums = false) =>
      checked.push({ path, problem, bytes, hasChecksums })
    try {
      const bytes = await store.get(path)
      if (size !== undefined && bytes.length !== size) {
        found(`it has ${bytes.length} bytes instead of ${size}`, bytes.length)
        continue
      }
      const digest = createHash('sha256').update(bytes).digest('hex')
      if (sha256 != null && digest !== sha256) {
        found(`its sha256 is ${digest} instead of ${sha256}`, bytes.length)
        continue
      }
      const file = await openFile({
        path,
        size: bytes.length,
        read: async (start, end) => bytes.subarray(start, end),
      })
      const groups = file.footer.rowGroups.map((_, position) => position)
      await fetchChunks(file, file.footer.columns, groups)
      found(null, bytes.length, file.checksums !== undefined)
    } catch (error) {
      if (!isLakehouseError(error, 'corrupt_file', 'not_found')) throw error
      found(error.code === 'not_found' ? 'it is missing' : error.message)
    }
  }
  return checked
}
