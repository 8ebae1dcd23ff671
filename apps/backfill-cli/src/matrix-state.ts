import {
  describeMatrix,
  isLakehouseError,
  type Lakehouse,
  type MatrixSummary,
  type Snapshot,
  type Table,
} from '@fs/lakehouse'

/** How far a matrix is behind its table. */
export interface MatrixState {
  /** Null when there is none. */
  readonly matrix: MatrixSummary | null
  /** Symbols of the table whose columns are older than it, ascending. */
  readonly behind: readonly string[]
  /** Set when nothing of the matrix can stay and all of it is derived from the table again. */
  readonly anew: MatrixRenewal | null
}

/** Why a matrix is made anew, and what it loses. */
export interface MatrixRenewal {
  readonly notice: string
  /** Symbols it held that the table does not hold. */
  readonly dropped: readonly string[]
}

/**
 * Compares a matrix with its table. Behind are the symbols written since the version that the matrix shows; all of them
 * for a matrix that shows none, which keeps its other columns. A matrix of another table of the same name is made anew:
 * its columns are those of a table that is gone.
 *
 * @param of the table, at a state of it (null: it does not exist yet), and the path of the matrix
 */
export async function inspectMatrix(
  lake: Lakehouse,
  of: { readonly table: Table; readonly snapshot: Snapshot | null; readonly output: string },
): Promise<MatrixState> {
  const { table, snapshot, output } = of
  const matrix = await describeMatrix(lake.workers, output)
  const shown = matrix?.tableVersion
  const isOwn = shown === undefined || matrix?.tableId === snapshot?.metaData.id
  if (matrix !== null && !isOwn) {
    const held = snapshot === null ? [] : [...(await table.symbols(snapshot)).keys()]
    const dropped = without(matrix.symbols, held)
    const lost =
      dropped.length === 0
        ? ''
        : `, without ${plural(dropped.length)} that the table does not hold: ${firstOf(dropped)}`
    return {
      matrix,
      behind: held,
      anew: {
        notice: `the matrix ${output} was made from another table ${table.name} than the present one: it is made anew${lost}`,
        dropped,
      },
    }
  }
  const behind = snapshot === null ? [] : await symbolsSince(table, snapshot, shown)
  return { matrix, behind, anew: null }
}

async function symbolsSince(
  table: Table,
  snapshot: Snapshot,
  shown: number | undefined,
): Promise<readonly string[]> {
  // A version that the table does not have: the table was restored, the matrix was not.
  const since = shown === undefined || shown > snapshot.version ? -1 : shown
  if (since === snapshot.version) return []
  try {
    return [...(await table.symbols(snapshot, since)).keys()]
  } catch (error) {
    // What that version held can no longer be said, so every symbol may have changed since.
    if (!isLakehouseError(error, 'version_not_available')) throw error
    return [...(await table.symbols(snapshot)).keys()]
  }
}

function without(symbols: readonly string[], held: readonly string[]): readonly string[] {
  const known = new Set(held)
  return symbols.filter((symbol) => !known.has(symbol))
}

function firstOf(symbols: readonly string[]): string {
  return symbols.slice(0, 5).join(', ') + (symbols.length > 5 ? ', …' : '')
}

function plural(symbols: number): string {
  return symbols === 1 ? '1 symbol' : `${symbols} symbols`
}
