import { type Columns, numbers, rowCount, takeRows, texts } from './columns.ts'
import { compareCodePoints } from './delta/stats.ts'

/**
 * Sorts rows by symbol, time and `known_at` (no value first); rows that are equal in all three keep their order.
 * Symbols are compared by code point, as Parquet's own statistics are.
 *
 * @param time name of the table's time column
 * @returns the same object when the rows are in order already
 */
export function sortRows(rows: Columns, time: string): Columns {
  const symbols = texts(rows, 'symbol')
  const times = numbers(rows, time)
  const knownAt = numbers(rows, 'known_at')
  const compare = (a: number, b: number): number => {
    const left = symbols[a]!
    const right = symbols[b]!
    if (left !== right) return compareCodePoints(left, right)
    return compareNumbers(times[a]!, times[b]!) || compareNumbers(knownAt[a]!, knownAt[b]!)
  }
  const length = rowCount(rows)
  let sorted = true
  for (let i = 1; sorted && i < length; i++) sorted = compare(i - 1, i) <= 0
  if (sorted) return rows
  return takeRows(
    rows,
    Array.from({ length }, (_, i) => i).toSorted((a, b) => compare(a, b) || a - b),
  )
}

function compareNumbers(a: number, b: number): number {
  if (a === b) return 0
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1
  return Number.isNaN(b) || a > b ? 1 : -1
}
