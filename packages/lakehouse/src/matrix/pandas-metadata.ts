/** The name under which pandas keeps its description of a frame. */
export const PANDAS_KEY = 'pandas'

/** The index column of the matrices written here. */
export const INDEX_COLUMN = 'timestamp'

/**
 * Describes a matrix so that `pandas.read_parquet` gives a frame with a UTC time index and a column MultiIndex whose
 * levels are `symbol` and `feature`.
 *
 * @param columns names of the value columns, as `formatColumnName` writes them
 * @see https://pandas.pydata.org/docs/development/developer.html
 */
export function pandasMetadata(columns: readonly string[]): string {
  const level = (name: string) => ({
    name,
    field_name: name,
    pandas_type: 'unicode',
    numpy_type: 'object',
    metadata: { encoding: 'UTF-8' },
  })
  return JSON.stringify({
    index_columns: [INDEX_COLUMN],
    column_indexes: [level('symbol'), level('feature')],
    columns: [
      ...columns.map((name) => ({
        name,
        field_name: name,
        pandas_type: 'float64',
        numpy_type: 'float64',
        metadata: null,
      })),
      {
        name: INDEX_COLUMN,
        field_name: INDEX_COLUMN,
        pandas_type: 'datetimetz',
        numpy_type: 'datetime64[ms]',
        metadata: { timezone: 'UTC' },
      },
    ],
    creator: { library: 'feature-store', version: '1' },
    pandas_version: '2.0.0',
  })
}

/**
 * Finds the index column of a matrix that pandas wrote.
 *
 * @param metadata the `pandas` key-value of the file, where it has one
 * @param columns all columns of the file
 * @returns its name, or `undefined` when the file has no index that could hold times
 */
export function indexColumn(
  metadata: string | undefined,
  columns: readonly string[],
): string | undefined {
  const candidates: unknown[] = metadata
    ? ((JSON.parse(metadata) as { index_columns?: unknown[] }).index_columns ?? [])
    : []
  return [...candidates, INDEX_COLUMN, '__index_level_0__'].find(
    (name): name is string => typeof name === 'string' && columns.includes(name),
  )
}
