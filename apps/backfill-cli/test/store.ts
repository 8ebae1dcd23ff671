import { runProgram } from '@fs/cli'
import { createTestIo, type TestIo } from '@fs/cli/testing'
import {
  type Columns,
  type Matrix,
  openLakehouse,
  readMatrix,
  type TableSchema,
} from '@fs/lakehouse'
import { generateMarket } from '@fs/market-generator'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createBackfillProgram } from '../src/program.ts'
import type { RunReport } from '../src/run-report.ts'

export const DAY = 86_400

/** Bars of one symbol, oldest first. */
export interface SymbolBars {
  readonly timestamp: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
}

const BARS: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    ...['open', 'high', 'low', 'close', 'volume'].map((name) => ({
      name,
      type: 'double' as const,
      nullable: true,
    })),
    { name: 'run_id', type: 'string', nullable: false },
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp'],
}

/** Clean bars by symbol, the first of a generated market; the last one is of 2025-12-31. */
export function marketBars(symbols: number, bars: number): Map<string, SymbolBars> {
  const market = generateMarket({ seed: 7, symbols, bars, disturbances: [] })
  return new Map(market.map((listed) => [listed.symbol, listed.bars]))
}

/** Rows of `bars_1d`, known at their close unless told otherwise. */
export function barRows(
  symbol: string,
  bars: SymbolBars,
  knownAt: (open: number) => number = (open) => open + DAY,
): Columns {
  const { length } = bars.timestamp
  return {
    symbol: Array.from<string>({ length }).fill(symbol),
    ...bars,
    known_at: bars.timestamp.map(knownAt),
    run_id: Array.from<string>({ length }).fill('import'),
  }
}

/** Bars from position `from` up to, but not including, `to`. */
export function sliceBars(bars: SymbolBars, from: number, to?: number): SymbolBars {
  return {
    timestamp: bars.timestamp.slice(from, to),
    open: bars.open.slice(from, to),
    high: bars.high.slice(from, to),
    low: bars.low.slice(from, to),
    close: bars.close.slice(from, to),
    volume: bars.volume.slice(from, to),
  }
}

// A thread takes long to start: one, warm, works for all tests of a file.
export const { workers: threads } = openLakehouse(tmpdir(), { workers: 1 })

let imports = 0

/** Commits bars, as an import does. */
export async function importBars(
  lakehouse: string,
  rows: readonly Columns[],
  options: { readonly restatedAt?: number } = {},
): Promise<void> {
  const table = openLakehouse(lakehouse, { workers: threads }).table('bars_1d', { schema: BARS })
  await table.upsertSymbols(
    rows.toSorted((a, b) => (String(a['symbol']![0]) < String(b['symbol']![0]) ? -1 : 1)),
    { runId: `import_${++imports}`, ...options },
  )
}

/** A folder of its own for one test: a lakehouse, runs beside it, and files next to them. */
export interface Place {
  readonly folder: string
  readonly lakehouse: string
  readonly runs: string
  readonly master: string
  /** Writes a file, and gives its path. */
  write(name: string, content: unknown): Promise<string>
  remove(): Promise<void>
}

