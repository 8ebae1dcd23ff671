import { type Columns, numbers, symbolRuns, texts } from './columns.ts'

/** Where one symbol's rows lie in a data file. */
export interface IndexedRun {
  readonly symbol: string
  readonly firstRow: number
  readonly rows: number
  /** Smallest and largest value of the table's time column, Unix seconds. */
  readonly minTime: number
  readonly maxTime: number
}

/** The key under which a data file's row index stands in its footer. */
export const ROW_INDEX_KEY = 'fs.rows'

/**
 * Describes rows that are sorted by symbol.
 *
 * @param time name of the table's time column
 */
export function indexRows(rows: Columns, time: string): IndexedRun[] {
  const times = numbers(rows, time)
  return symbolRuns(texts(rows, 'symbol')).map(({ symbol, start, end }) => {
    let minTime = Infinity
    let maxTime = -Infinity
    for (let i = start; i < end; i++) {
      const value = times[i]!
      if (value < minTime) minTime = value
      if (value > maxTime) maxTime = value
    }
    return { symbol, firstRow: start, rows: end - start, minTime, maxTime }
  })
}

/** Writes an index as the text that a footer holds. */
export function formatRowIndex(index: readonly IndexedRun[]): string {
  return JSON.stringify(
    index.map((run) => [run.symbol, run.firstRow, run.rows, run.minTime, run.maxTime]),
  )
}

/** Reads an index back; `undefined` for a file without one. */
export function parseRowIndex(text: string | undefined): readonly IndexedRun[] | undefined {
  if (text === undefined) return undefined
  const entries = JSON.parse(text) as [string, number, number, number, number][]
  return entries.map(([symbol, firstRow, rows, minTime, maxTime]) => ({
    symbol,
    firstRow,
    rows,
    minTime,
    maxTime,
  }))
}
