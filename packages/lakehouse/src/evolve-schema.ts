import type { MetaData } from './delta/actions.ts'
import { LakehouseError } from './errors.ts'
import { type TableColumn, type TableSchema, toConfiguration } from './schema.ts'

/**
 * Gives a table's schema with the nullable columns that the schema it was opened with has beyond it: those of rows
 * written before hold no values.
 *
 * @param held what the table holds
 * @param declared what it was opened with
 */
export function withNewColumns(held: TableSchema, declared: TableSchema | undefined): TableSchema {
  const added = newColumns(held, declared)
  return added.length === 0 ? held : { ...held, columns: [...held.columns, ...added] }
}

function newColumns(held: TableSchema, declared: TableSchema | undefined): TableColumn[] {
  if (declared === undefined) return []
  const names = new Set(held.columns.map((column) => column.name.toLowerCase()))
  return declared.columns.filter(
    (column) => column.nullable && !names.has(column.name.toLowerCase()),
  )
}

/**
 * Refuses to write with a schema that a table cannot grow into: it takes on nullable columns, and nothing else changes.
 *
 * @param table name of the table, for the error
 * @param held what the table holds
 * @param declared what it was opened with
 * @throws LakehouseError `schema_mismatch` for another type, a column that would have to go, one that would need a
 *   value in rows written before, and a name that differs from another by case only
 */
export function checkEvolution(
  table: string,
  held: TableSchema,
  declared: TableSchema | undefined,
): void {
  if (declared === undefined) return
  const refuse = (column: string, why: string): never => {
    throw new LakehouseError(
      'schema_mismatch',
      `table ${table} cannot change as asked: column '${column}' ${why}. Nothing was written: open the table without a schema to keep its own`,
      { evidence: { table, column } },
    )
  }
  const byName = new Map(held.columns.map((column) => [column.name, column]))
  const folded = new Map(held.columns.map(({ name }) => [name.toLowerCase(), name]))
  for (const { name, type, nullable } of declared.columns) {
    const own = byName.get(name)
    const alike = folded.get(name.toLowerCase())
    if (own !== undefined && own.type !== type) refuse(name, `is of type ${own.type}, not ${type}`)
    if (own === undefined && alike !== undefined) refuse(name, `differs from '${alike}' by case`)
    if (own === undefined && !nullable) {
      refuse(name, 'is new and must be nullable, as rows written before have no value')
    }
  }
  for (const { name } of held.columns) {
    if (!declared.columns.some((column) => column.name === name)) {
      refuse(name, 'is missing from the schema it was opened with, and columns are never dropped')
    }
  }
}

/**
 * Describes a table with new columns, to be committed together with the first rows that have them.
 *
 * @param metaData the table's description now
 * @param held what the table holds
 * @param declared what it was opened with
 * @returns the new description, which keeps all that others noted; null when there is no new column
 */
export function evolvedMetaData(
  metaData: MetaData,
  held: TableSchema,
  declared: TableSchema | undefined,
): MetaData | null {
  const added = newColumns(held, declared)
  if (declared === undefined || added.length === 0) return null
  const schema = JSON.parse(metaData.schemaString) as { fields: unknown[] }
  const fields = added.map(({ name, type, nullable }) => ({ name, type, nullable, metadata: {} }))
  return {
    ...metaData,
    schemaString: JSON.stringify({ ...schema, fields: [...schema.fields, ...fields] }),
    configuration: {
      ...metaData.configuration,
      ...declared.configuration,
      // How rows are told apart stays as it was.
      ...toConfiguration({ ...held, configuration: {} }),
    },
  }
}
