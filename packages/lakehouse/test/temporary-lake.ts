import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  type Columns,
  concatRows,
  type Lakehouse,
  type LakehouseOptions,
  openLakehouse,
  type ScanOptions,
  type Table,
} from '../src/index.ts'

/** Makes an empty folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lakehouse-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

// Starting a thread takes longer than most tests; an idle one keeps no program alive.
const { workers } = openLakehouse('nowhere', { workers: 2 })

/** Opens a lakehouse in an empty folder, which goes away with the test; the threads are shared. */
export async function temporaryLake(options: LakehouseOptions = {}): Promise<Lakehouse> {
  const lake = openLakehouse(await temporaryFolder(), { workers, now: () => 1_000, ...options })
  onTestFinished(() => lake.close())
  return lake
}

/** Reads all rows of a scan at once. */
export async function collect(table: Table, options?: ScanOptions): Promise<Columns> {
  const batches: Columns[] = []
  for await (const batch of table.scan(options)) batches.push(batch)
  return concatRows(batches)
}
