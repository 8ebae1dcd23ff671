import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  type Column,
  type Columns,
  concatRows,
  type Lakehouse,
  type LakehouseOptions,
  numbers,
  openLakehouse,
  rowCount,
  type ScanOptions,
  type Table,
  type TableSchema,
  texts,
} from '../src/index.ts'

/** A small table of bars. */
export const BARS: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    { name: 'close', type: 'double', nullable: false },
    { name: 'volume', type: 'double', nullable: true },
    { name: 'run_id', type: 'string', nullable: true },
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp'],
}

/** Makes an empty folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lakehouse-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a lakehouse in an empty folder; both go away with the test. */
export async function temporaryLake(options: LakehouseOptions = {}): Promise<Lakehouse> {
  const lake = openLakehouse(await temporaryFolder(), { workers: 1, now: () => 1_000, ...options })
  onTestFinished(() => lake.close())
  return lake
}

/** One row of {@link BARS}. */
export interface Bar {
  readonly symbol: string
  readonly timestamp: number
  readonly known_at: number
  readonly close: number
  readonly volume?: number | null
  readonly run_id?: string | null
}

/** Turns bars into columns. */
export function barsOf(bars: readonly Bar[]): Columns {
  return {
    symbol: bars.map((bar) => bar.symbol),
    timestamp: Float64Array.from(bars, (bar) => bar.timestamp),
    known_at: Float64Array.from(bars, (bar) => bar.known_at),
    close: Float64Array.from(bars, (bar) => bar.close),
    volume: Float64Array.from(bars, (bar) => bar.volume ?? Number.NaN),
    run_id: bars.map((bar) => bar.run_id ?? null),
  }
}

/** A bar with its close and, unless given, known a minute after its time. */
export function bar(symbol: string, timestamp: number, close: number, known_at?: number): Bar {
  return { symbol, timestamp, close, known_at: known_at ?? timestamp + 60 }
}

/** Reads all rows of a scan at once. */
export async function collect(table: Table, options?: ScanOptions): Promise<Columns> {
  const batches: Columns[] = []
  for await (const batch of table.scan(options)) batches.push(batch)
  return concatRows(batches)
}

/** Rows as one text each, of the named columns: for comparing. */
export function linesOf(
  rows: Columns,
  names: readonly string[] = ['symbol', 'timestamp', 'known_at', 'close'],
): string[] {
  const columns = names.map((name): Column => rows[name] ?? [])
  return Array.from({ length: rowCount(rows) }, (_, row) =>
    columns.map((column) => String(column[row])).join(' '),
  )
}

/** What is known last of each symbol and time: its close. */
export function latestView(rows: Columns): Map<string, number> {
  const latest = new Map<string, { knownAt: number; close: number }>()
  const symbols = texts(rows, 'symbol')
  for (let row = 0; row < symbols.length; row++) {
    const key = `${symbols[row]} ${numbers(rows, 'timestamp')[row]}`
    const knownAt = numbers(rows, 'known_at')[row]!
    const held = latest.get(key)
    if (held !== undefined && held.knownAt > knownAt) continue
    latest.set(key, { knownAt, close: numbers(rows, 'close')[row]! })
  }
  return new Map([...latest].map(([key, { close }]) => [key, close]))
}
