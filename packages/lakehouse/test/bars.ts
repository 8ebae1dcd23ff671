import {
  type Column,
  type Columns,
  numbers,
  rowCount,
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
