import type { MetaData } from './delta/actions.ts'
import { LakehouseError } from './errors.ts'

/** The types a table column can have: text, 64-bit integer, 64-bit float, truth value. */
export type ColumnType = 'string' | 'long' | 'double' | 'boolean'

/** One column of a table. */
export interface TableColumn {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
}

/** What a table holds; handed in as data by whoever creates it. */
export interface TableSchema {
  readonly columns: readonly TableColumn[]
  /** The column that says what a row describes; rows are kept sorted by symbol, this column and `known_at`. */
  readonly time: string
  /** The columns that, beside `known_at`, tell rows apart: symbol, time, and `source` where there is one. */
  readonly key: readonly string[]
  /** Free settings kept with the table, such as `fs.formula`. */
  readonly configuration?: Readonly<Record<string, string>>
}

const TIME_SETTING = 'fs.time'
const KEY_SETTING = 'fs.key'

/** Writes a schema as Delta's `schemaString`. */
export function toSchemaString(columns: readonly TableColumn[]): string {
  return JSON.stringify({
    type: 'struct',
    fields: columns.map(({ name, type, nullable }) => ({ name, type, nullable, metadata: {} })),
  })
}

/** The settings a table of this schema is created with: its own, and the two that make it readable again. */
export function toConfiguration(schema: TableSchema): Record<string, string> {
  return {
    ...schema.configuration,
    [TIME_SETTING]: schema.time,
    [KEY_SETTING]: schema.key.join(','),
  }
}

/**
 * Reads a schema back from a table's metadata.
 *
 * @throws LakehouseError `unsupported_feature` when a column has a type that is not one of {@link ColumnType}
 */
export function fromMetadata(
  table: string,
  schemaString: string,
  configuration: Readonly<Record<string, string>>,
): TableSchema {
  const parsed = JSON.parse(schemaString) as {
    fields: { name: string; type: unknown; nullable: boolean }[]
  }
  const columns = parsed.fields.map(({ name, type, nullable }): TableColumn => {
    const wide = typeof type === 'string' ? WIDENED[type] : undefined
    if (wide !== undefined) return { name, type: wide, nullable }
    if (type !== 'string' && type !== 'long' && type !== 'double' && type !== 'boolean') {
      throw new LakehouseError(
        'unsupported_feature',
        `table ${table}: column '${name}' has the type ${JSON.stringify(type)}, which is not read here; nothing was changed`,
        { evidence: { table, column: name } },
      )
    }
    return { name, type, nullable }
  })
  const names = new Set(columns.map((column) => column.name))
  const time = configuration[TIME_SETTING] ?? 'timestamp'
  for (const name of ['symbol', time, 'known_at']) {
    const column = columns.find((held) => held.name === name)
    if (column !== undefined && (column.type === 'string') === (name === 'symbol')) continue
    const problem = column === undefined ? 'has no' : `has type ${column.type} for its`
    throw new LakehouseError(
      'schema_mismatch',
      `table ${table} ${problem} column '${name}', without which its rows cannot be told apart here; nothing was changed`,
      { evidence: { table, column: name } },
    )
  }
  const key = configuration[KEY_SETTING]?.split(',') ?? ['symbol', time, 'source']
  return { columns, time, key: key.filter((name) => names.has(name)), configuration }
}

// Types of other engines that are read as wider ones, and never written.
const WIDENED: Readonly<Record<string, ColumnType>> = {
  byte: 'long',
  short: 'long',
  integer: 'long',
  float: 'double',
}

/**
 * Refuses to write rows into a table that another engine laid out in a way this package only reads.
 *
 * @throws LakehouseError `unsupported_feature` for a partitioned table and for a column of a narrow type
 */
export function checkLayout(
  table: string,
  { schemaString, partitionColumns }: Pick<MetaData, 'schemaString' | 'partitionColumns'>,
): void {
  const { fields } = JSON.parse(schemaString) as { fields: { name: string; type: unknown }[] }
  const narrow = fields.find(({ type }) => typeof type === 'string' && WIDENED[type] !== undefined)
  if (partitionColumns.length === 0 && narrow === undefined) return
  const why =
    partitionColumns.length > 0
      ? `is partitioned by ${partitionColumns.join(', ')}`
      : `has a column '${narrow!.name}' of type ${String(narrow!.type)}`
  throw new LakehouseError(
    'unsupported_feature',
    `table ${table} ${why}, which is only read here. Nothing was written: write it with the engine that made it`,
    {
      evidence: {
        table,
        feature: partitionColumns.length > 0 ? 'partitioning' : String(narrow!.type),
      },
    },
  )
}

// Names must differ by more than case and hold none of these, or engines that fold or split names cannot read them.
const FORBIDDEN = /[ ,;{}()\n\t=]/

/** Checks a schema before a table is created with it; throws `LakehouseError` `invalid_input` naming the column. */
export function checkSchema(table: string, schema: TableSchema): void {
  const seen = new Set<string>()
  const refuse = (column: string, why: string) => {
    throw new LakehouseError('invalid_input', `table ${table}: column '${column}' ${why}`, {
      evidence: { table, column },
    })
  }
  for (const { name } of schema.columns) {
    if (name === '' || FORBIDDEN.test(name))
      refuse(name, 'has a name that other engines cannot read')
    if (seen.has(name.toLowerCase()))
      refuse(name, 'appears twice (names are compared without case)')
    seen.add(name.toLowerCase())
  }
  for (const name of ['symbol', schema.time, 'known_at', ...schema.key]) {
    const column = schema.columns.find((held) => held.name === name)
    if (column === undefined) refuse(name, 'is needed and absent')
    else if (name === 'symbol' && column.type !== 'string') refuse(name, 'must be of type string')
    else if ((name === schema.time || name === 'known_at') && column.type !== 'long') {
      refuse(name, 'must be of type long')
    }
  }
}
