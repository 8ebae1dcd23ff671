import { CommandError, EXIT } from '@fs/cli'
import {
  copyMatrix,
  isLakehouseError,
  type Lakehouse,
  LakehouseError,
  type Snapshot,
  SYMBOLS_PER_FILE,
  type Table,
  upsertMatrix,
  type WrittenMatrix,
} from '@fs/lakehouse'
import type { FormulaId } from '@fs/ratings'
import type { DeriveTask, SymbolColumns } from './backfill-group.ts'
import { GROUP_TASKS } from './group-tasks.ts'
import { inspectMatrix } from './matrix-state.ts'

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
  /** Symbols whose cells may be touched; null: any. */
  readonly scope: ReadonlySet<string> | null
  /** Columns the run computed, and the version of the table they show. */
  readonly computed: { readonly version: number; readonly columns: readonly SymbolColumns[] }
  /** Ends the work before the next attempt. */
  readonly signal: AbortSignal
}

/** A saved matrix. */
export interface SavedMatrix extends WrittenMatrix {
  /** Version of the table it shows in full. */
  readonly tableVersion: number
  /** Symbols brought up to date that the run had not computed itself. */
  readonly alsoRefreshed: readonly string[]
  /** What a person should know: that it was made anew, and why. */
  readonly notices: readonly string[]
}

// Each lost attempt is another run's finished matrix.
const ATTEMPTS = 20

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
  // An attempt that another run overtakes has replaced the matrix all the same.
  const notices = new Set<string>()
  let damage: LakehouseError | undefined
  const noteDamage = (error: unknown): null => {
    if (damage !== undefined || !isLakehouseError(error, 'corrupt_file')) throw error
    damage = error
    return null
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    save.signal.throwIfAborted()
    const head = (await table.state())!
    const state = await inspectMatrix(lake, { table, snapshot: head, output }, damage)
    const { behind, anew } = state
    if (behind.length === 0 && anew === null && state.matrix !== null) {
      // Nothing to change; the run still keeps the matrix it stands for.
      const written = await copyMatrix(lake.workers, output, runFile).catch(noteDamage)
      if (written === null) continue
      return { ...written, tableVersion: head.version, alsoRefreshed: [], notices: [...notices] }
    }
    const overtaken =
      head.version === computed.version
        ? new Set<string>()
        : new Set((await table.symbols(head, computed.version)).keys())
    const derive = behind.filter((symbol) => !own.has(symbol) || overtaken.has(symbol))
    const touched = [...derive, ...(anew?.dropped ?? [])]
    const outside = touched.filter((symbol) => save.scope?.has(symbol) === false)
    if (outside.length > 0) throw outsideScope(save, head.version, outside, damage !== undefined)
    const columns = [
      ...behind.flatMap((symbol) => (overtaken.has(symbol) ? [] : (own.get(symbol) ?? []))),
      ...(await refreshedColumns(save, head, derive)),
    ]
    const written = await upsertMatrix(lake.workers, output, {
      symbols: columns.map(({ symbol, timestamps, values }) => ({ symbol, timestamps, values })),
      runFile,
      anew: anew !== null,
      description: {
        formula: save.formula,
        table: table.name,
        tableId: head.metaData.id,
        tableVersion: head.version,
        runId: save.runId,
        retrieved: cells(columns, 'retrieved'),
        filled: cells(columns, 'filled'),
      },
    }).catch(noteDamage)
    if (written === null) continue
    if (anew !== null) notices.add(anew.notice)
    damage = undefined
    // Another run may have committed, and swapped its matrix in, just before this one did: then this one is behind.
    if ((await table.state())!.version !== head.version) continue
    return {
      ...written,
      tableVersion: head.version,
      alsoRefreshed: derive.filter((symbol) => !own.has(symbol)),
      notices: [...notices],
    }
  }
  throw new LakehouseError(
    'commit_contention',
    `other runs replaced ${output} ${ATTEMPTS} times in a row. The table ${table.name} is complete; run again to bring the matrix up to date.`,
    { evidence: { file: output, table: table.name } },
  )
}

// Under a strict scope the plan was checked before anything was computed; this was found since.
function outsideScope(
  { table, output }: MatrixSave,
  version: number,
  outside: readonly string[],
  isDamaged: boolean,
): CommandError {
  const symbols = outside.length === 1 ? '1 symbol' : `${outside.length} symbols`
  return new CommandError(
    'out_of_scope',
    `${isDamaged ? `the matrix ${output} is damaged and would be made anew, with ${symbols} outside the candidates` : `another run has written ${symbols} outside the candidates to ${table.name} in the meantime`}: ${outside.slice(0, 5).join(', ')}${outside.length > 5 ? ', …' : ''}`,
    {
      unchanged: `The table ${table.name} is complete (version ${version}); the matrix ${output} was not touched (--strict-scope).`,
      next: 'The matrix is brought up to date by the next run without --strict-scope.',
      exitCode: EXIT.saidNo,
    },
  )
}

async function refreshedColumns(
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
