import {
  commitActions,
  commitPath,
  formatStats,
  PROTOCOL,
  type Action,
  type AddFile,
  type CommitOptions,
  type CommitResult,
  type MetaData,
  type Operation,
  type Store,
} from '../src/index.ts'

const FIELDS = [
  { name: 'symbol', type: 'string', nullable: true, metadata: {} },
  { name: 'timestamp', type: 'long', nullable: true, metadata: {} },
  { name: 'close', type: 'double', nullable: true, metadata: {} },
]

/** A table description like the ones this package writes. */
export function makeMetaData(
  change: Partial<MetaData> & { fields?: readonly object[] } = {},
): MetaData {
  const { fields = FIELDS, ...rest } = change
  return {
    id: '6f1c2a34-0000-4000-8000-000000000000',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({ type: 'struct', fields }),
    partitionColumns: [],
    configuration: {},
    createdTime: 0,
    ...rest,
  }
}

/** An add action for a file with rows of the symbols from `min` to `max`. */
export function makeAdd(path: string, min = 'A', max = min, rows = 1): AddFile {
  const minValues = { symbol: min }
  const maxValues = { symbol: max }
  return {
    path,
    partitionValues: {},
    size: 10,
    modificationTime: 0,
    dataChange: true,
    stats: formatStats({ numRecords: rows, minValues, maxValues }),
  }
}

/** The first actions of a table. */
export function makeTable(change: Parameters<typeof makeMetaData>[0] = {}): readonly Action[] {
  return [{ protocol: PROTOCOL }, { metaData: makeMetaData(change) }]
}

/** Puts a commit as another engine would: the lines as they are. */
export async function putLines(
  store: Store,
  table: string,
  version: number,
  ...lines: readonly (object | string)[]
): Promise<void> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  const bytes = new TextEncoder().encode(`${text.join('\n')}\n`)
  await store.put(commitPath(table, version), bytes)
}

/** Commits fixed actions, creating the table first when there is none; no waiting between attempts. */
export function commit(
  store: Store,
  table: string,
  actions: readonly Action[],
  options: Partial<CommitOptions> & { operation?: Operation } = {},
): Promise<CommitResult> {
  const { operation = { kind: 'append' }, ...rest } = options
  return commitActions(store, table, {
    build: async ({ snapshot }) => ({
      operation,
      actions: snapshot === null ? [...makeTable(), ...actions] : actions,
    }),
    sleep: async () => undefined,
    ...rest,
  })
}