/** Makes an empty place, or a copy of another one. */
export async function makePlace(original?: Place): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'backfill-'))
  if (original !== undefined) await cp(original.folder, folder, { recursive: true })
  const lakehouse = join(folder, 'lakehouse')
  return {
    folder,
    lakehouse,
    runs: join(folder, 'runs'),
    master: join(lakehouse, 'features_matrix.parquet'),
    async write(name, content) {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** How a command ended. */
export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

let draws = 4711

/**
 * Runs `fs-backfill run` in this process. No two runs get the same id.
 *
 * @param given what the test cares about of the process; with `threads` the run starts threads of its own, as the real one
 */
export async function fsBackfill(
  place: Place,
  args: readonly string[],
  given: Parameters<typeof createTestIo>[0] & { readonly threads?: 'own' } = {},
): Promise<Ended> {
  const [command = '', ...rest] = args
  const { threads: whose, ...process } = given
  const random = () => (draws = (draws * 16_807) % 2_147_483_647) / 2_147_483_647
  const io: TestIo = createTestIo({
    cwd: place.folder,
    argv: [command, '--lakehouse', place.lakehouse, '--runs', place.runs, ...rest],
    random,
    ...process,
  })
  const code = await runProgram(
    (setExitCode) =>
      createBackfillProgram({ io, setExitCode, ...(whose !== 'own' && { workers: threads }) }),
    io,
  )
  return { code, out: io.out(), err: io.err() }
}

/** Runs `fs-backfill run … --json`, which must succeed, and gives its report. */
export async function runReport(
  place: Place,
  args: readonly string[],
  given: Parameters<typeof fsBackfill>[2] = {},
): Promise<RunReport & { readonly seconds: number }> {
  const ended = await fsBackfill(place, ['run', ...args, '--json', '--quiet'], given)
  if (ended.code !== 0) throw new Error(`ended with ${ended.code}: ${ended.err}`)
  return JSON.parse(ended.out) as RunReport & { readonly seconds: number }
}

/** Every file below a folder by its path, as the SHA-256 of its content. */
export async function filesOf(folder: string): Promise<Record<string, string>> {
  if (!existsSync(folder)) return {}
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const hashes = await Promise.all(
    files.toSorted().map(async (file): Promise<[string, string]> => {
      const sha256 = createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
      return [file.slice(folder.length + 1), sha256]
    }),
  )
  return Object.fromEntries(hashes)
}

/** What a store says: the commits of its tables and its matrix; data files that no commit names do not count. */
export async function stateOf(place: Place): Promise<Record<string, string>> {
  const files = await filesOf(place.lakehouse)
  const isSaid = (path: string) =>
    path === 'features_matrix.parquet' || /_delta_log\/\d+\.json$/.test(path)
  return Object.fromEntries(Object.entries(files).filter(([path]) => isSaid(path)))
}

/** Data files of a table that none of its commits names. */
export async function unnamedFiles(place: Place, table: string): Promise<string[]> {
  const folder = join(place.lakehouse, table)
  if (!existsSync(folder)) return []
  const names = await readdir(folder)
  const log = join(folder, '_delta_log')
  const commits = existsSync(log)
    ? await Promise.all((await readdir(log)).map((name) => readFile(join(log, name), 'utf8')))
    : []
  return names.filter(
    (name) => name.endsWith('.parquet') && !commits.some((commit) => commit.includes(name)),
  )
}

/** Reads a matrix, which must exist. */
export async function matrixOf(place: Place, path: string = place.master): Promise<Matrix> {
  const matrix = await readMatrix(threads, path)
  if (matrix === null) throw new Error(`there is no matrix ${path}`)
  return matrix
}

/** The values of one column of a matrix. */
export function columnOf(matrix: Matrix, symbol: string, feature: string): Float64Array {
  const column = matrix.columns.find((held) => held.symbol === symbol && held.feature === feature)
  if (column === undefined) throw new Error(`the matrix has no column ${symbol} ${feature}`)
  return column.values
}

/** A row of a feature table. */
export interface FeatureRow {
  readonly symbol: string
  readonly timestamp: number
  readonly known_at: number
  readonly source: string
  readonly run_id: string
  readonly [feature: string]: string | number
}

/** All rows of a table, ascending by symbol, time and `known_at`. */
export async function rowsOf(place: Place, table = 'features/local_1d'): Promise<FeatureRow[]> {
  const lake = openLakehouse(place.lakehouse, { workers: threads })
  const snapshot = await lake.table(table).state()
  const rows: FeatureRow[] = []
  for (const { path } of snapshot?.files ?? []) {
    const { columns } = await lake.readParquet(join(place.lakehouse, table, path))
    const names = Object.keys(columns)
    for (let i = 0; i < columns['timestamp']!.length; i++) {
      rows.push(Object.fromEntries(names.map((name) => [name, columns[name]![i]])) as FeatureRow)
    }
  }
  return rows.toSorted(
    (a, b) =>
      (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
      a.timestamp - b.timestamp ||
      a.known_at - b.known_at,
  )
}

/** Rows without what tells which run wrote them. */
export function withoutRunId(rows: readonly FeatureRow[]): object[] {
  return rows.map((row) => {
    const { run_id: _, ...rest } = row
    return rest
  })
}

/** Path of the first data file of the bars. */
export function barsFile(place: Place): string {
  const folder = join(place.lakehouse, 'bars_1d')
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.parquet'))!,
  )
}

/** Flips one bit in the middle of it. */
export async function damageBars(place: Place): Promise<void> {
  const bytes = await readFile(barsFile(place))
  bytes[bytes.length >> 1]! ^= 4
  await writeFile(barsFile(place), bytes)
}
