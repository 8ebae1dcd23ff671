import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { type Column, type Columns, rowCount } from '../columns.ts'
import { LakehouseError } from '../errors.ts'
import type { Lakehouse } from '../lakehouse.ts'
import { parseTime } from './command.ts'

const AS_OF_NAMES = ['asOf', 'as_of']
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Reads the questions of a join from a Parquet or CSV file with columns `symbol`, `asOf` (or `as_of`) and any others.
 *
 * @param file path, relative to `cwd` or absolute
 * @throws LakehouseError `not_found` without the file, `invalid_input` naming the line or row that cannot be read
 */
export async function readSpineFile(lake: Lakehouse, file: string, cwd: string): Promise<Columns> {
  const path = resolve(cwd, file)
  const columns = /\.(csv|tsv)$/i.test(file) ? await readCsv(path) : await readParquet(lake, path)
  const name = AS_OF_NAMES.find((candidate) => columns[candidate] !== undefined)
  if (columns['symbol'] === undefined || name === undefined) {
    throw invalid(
      path,
      `it needs columns symbol and asOf, but has ${Object.keys(columns).join(', ')}`,
    )
  }
  const { symbol, [name]: asOf, ...others } = columns
  return { symbol, asOf: toTimes(asOf!, path), ...others }
}

async function readParquet(lake: Lakehouse, path: string): Promise<Columns> {
  const { columns, unread } = await lake.readParquet(path)
  if (unread.length > 0) throw invalid(path, `columns ${unread.join(', ')} are of unknown types`)
  return columns
}

async function readCsv(path: string): Promise<Columns> {
  let records: string[][]
  try {
    const delimiter = path.toLowerCase().endsWith('.tsv') ? '\t' : ','
    records = parse(await readFile(path), { bom: true, delimiter, skip_empty_lines: true })
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    if (isMissing) {
      throw new LakehouseError('not_found', `there is no file ${path}. Nothing was read`, {
        cause,
        evidence: { file: path },
      })
    }
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
  const [header, ...rows] = records
  if (header === undefined) throw invalid(path, 'it is empty')
  return Object.fromEntries(
    header.map((name, at): [string, Column] => {
      const cells = rows.map((row) => row[at]!)
      const isText =
        name === 'symbol' ||
        AS_OF_NAMES.includes(name) ||
        !cells.every((cell) => cell === '' || NUMBER.test(cell))
      return [
        name,
        isText
          ? cells.map((cell) => (cell === '' ? null : cell))
          : Float64Array.from(cells, (cell) => (cell === '' ? Number.NaN : Number(cell))),
      ]
    }),
  )
}

function toTimes(column: Column, path: string): Float64Array {
  if (column instanceof Float64Array) return column
  return Float64Array.from(column, (text, row) => {
    if (text === null) return Number.NaN
    try {
      return parseTime(text, 'asOf')
    } catch (cause) {
      throw invalid(path, `row ${row + 1}: asOf is no time, was '${text}'`, cause)
    }
  })
}

function invalid(path: string, problem: string, cause?: unknown): LakehouseError {
  return new LakehouseError(
    'invalid_input',
    `${path} cannot be read: ${problem}. Nothing was read`,
    {
      cause,
      evidence: { file: path },
    },
  )
}

/** Writes columns as CSV. */
export function toCsv(rows: Columns): string {
  const names = Object.keys(rows)
  const columns = names.map((name) => rows[name]!)
  const lines = [names.map(quote).join(',')]
  for (let row = 0; row < rowCount(rows); row++) {
    lines.push(
      columns
        .map((column) => {
          const value = column[row]!
          return value === null || value !== value ? '' : quote(String(value))
        })
        .join(','),
    )
  }
  return lines.join('\n')
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Gives columns as one object a row; a missing value is null. */
export function toObjects(rows: Columns): Record<string, string | number | null>[] {
  const entries = Object.entries(rows)
  return Array.from({ length: rowCount(rows) }, (_, row) =>
    Object.fromEntries(
      entries.map(([name, column]) => {
        const value = column[row]!
        return [name, value !== value ? null : value]
      }),
    ),
  )
}
