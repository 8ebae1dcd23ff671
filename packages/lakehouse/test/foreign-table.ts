import { type RecordBatch, Table as ArrowTable, tableToIPC, type Vector } from 'apache-arrow'
import * as parquet from 'parquet-wasm'
import { type Action, commitPath, formatActions, PROTOCOL, type Store } from '../src/index.ts'

/** Encodes columns as another program would: none of our key-values, its own choice of everything. */
export function foreignParquet(
  columns: Readonly<Record<string, Vector>> | readonly RecordBatch[],
  keyValues?: ReadonlyMap<string, string>,
): Uint8Array {
  const table = Array.isArray(columns)
    ? new ArrowTable(columns as RecordBatch[])
    : new ArrowTable(columns as Record<string, Vector>)
  const builder = new parquet.WriterPropertiesBuilder().setCompression(parquet.Compression.SNAPPY)
  return parquet.writeParquet(
    parquet.Table.fromIPCStream(tableToIPC(table, 'stream')),
    (keyValues ? builder.setKeyValueMetadata(new Map(keyValues)) : builder).build(),
  )
}

/** One file of a table that another engine wrote. */
export interface ForeignDataFile {
  readonly path: string
  readonly bytes: Uint8Array
  readonly partitionValues?: Readonly<Record<string, string | null>>
  readonly stats?: string
}

/** Commits version 0 of a table as another engine would. */
export async function putForeignTable(
  store: Store,
  table: string,
  fields: readonly { name: string; type: string; nullable?: boolean }[],
  files: readonly ForeignDataFile[],
  partitionColumns: readonly string[] = [],
): Promise<void> {
  for (const file of files) await store.put(`${table}/${file.path}`, file.bytes)
  const actions: Action[] = [
    { protocol: PROTOCOL },
    {
      metaData: {
        id: 'made-elsewhere',
        format: { provider: 'parquet' },
        schemaString: JSON.stringify({
          type: 'struct',
          fields: fields.map((field) => ({ nullable: true, metadata: {}, ...field })),
        }),
        partitionColumns,
      },
    },
    ...files.map(({ path, bytes, partitionValues = {}, stats }) => ({
      add: {
        path,
        partitionValues,
        size: bytes.length,
        modificationTime: 0,
        dataChange: true,
        ...(stats !== undefined && { stats }),
      },
    })),
  ]
  await store.put(commitPath(table, 0), formatActions(actions))
}
