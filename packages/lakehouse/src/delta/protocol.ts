import { LakehouseError } from '../errors.ts'
import type { AddFile, MetaData, Protocol } from './actions.ts'
import { isAbsolutePath } from './layout.ts'
import { columnsWithInvariants } from './metadata.ts'

/** The protocol of tables this package creates: readable by every Delta engine. */
export const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }

const WRITER_FEATURES = new Set(['appendOnly', 'invariants'])
const FEATURE_OF_WRITER: Readonly<Record<number, string>> = {
  3: 'checkConstraints',
  4: 'changeDataFeed and generatedColumns',
  5: 'columnMapping',
  6: 'identityColumns',
}

/**
 * Names the features a reader would need that this package does not have.
 *
 * @param protocol the table's protocol
 * @param metaData the table's description
 * @returns names of the features; empty when the table can be read
 */
export function missingReaderFeatures(protocol: Protocol, metaData: MetaData): readonly string[] {
  const missing: string[] = [...(protocol.readerFeatures ?? [])]
  if (protocol.minReaderVersion > 3) missing.push(`reader version ${protocol.minReaderVersion}`)
  const mapping = metaData.configuration?.['delta.columnMapping.mode'] ?? 'none'
  if (mapping !== 'none' && !missing.includes('columnMapping')) missing.push('columnMapping')
  if (metaData.format.provider !== 'parquet') missing.push(`format ${metaData.format.provider}`)
  return missing
}

/**
 * Names the features a writer would need that this package does not have, beyond those of a reader.
 *
 * @param protocol the table's protocol
 * @param metaData the table's description
 * @returns names of the features; empty when the table can be written
 */
export function missingWriterFeatures(protocol: Protocol, metaData: MetaData): readonly string[] {
  const version = protocol.minWriterVersion
  const missing: string[] = []
  if (version > 7) missing.push(`writer version ${version}`)
  else if (version === 7) {
    missing.push(...(protocol.writerFeatures ?? []).filter((name) => !WRITER_FEATURES.has(name)))
  } else if (version > 2) missing.push(FEATURE_OF_WRITER[version] ?? `writer version ${version}`)
  const checked = columnsWithInvariants(metaData)
  if (checked.length > 0) missing.push(`invariants on ${checked.join(', ')}`)
  return missing
}

/**
 * Refuses a table that cannot be read rightly, by the name of what is missing.
 *
 * @param table folder of the table, for the error
 * @param protocol the table's protocol
 * @param metaData the table's description
 * @param files the live files
 * @throws LakehouseError `unsupported_feature`
 */
export function checkReadable(
  table: string,
  protocol: Protocol,
  metaData: MetaData,
  files: readonly AddFile[],
): void {
  const missing = [...missingReaderFeatures(protocol, metaData)]
  const masked = files.find((file) => file.deletionVector !== undefined)
  if (masked !== undefined && !missing.includes('deletionVectors')) missing.push('deletionVectors')
  const outside = files.find((file) => isAbsolutePath(file.path))
  if (outside !== undefined) missing.push('files outside the table (shallow clone)')
  if (missing.length === 0) return
  throw new LakehouseError(
    'unsupported_feature',
    `the table ${table} needs what this reader does not have: ${missing.join(', ')}. Nothing was read: have its ` +
      'owner drop the feature, or copy the table',
    { evidence: { table, feature: missing.join(', '), features: missing } },
  )
}

/**
 * Refuses to write a table whose rules this package could break, by the name of what is missing.
 *
 * @param table folder of the table, for the error
 * @param protocol the table's protocol
 * @param metaData the table's description
 * @throws LakehouseError `unsupported_feature`
 */
export function checkWritable(table: string, protocol: Protocol, metaData: MetaData): void {
  const missing = [
    ...missingReaderFeatures(protocol, metaData),
    ...missingWriterFeatures(protocol, metaData),
  ]
  if (missing.length === 0) return
  throw new LakehouseError(
    'unsupported_feature',
    `the table ${table} is read-only here, since writing it needs: ${missing.join(', ')}. Nothing was written`,
    { evidence: { table, feature: missing.join(', '), features: missing } },
  )
}
