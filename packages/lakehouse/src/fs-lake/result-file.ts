import { resolve } from 'node:path'
import type { Columns } from '../columns.ts'
import type { Lakehouse } from '../lakehouse.ts'
import type { TableColumn } from '../schema.ts'
import { packRows } from '../workers/packed-rows.ts'

const TASKS = new URL(
  `../workers/flat-file-tasks.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)

/**
 * Writes rows as a Parquet file, whole or not at all.
 *
 * @param types types of columns where they are known; of others, whole numbers stay floats
 */
export async function writeResult(
  lake: Lakehouse,
  file: string,
  cwd: string,
  rows: Columns,
  types: ReadonlyMap<string, TableColumn['type']>,
): Promise<{ path: string; size: number }> {
  const path = resolve(cwd, file)
  const columns = Object.entries(rows).map(([name, column]): TableColumn => ({
    name,
    type: column instanceof Float64Array ? (types.get(name) ?? 'double') : 'string',
    nullable: true,
  }))
  const { size } = await lake.workers.run<{ size: number }>(TASKS, 'writeFlatFile', {
    path,
    columns,
    rows: packRows(rows),
  })
  return { path, size }
}
