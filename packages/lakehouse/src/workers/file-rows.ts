import type { Vector } from 'apache-arrow'
import { type Column, type Columns, numbers, takeRows, texts } from '../columns.ts'
import { LakehouseError } from '../errors.ts'
import { fromArrow } from '../parquet/arrow-columns.ts'
import { decodeParquet } from '../parquet/decode.ts'
import type { OpenFile } from '../parquet/file-source.ts'
import type { RowGroup } from '../parquet/footer.ts'
import type { PlannedFile, ReadPlan } from '../read-plan.ts'
import { type IndexedRun, parseRowIndex, ROW_INDEX_KEY } from '../row-index.ts'
import type { TableColumn } from '../schema.ts'

/**
 * Reads the rows of one data file that a plan asks for, in the order of the file. Only row groups that may hold them
 * are fetched; a file without a row index (another engine wrote it) is read whole and filtered.
 */
export async function readFileRows(
  file: OpenFile,
  planned: PlannedFile,
  plan: ReadPlan,
): Promise<{ rows: Columns; bytesRead: number }> {
  const { footer } = file
  const runs = wantedRuns(parseRowIndex(footer.keyValues.get(ROW_INDEX_KEY)), plan)
  if (runs?.length === 0 || footer.rows === 0)
    return { rows: emptyRows(plan.columns), bytesRead: 0 }
  const groups = footer.rowGroups.flatMap((group, position) =>
    runs === undefined || runs.some((run) => overlap(run, group) !== undefined)
      ? [{ position, group }]
      : [],
  )

  const present = new Set(footer.columns)
  const wanted = plan.columns
    .map(({ name }) => name)
    // The row index already says which symbol a row belongs to.
    .filter((name) => present.has(name) && !(name === 'symbol' && runs !== undefined))
  const { table, bytesRead } = await decodeParquet(file, {
    // The codec takes no columns for all columns; where the file has none of those wanted, one gives the row count.
    columns: wanted.length === 0 ? footer.columns.slice(0, 1) : wanted,
    rowGroups: groups.map(({ position }) => position),
  })
  const length = table.numRows
  const stretches =
    runs &&
    placeRuns(
      runs,
      groups.map(({ group }) => group),
    )
  const columns: Record<string, Column> = {}
  for (const column of plan.columns) {
    if (column.name === 'symbol' && stretches !== undefined) {
      columns['symbol'] = symbolsOf(stretches, length)
      continue
    }
    const vector = table.getChild(column.name)
    columns[column.name] =
      vector === null
        ? constant(column, planned.partitionValues?.[column.name] ?? null, length)
        : columnOf(vector, column, planned.path)
  }
  const kept = keptRows(columns, length, stretches, plan)
  if (runs === undefined && columns['symbol'] !== undefined) {
    const row = texts(columns, 'symbol').indexOf(null)
    if (row >= 0 && plan.symbols === undefined) {
      throw unreadable(planned.path, 'symbol', `row ${row} has no symbol`)
    }
  }
  return { rows: kept === undefined ? columns : takeRows(columns, kept), bytesRead }
}

// What another engine wrote need not fit what the table says, or what can be held here.
function columnOf(vector: Vector, column: TableColumn, path: string): Column {
  let values: Column
  try {
    values = fromArrow(vector, column.name)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw unreadable(path, column.name, error.message, error)
  }
  if ((column.type === 'string') === values instanceof Float64Array) {
    throw unreadable(path, column.name, `the table says ${column.type}, the file ${vector.type}`)
  }
  return values
}

function unreadable(path: string, column: string, what: string, cause?: unknown): LakehouseError {
  return new LakehouseError(
    'unsupported_feature',
    `${path} cannot be read here: column '${column}': ${what}. Nothing was changed.`,
    { cause, evidence: { file: path, column } },
  )
}

function wantedRuns(
  index: readonly IndexedRun[] | undefined,
  plan: ReadPlan,
): readonly IndexedRun[] | undefined {
  const symbols = plan.symbols && new Set(plan.symbols)
  return index?.filter(
    (run) =>
      (symbols === undefined || symbols.has(run.symbol)) &&
      !(plan.from !== undefined && run.maxTime < plan.from) &&
      !(plan.to !== undefined && run.minTime > plan.to),
  )
}

function overlap(run: IndexedRun, group: RowGroup): { start: number; end: number } | undefined {
  const start = Math.max(run.firstRow, group.firstRow)
  const end = Math.min(run.firstRow + run.rows, group.firstRow + group.rows)
  return start < end ? { start, end } : undefined
}

interface Stretch {
  readonly symbol: string
  readonly start: number
  readonly end: number
}

// From positions in the file to positions among the decoded row groups.
function placeRuns(runs: readonly IndexedRun[], groups: readonly RowGroup[]): Stretch[] {
  const stretches: Stretch[] = []
  let decoded = 0
  for (const group of groups) {
    const shift = decoded - group.firstRow
    for (const run of runs) {
      const rows = overlap(run, group)
      if (rows === undefined) continue
      stretches.push({ symbol: run.symbol, start: rows.start + shift, end: rows.end + shift })
    }
    decoded += group.rows
  }
  return stretches
}

// Rows between the stretches belong to symbols that were not asked for.
function symbolsOf(stretches: readonly Stretch[], length: number): (string | null)[] {
  const symbols = Array.from<string | null>({ length })
  let at = 0
  for (const { symbol, start, end } of stretches) {
    symbols.fill(null, at, start).fill(symbol, start, end)
    at = end
  }
  return symbols.fill(null, at)
}

// Undefined: all of them, and nothing needs to be copied.
function keptRows(
  columns: Columns,
  length: number,
  stretches: readonly Stretch[] | undefined,
  plan: ReadPlan,
): number[] | undefined {
  const byTime = plan.from !== undefined || plan.to !== undefined
  const indexed = stretches?.reduce((sum, { start, end }) => sum + end - start, 0)
  if (!byTime && (indexed === length || (indexed === undefined && plan.symbols === undefined))) {
    return undefined
  }
  const times = byTime ? numbers(columns, plan.time) : undefined
  const from = plan.from ?? -Infinity
  const to = plan.to ?? Infinity
  const kept: number[] = []
  const keep = (row: number) => {
    if (times === undefined || (times[row]! >= from && times[row]! <= to)) kept.push(row)
  }
  if (stretches !== undefined) {
    for (const { start, end } of stretches) for (let row = start; row < end; row++) keep(row)
    return kept
  }
  const symbols = plan.symbols && new Set(plan.symbols)
  const column = symbols && texts(columns, 'symbol')
  for (let row = 0; row < length; row++) {
    if (symbols === undefined || symbols.has(column![row]!)) keep(row)
  }
  return kept
}

function constant(column: TableColumn, value: string | null, length: number): Column {
  if (column.type === 'string') return Array.from<string | null>({ length }).fill(value)
  return new Float64Array(length).fill(value === null ? Number.NaN : Number(value))
}

/** No rows, with these columns. */
export function emptyRows(columns: readonly TableColumn[]): Columns {
  return Object.fromEntries(columns.map((column) => [column.name, constant(column, null, 0)]))
}
