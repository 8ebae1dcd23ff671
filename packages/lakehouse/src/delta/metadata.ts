import { LakehouseError } from '../errors.ts'
import type { MetaData } from './actions.ts'
import { isJsonObject } from './json-object.ts'

/** One column as the table's schema text has it. */
export interface SchemaField {
  readonly name: string
  /** A type name such as `long`, or the JSON of a nested type. */
  readonly type: unknown
  readonly nullable: boolean
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * Reads the columns of a table.
 *
 * @param metaData the table's description
 * @returns its columns in schema order, nested types left as JSON
 * @throws LakehouseError `corrupt_log` when the schema text is no StructType
 */
export function schemaFields(metaData: MetaData): readonly SchemaField[] {
  let schema: unknown
  try {
    schema = JSON.parse(metaData.schemaString)
  } catch (cause) {
    throw corrupt(metaData, 'is not JSON', cause)
  }
  if (!isJsonObject(schema) || schema['type'] !== 'struct' || !Array.isArray(schema['fields'])) {
    throw corrupt(metaData, 'is not a struct with fields')
  }
  return schema['fields'].map((field: unknown): SchemaField => {
    if (!isJsonObject(field) || typeof field['name'] !== 'string' || field['type'] === undefined) {
      throw corrupt(metaData, 'holds a field without name or type')
    }
    return {
      name: field['name'],
      type: field['type'],
      nullable: field['nullable'] !== false,
      metadata: isJsonObject(field['metadata']) ? field['metadata'] : {},
    }
  })
}

function corrupt(metaData: MetaData, problem: string, cause?: unknown): LakehouseError {
  return new LakehouseError(
    'corrupt_log',
    `the schema of table ${metaData.id} ${problem}; nothing was read or changed`,
    { cause, evidence: { tableId: metaData.id, schemaString: metaData.schemaString } },
  )
}

/**
 * Tells whether rows made for one description of a table still fit another.
 *
 * @param planned the description the rows were made for
 * @param current the description in force now
 * @returns true when every planned column is there with the same type and none that is new demands a value
 */
export function acceptsRowsOf(planned: MetaData, current: MetaData): boolean {
  if (planned.id !== current.id) return false
  if (JSON.stringify(planned.partitionColumns) !== JSON.stringify(current.partitionColumns)) {
    return false
  }
  const before = new Map(schemaFields(planned).map((field) => [field.name, field]))
  const after = new Map(schemaFields(current).map((field) => [field.name, field]))
  for (const [name, field] of before) {
    const found = after.get(name)
    if (found === undefined || JSON.stringify(found.type) !== JSON.stringify(field.type))
      return false
    if (field.nullable && !found.nullable) return false
  }
  return [...after.values()].every((field) => before.has(field.name) || field.nullable)
}

/**
 * Tells whether rows may never leave the table.
 *
 * @param metaData the table's description
 * @returns true when `delta.appendOnly` is set
 */
export function isAppendOnly(metaData: MetaData): boolean {
  return metaData.configuration?.['delta.appendOnly']?.toLowerCase() === 'true'
}

/**
 * Finds the columns whose values other engines check by an expression, which this package cannot evaluate.
 *
 * @param metaData the table's description
 * @returns names of the columns with `delta.invariants`, also of nested ones' top column
 */
export function columnsWithInvariants(metaData: MetaData): readonly string[] {
  return schemaFields(metaData)
    .filter((field) => 'delta.invariants' in field.metadata || nestedInvariant(field.type))
    .map((field) => field.name)
}

function nestedInvariant(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(nestedInvariant)
  if (!isJsonObject(value)) return false
  return 'delta.invariants' in value || Object.values(value).some(nestedInvariant)
}
