import {
  copyMatrix,
  describeMatrix,
  type Lakehouse,
  LakehouseError,
  type MatrixDescription,
  type Snapshot,
  SYMBOLS_PER_FILE,
  type Table,
  upsertMatrix,
  type WrittenMatrix,
} from '@fs/lakehouse'
import type { FormulaId } from '@fs/ratings'
import type { DeriveTask, SymbolColumns } from './backfill-group.ts'

/** What a matrix is to show. */
export interface MatrixSave {
  readonly lake: Lakehouse
  readonly table: Table
  /** Path of the matrix that the outside world reads. */
  readonly output: string
  /** Path of the run's own copy. */
  readonly runFile: string
  readonly runId: string
  readonly formula: FormulaId
  readonly features: readonly string[]
  /** Columns the run computed, and the version of the table they show. */
  readonly computed: { readonly version: number; readonly columns: readonly SymbolColumns[] }
}

/** A saved matrix. */
export interface SavedMatrix extends WrittenMatrix {
  /** Version of the table it shows in full. */
  readonly tableVersion: number
  /** Symbols brought up to date that the run had not computed itself. */
  readonly alsoRefreshed: readonly string[]
}

// Each lost attempt is another run's finished matrix.
const ATTEMPTS = 20

/**
 * Finds the symbols whose matrix columns are older than their table: those written since the version that the matrix
 * shows, or all of them for a matrix that shows none.
 */
export async function symbolsBehind(
  table: Table,
  snapshot: Snapshot,
  matrix: MatrixDescription | null,
): Promise<readonly string[]> {
  const shown = matrix?.tableVersion
  // A version that the table does not have: the table was restored, the matrix was not.
  const since = shown === undefined || shown > snapshot.version ? -1 : shown
  if (since === snapshot.version) return []
  return [...(await table.symbols(snapshot, since)).keys()]
}

/**
 * Brings the matrix to the newest version of its table and swaps it in. The matrix is derived, so whatever fell between
 * a commit and its matrix (a crash, another run) is mended here: every symbol written since is brought in as well.
 *
 * @throws LakehouseError `commit_contention` when other runs always finished first; the table is complete then, and the
 *   next run mends the matrix
 */
export async function saveMatrix(save: MatrixSave): Promise<SavedMatrix> {
  const { lake, table, output, runFile, computed } = save
  const own = new Map(computed.columns.map((columns) => [columns.symbol, columns]))
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = (await table.state())!
    const description = await describeMatrix(lake.workers, output)
    const behind = await symbolsBehind(table, head, description)
    if (behind.length === 0 && description !== null) {
      // Nothing to change; the run still keeps the matrix it stands for.
      const written = await copyMatrix(lake.workers, output, runFile)
      return { ...written, tableVersion: head.version, alsoRefreshed: [] }
    }
    const overtaken =
      head.version === computed.version
        ? new Set<string>()
        : new Set((await table.symbols(head, computed.version)).keys())
    const derive = behind.filter((symbol) => !own.has(symbol) || overtaken.has(symbol))
    const columns = [
      ...behind.flatMap((symbol) => (overtaken.has(symbol) ? [] : (own.get(symbol) ?? []))),
      ...(await deriveColumns(save, head, derive)),
    ]
    const written = await upsertMatrix(lake.workers, output, {
      symbols: columns.map(({ symbol, timestamps, values }) => ({ symbol, timestamps, values })),
      runFile,
      description: {
        formula: save.formula,
        table: table.name,
        tableVersion: head.version,
        runId: save.runId,
        retrieved: cells(columns, 'retrieved'),
        filled: cells(columns, 'filled'),
      },
    })
    if (written === null) continue
    // Another run may have committed, and swapped its matrix in, just before this one did: then this one is behind.
    if ((await table.state())!.version !== head.version) continue
    return {
      ...written,
      tableVersion: head.version,
      alsoRefreshed: derive.filter((symbol) => !own.has(symbol)),
    }
  }
  throw new LakehouseError(
    'commit_contention',
    `other runs replaced ${output} ${ATTEMPTS} times in a row. The table ${table.name} is complete; run again to bring the matrix up to date.`,
    { evidence: { file: output, table: table.name } },
  )
}

async function deriveColumns(
  { lake, table, formula, features }: MatrixSave,
  head: Snapshot,
  symbols: readonly string[],
): Promise<SymbolColumns[]> {
  const tasks: Promise<readonly SymbolColumns[]>[] = []
  for (let i = 0; i < symbols.length; i += SYMBOLS_PER_FILE) {
    const rows = table.plan(head, {
      symbols: symbols.slice(i, i + SYMBOLS_PER_FILE),
      columns: ['symbol', 'timestamp', 'known_at', 'source', ...features],
    })
    tasks.push(
      lake.workers.run(GROUP_TASKS, 'deriveGroup', {
        rows,
        formula,
        features,
      } satisfies DeriveTask),
    )
  }
  return (await Promise.all(tasks)).flat()
}

function cells(
  columns: readonly SymbolColumns[],
  list: 'retrieved' | 'filled',
): Record<string, Readonly<Record<string, readonly number[]>>> {
  return Object.fromEntries(
    columns
      .filter((column) => Object.keys(column[list]).length > 0)
      .map((column) => [column.symbol, column[list]]),
  )
}

/** The module whose exports run in worker threads. */
export const GROUP_TASKS: URL = new URL(
  `./backfill-group.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)
