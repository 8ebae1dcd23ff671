import { parse } from 'csv-parse/sync'
import { checkOneSymbol, findBarColumns } from './bar-columns.ts'
import { readTimes } from './bar-times.ts'
import { BarFileError, type RawBars } from './raw-bars.ts'

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const INFINITE = /^([+-]?)inf(?:inity)?$/i
const NO_VALUE = new Set(['', 'nan', 'null', 'na', 'n/a', 'none', '-'])

/**
 * Reads bars from the text of a CSV file: any order of columns, any letter case, separated by comma, semicolon or tab.
 *
 * @param text the file's content; a byte order mark is ignored
 * @param options `knownAtColumn`: name of the column that says since when a row was known
 * @returns the rows as they stand; cells that cannot be read are named in `unreadable`
 * @throws BarFileError when the text holds no bars at all
 */
export function parseCsvBars(text: string, options: { knownAtColumn?: string } = {}): RawBars {
  // What was read as UTF-8 holds these only where it is something else, UTF-16 above all.
  if (text.includes('\0')) {
    throw new BarFileError('malformed', 'the text is UTF-16 or none at all: write it as UTF-8')
  }
  const records = csvRecords(text)
  const header = records[0]?.record
  if (header === undefined) throw new BarFileError('not_bars', 'the file is empty')
  const columns = findBarColumns(header, options.knownAtColumn)
  const body = records.slice(1)
  if (body.length === 0) throw new BarFileError('not_bars', 'there is a header and no row')

  const cellsOf = (position: number) => body.map(({ record }) => record[position])
  if (columns.symbol !== undefined) checkOneSymbol(cellsOf(columns.symbol))
  const times = readTimes(cellsOf(columns.time))
  const unreadable = times.unreadable
  const note = (at: number, why: string) => {
    if (!unreadable.has(at)) unreadable.set(at, why)
  }
  const numbersOf = (name: string, position: number | undefined) => {
    const values = new Float64Array(body.length).fill(Number.NaN)
    if (position === undefined) return values
    for (const [at, { record }] of body.entries()) {
      const cell = record[position]?.trim() ?? ''
      const infinite = INFINITE.exec(cell)
      if (NUMBER.test(cell)) values[at] = Number(cell)
      else if (infinite) values[at] = Number(`${infinite[1]}Infinity`)
      else if (!NO_VALUE.has(cell.toLowerCase()))
        note(at, `${name} is no number: ${JSON.stringify(cell)}`)
    }
    return values
  }
  for (const [at, { record }] of body.entries()) {
    if (record.length !== header.length) {
      unreadable.set(at, `${record.length} fields where the header has ${header.length}`)
    }
  }
  const bars: RawBars = {
    row: Float64Array.from(body, ({ line }) => line),
    timestamp: times.seconds,
    open: numbersOf('open', columns.open),
    high: numbersOf('high', columns.high),
    low: numbersOf('low', columns.low),
    close: numbersOf('close', columns.close),
    volume: numbersOf('volume', columns.volume),
    unreadable,
  }
  if (columns.knownAt === undefined) return bars
  const knownAt = readTimes(cellsOf(columns.knownAt))
  for (const [at, why] of knownAt.unreadable) note(at, `${options.knownAtColumn}: ${why}`)
  return { ...bars, knownAt: knownAt.seconds }
}

interface CsvRecord {
  record: string[]
  line: number
}

function csvRecords(text: string): CsvRecord[] {
  const firstLine = /^[^\r\n]*/.exec(text.replace(/^\uFEFF?\s*/, ''))?.[0] ?? ''
  const delimiter = [',', ';', '\t'].find((candidate) => firstLine.includes(candidate)) ?? ','
  try {
    const rows = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { record: string[]; info: { lines: number } }[]
    return rows.map(({ record, info }) => ({ record, line: info.lines }))
  } catch (error) {
    throw new BarFileError('malformed', (error as Error).message, { cause: error })
  }
}
