import {
  describeMatrix,
  isLakehouseError,
  type Lakehouse,
  LakehouseError,
  type MatrixSummary,
  openStore,
  type Snapshot,
  type Table,
} from '@fs/lakehouse'
import { basename, dirname } from 'node:path'

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

/** A table at a state of it (null: it does not exist yet), and the path of its matrix. */
export interface MatrixPlace {
  readonly table: Table
  readonly snapshot: Snapshot | null
  readonly output: string
}

/**
 * Compares a matrix with its table. Behind are the symbols written since the version that the matrix shows; all of them
 * for a matrix that shows none, which keeps its other columns. A damaged matrix is made anew, as it is derived, and so is
 * one of another table of the same name: its columns are those of a table that is gone.
 *
 * @param damage what a reader of the whole file has found, as its footer alone may look well
 * @throws LakehouseError `corrupt_file` for a file that never was a matrix: it may be all that somebody has
 */
export async function inspectMatrix(
  lake: Lakehouse,
  place: MatrixPlace,
  damage?: LakehouseError,
): Promise<MatrixState> {
  const { table, snapshot, output } = place
  const described = await describeMatrix(lake.workers, output).catch((error: unknown) => {
    if (isLakehouseError(error, 'corrupt_file')) return error
    throw error
  })
  const matrix = described instanceof LakehouseError ? null : described
  const found = described instanceof LakehouseError ? described : damage
  const shown = matrix?.tableVersion
  const isForeign = shown === undefined
  if (found === undefined && (isForeign || matrix?.tableId === snapshot?.metaData.id)) {
    const behind = snapshot === null ? [] : await symbolsSince(table, snapshot, shown)
    return { matrix, behind, anew: null }
  }
  if (found !== undefined && !(await wasParquet(output))) throw found
  const held = snapshot === null ? [] : [...(await table.symbols(snapshot)).keys()]
  const dropped = without(matrix?.symbols ?? [], held)
  const lost =
    dropped.length === 0
      ? ''
      : `, without ${plural(dropped.length)} that the table does not hold: ${firstOf(dropped)}`
  const notice =
    found === undefined
      ? `the matrix ${output} was made from another table ${table.name} than the present one: it is made anew${lost}`
      : `the matrix is damaged (${reasonOf(found)}): ${output} is made anew from ${table.name}` +
        (matrix === null ? '; columns of other symbols, if it held any, are lost' : lost)
  return { matrix, behind: held, anew: { notice, dropped } }
}

// The advice behind it is for whoever cannot make the file anew.
function reasonOf({ message }: LakehouseError): string {
  return message.replace(/\. Nothing was changed.*$/s, '')
}

async function wasParquet(path: string): Promise<boolean> {
  const store = openStore(dirname(path))
  const name = basename(path)
  const { size = 0 } = (await store.head(name)) ?? {}
  if (size === 0) return true
  const start = await store.getRange(name, 0, Math.min(4, size))
  return new TextDecoder().decode(start) === 'PAR1'
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
