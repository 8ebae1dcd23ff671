import { type Columns, rowCount } from './columns.ts'
import { LakehouseError } from './errors.ts'
import type { ColumnType, TableColumn, TableSchema } from './schema.ts'

/**
 * Checks rows that a caller brings before anything is done with them.
 *
 * @param table name of the table, for the error
 * @throws LakehouseError `schema_mismatch` naming the column, and the row and symbol of a value that does not fit
 */
export function checkRows(table: string, rows: Columns, schema: TableSchema): void {
  const length = rowCount(rows)
  for (const name in rows) {
    if (!schema.columns.some((column) => column.name === name)) {
      throw noSuchColumn(table, name, schema.columns)
    }
  }
  for (const column of schema.columns) {
    const values = rows[column.name]
    if (values === undefined) {
      if (column.nullable) continue
      throw mismatch(table, column.name, 'is needed, but did not come')
    }
    if ((column.type === 'string') === values instanceof Float64Array) {
      throw mismatch(table, column.name, `is of type ${column.type}, but other values came`)
    }
    if (values.length !== length) {
      throw mismatch(
        table,
        column.name,
        `came with ${values.length} values, other columns with ${length}`,
      )
    }
    const row = firstMisfit(values, column)
    if (row < 0) continue
    const symbol = rows['symbol']?.[row]
    const value = values[row]
    const absent = value === null || Number.isNaN(value)
    const what = absent ? 'a value is needed' : `must be ${NOUNS[column.type]}, was ${value}`
    throw new LakehouseError(
      'schema_mismatch',
      `table ${table}: column '${column.name}', row ${row} (${symbol}): ${what}; nothing was written`,
      {
        evidence: {
          table,
          column: column.name,
          row,
          ...(typeof symbol === 'string' && { symbols: [symbol] }),
        },
      },
    )
  }
}

const NOUNS: Readonly<Record<ColumnType, string>> = {
  string: 'text',
  long: 'a whole number of at most 2^53 - 1',
  double: 'a number',
  boolean: '0 or 1',
}

function firstMisfit(values: Float64Array | readonly (string | null)[], column: TableColumn) {
  if (!(values instanceof Float64Array)) return column.nullable ? -1 : values.indexOf(null)
  const { type, nullable } = column
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value !== value) {
      if (nullable) continue
      return i
    }
    if (type === 'long' && !Number.isSafeInteger(value)) return i
    if (type === 'boolean' && value !== 0 && value !== 1) return i
  }
  return -1
}

function mismatch(table: string, column: string, what: string): LakehouseError {
  return new LakehouseError(
    'schema_mismatch',
    `table ${table}: column '${column}' ${what}; nothing was written`,
    { evidence: { table, column } },
  )
}

/** The error of a column that a table does not have. */
export function noSuchColumn(
  table: string,
  name: string,
  columns: readonly TableColumn[],
): LakehouseError {
  return new LakehouseError(
    'schema_mismatch',
    `table ${table} has no column '${name}'; it has ${columns.map((column) => column.name).join(', ')}`,
    { evidence: { table, column: name } },
  )
}
