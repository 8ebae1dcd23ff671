import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import {
  type Columns,
  type Lakehouse,
  openLakehouse,
  type Table,
  type TableColumn,
  texts,
  type WrittenFile,
} from '../src/index.ts'

/** A lakehouse in a folder of its own, for all tests of a file. */
export function temporaryLake(options: { workers?: number; now?: () => number } = {}): Lakehouse {
  const folder = mkdtempSync(join(tmpdir(), 'fs-lakehouse-'))
  const lake = openLakehouse(folder, { workers: 1, ...options })
  afterAll(async () => {
    await lake.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return lake
}

/** Columns of the given rows; a missing value is null. */
export function columnsOf(
  rows: readonly Readonly<Record<string, string | number | null | undefined>>[],
  columns: readonly TableColumn[],
): Columns {
  return Object.fromEntries(
    columns.map(({ name, type }) => [
      name,
      type === 'string'
        ? rows.map((row) => (row[name] ?? null) as string | null)
        : Float64Array.from(rows, (row) => (row[name] ?? Number.NaN) as number),
    ]),
  )
}

/** Rows of the given columns; a missing value is null. */
export function rowsOf(columns: Columns): Record<string, string | number | null>[] {
  const length = Object.values(columns)[0]?.length ?? 0
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, column]) => {
        const value = column[row] ?? null
        return [name, Number.isNaN(value) ? null : value]
      }),
    ),
  )
}

/** The columns of a table of values: symbol, clocks, then these. */
export function valueColumns(...values: (string | TableColumn)[]): TableColumn[] {
  return [
    { name: 'symbol', type: 'string', nullable: true },
    { name: 'timestamp', type: 'long', nullable: true },
    { name: 'known_at', type: 'long', nullable: true },
    ...values.map((value): TableColumn =>
      typeof value === 'string' ? { name: value, type: 'double', nullable: true } : value,
    ),
  ]
}

/** Creates a table whose commits add the given files as they are, whatever rows they hold. */
export async function tableOf(
  lake: Lakehouse,
  name: string,
  columns: readonly TableColumn[],
  files: readonly Columns[],
  key: readonly string[] = ['symbol', 'timestamp'],
): Promise<Table> {
  const table = lake.table(name, { schema: { columns, time: 'timestamp', key } })
  for (const [index, rows] of files.entries()) {
    await table.commitGroups({
      runId: `file-${index}`,
      operation: 'WRITE',
      groups: [[...new Set(texts(rows, 'symbol').filter((symbol) => symbol !== null))].toSorted()],
      work: async (_, at) => ({
        file: await lake.workers.run<WrittenFile | null>(
          new URL('./write-file-task.ts', import.meta.url),
          'writeFile',
          { target: table.target(at), rows },
        ),
      }),
    })
  }
  return table
}
