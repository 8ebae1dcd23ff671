import type { RawBars } from '../src/raw-bars.ts'

export const DAY = 86_400

/** One row as a test writes it; what is left out is an ordinary bar. */
export interface RawRow {
  day: number
  open?: number
  high?: number
  low?: number
  close?: number
  volume?: number
  knownAt?: number
}

/** Makes a file's rows; the first stands in line 2. */
export function rawBars(rows: readonly RawRow[], unreadable: [number, string][] = []): RawBars {
  const column = (of: (row: RawRow) => number) => Float64Array.from(rows, of)
  return {
    row: Float64Array.from(rows, (_, at) => at + 2),
    timestamp: column(({ day }) => day * DAY),
    open: column(({ open = 10 }) => open),
    high: column(({ high = 12 }) => high),
    low: column(({ low = 9 }) => low),
    close: column(({ close = 11 }) => close),
    volume: column(({ volume = 100 }) => volume),
    unreadable: new Map(unreadable),
    ...(rows.some((row) => row.knownAt !== undefined)
      ? { knownAt: column(({ knownAt = Number.NaN }) => knownAt) }
      : {}),
  }
}
