import { checkOneSymbol, findBarColumns } from './bar-columns.ts'
import { readNumericTimes, readTimes, type BarTimes } from './bar-times.ts'
import { BarFileError, type RawBars } from './raw-bars.ts'

/** Columns of a Parquet file in memory: numbers with `NaN` for no value, or texts. */
export type ParquetColumns = Readonly<Record<string, Float64Array | readonly (string | null)[]>>

/**
 * Takes bars from the columns of a Parquet file, as pandas and others write them: any order and letter case, the time a
 * column or an unnamed index.
 *
 * @param columns the file's columns; timestamps as Unix seconds, bare numbers as they are
 * @param options `knownAtColumn`: name of the column that says since when a row was known
 * @returns the rows as they stand
 * @throws BarFileError when the columns are none of bars
 */
export function barsFromParquet(
  columns: ParquetColumns,
  options: { knownAtColumn?: string } = {},
): RawBars {
  const names = Object.keys(columns)
  const positions = findBarColumns(names, options.knownAtColumn)
  const columnAt = (position: number) => columns[names[position] ?? ''] ?? []
  const length = columnAt(positions.time).length
  if (length === 0) throw new BarFileError('not_bars', 'there is no row')

  const symbols = positions.symbol === undefined ? [] : columnAt(positions.symbol)
  if (!(symbols instanceof Float64Array)) checkOneSymbol(symbols)
  const times = timesOf(columnAt(positions.time))
  const unreadable = times.unreadable
  const numbersOf = (name: string, position: number | undefined): Float64Array => {
    if (position === undefined) return new Float64Array(length).fill(Number.NaN)
    const column = columnAt(position)
    if (column instanceof Float64Array) return column
    // A column without any value has no type of its own in Parquet and comes as texts.
    if (column.every((cell) => cell === null)) return new Float64Array(length).fill(Number.NaN)
    throw new BarFileError('not_bars', `the column ${name} holds text where numbers are needed`)
  }
  const bars: RawBars = {
    row: Float64Array.from({ length }, (_, at) => at + 1),
    timestamp: times.seconds,
    open: numbersOf('open', positions.open),
    high: numbersOf('high', positions.high),
    low: numbersOf('low', positions.low),
    close: numbersOf('close', positions.close),
    volume: numbersOf('volume', positions.volume),
    unreadable,
  }
  if (positions.knownAt === undefined) return bars
  const knownAt = timesOf(columnAt(positions.knownAt))
  for (const [at, why] of knownAt.unreadable) {
    if (!unreadable.has(at)) unreadable.set(at, `${options.knownAtColumn}: ${why}`)
  }
  return { ...bars, knownAt: knownAt.seconds }
}

function timesOf(column: Float64Array | readonly (string | null)[]): BarTimes {
  return column instanceof Float64Array ? readNumericTimes(column) : readTimes(column)
}
