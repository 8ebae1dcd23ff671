import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Bars } from '../src/index.ts'

// The data lies beside the repository, whichever checkout of it this is, or where the environment says.
const candidates = [
  process.env.FS_SHARED_DATA ?? '',
  resolve(import.meta.dirname, '../../../../shared/data'),
  resolve(import.meta.dirname, '../../../../../shared/data'),
]

/** Folder of the real data and public vectors, or `undefined` where there is none. */
export const sharedData: string | undefined = candidates.find(
  (folder) => folder !== '' && existsSync(folder),
)

/** Says in a test's name why it does not run. */
export const withoutData: string =
  sharedData === undefined ? ' [SKIPPED: no ../shared/data beside the repository]' : ''

/** Reads a text file of the shared data. */
export function readShared(path: string): string {
  return readFileSync(`${sharedData}/${path}`, 'utf8')
}

/** Reads bars from a CSV file with a date, open, high, low, close and volume column, oldest first. */
export function readBars(path: string): Bars {
  const [header = '', ...lines] = readShared(path)
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/)
  const names = header.toLowerCase().split(',')
  const rows = lines.map((line) => line.split(','))
  const column = (name: string): Float64Array => {
    const index = names.indexOf(name)
    return Float64Array.from(rows, (row) => Number(row[index]))
  }
  return {
    timestamp: Float64Array.from(rows, (row) => Date.parse(`${row[0]}Z`) / 1000),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  }
}

/** Appends one bar, a day after the last. */
export function appendBar(bars: Bars, bar: Record<Exclude<keyof Bars, 'timestamp'>, number>): Bars {
  const extend = (column: Float64Array, value: number): Float64Array =>
    Float64Array.from([...column, value])
  return {
    timestamp: extend(bars.timestamp, bars.timestamp.at(-1)! + 86_400),
    open: extend(bars.open, bar.open),
    high: extend(bars.high, bar.high),
    low: extend(bars.low, bar.low),
    close: extend(bars.close, bar.close),
    volume: extend(bars.volume, bar.volume),
  }
}

/** Cuts bars to rows `from` … `to - 1`. */
export function sliceBars(bars: Bars, from: number, to: number): Bars {
  return {
    timestamp: bars.timestamp.slice(from, to),
    open: bars.open.slice(from, to),
    high: bars.high.slice(from, to),
    low: bars.low.slice(from, to),
    close: bars.close.slice(from, to),
    volume: bars.volume.slice(from, to),
  }
}
