import type {
  Column,
  Columns,
  Lakehouse,
  TableSchema,
  UpsertOptions,
  UpsertResult,
} from '@fs/lakehouse'

/**
 * Merges rows into a table of a given schema, which is created when absent.
 *
 * @param lake the store
 * @param table its name and schema
 * @param portions rows; all rows of a symbol come together
 * @param options run, and how corrections are treated
 * @returns what the merge came to; without any row, no version
 */
export function upsertRows(
  lake: Pick<Lakehouse, 'table'>,
  table: { name: string; schema: TableSchema },
  portions: AsyncIterable<Columns> | Iterable<Columns>,
  options: UpsertOptions,
): Promise<UpsertResult> {
  // The store regroups portions by 64 symbols and fails when none is pending at the end (no row at all, or exactly 64,
  // 128, … symbols), so a portion without rows always is.
  async function* closed() {
    yield* portions
    yield noRows(table.schema)
  }
  return lake.table(table.name, { schema: table.schema }).upsertSymbols(closed(), options)
}

function noRows({ columns }: TableSchema): Columns {
  return Object.fromEntries(
    columns.map(({ name, type }): [string, Column] => [
      name,
      type === 'string' ? [] : new Float64Array(0),
    ]),
  )
}
