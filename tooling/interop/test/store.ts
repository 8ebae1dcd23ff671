import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  type Columns,
  concatRows,
  type Lakehouse,
  type Matrix,
  openLakehouse,
  readMatrix,
  type ScanOptions,
} from '@fs/lakehouse'
import { generateMarket, writeMarketCsv } from '@fs/market-generator'

const ROOT = resolve(import.meta.dirname, '../../..')
const MARKET = { seed: 20_260_704, symbols: 70, bars: 320 }

/** A store as the commands make it, in a folder of its own. */
export interface MadeStore {
  readonly folder: string
  readonly lake: Lakehouse
  readonly matrixPath: string
  /** All rows of a table. */
  readonly rows: (table: string, options?: ScanOptions) => Promise<Columns>
  readonly matrix: () => Promise<Matrix>
  readonly remove: () => Promise<void>
}

/**
 * Makes a store with the real commands: a market is imported, then the same market a day later with some bars restated,
 * and the features of each state are computed.
 */
export async function makeStore(): Promise<MadeStore> {
  const work = await mkdtemp(join(tmpdir(), 'interop-'))
  const folder = join(work, 'lakehouse')
  const market = join(work, 'market')
  for (const day of [0, 1]) {
    const listed = generateMarket({ ...MARKET, futureDays: day })
    const restated = listed.slice(0, 3).map((entry) => ({
      ...entry,
      bars: {
        ...entry.bars,
        close: entry.bars.close.map((close, i) => (i === 40 ? entry.bars.low[i]! : close)),
      },
    }))
    await writeMarketCsv(market, day === 0 ? listed : [...restated, ...listed.slice(3)])
    await command('ingest-cli', ['bars', '--from', market], work)
    await command(
      'backfill-cli',
      ['run', '--all', '--policy', 'research', '--run-id', `day-${day}`],
      work,
    )
  }
  const lake = openLakehouse(folder, { workers: 2 })
  const matrixPath = join(folder, 'features_matrix.parquet')
  return {
    folder,
    lake,
    matrixPath,
    async rows(table, options) {
      const batches: Columns[] = []
      for await (const batch of lake.table(table).scan(options)) batches.push(batch)
      return concatRows(batches)
    },
    matrix: async () => (await readMatrix(lake.workers, matrixPath))!,
    async remove() {
      await lake.close()
      await rm(work, { recursive: true, force: true })
    },
  }
}

async function command(app: string, args: readonly string[], work: string): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      '--conditions=@fs/source',
      join(ROOT, 'apps', app, 'src/main.ts'),
      ...args,
      '--quiet',
      `--lakehouse=${join(work, 'lakehouse')}`,
      `--runs=${join(work, 'runs')}`,
    ],
    { cwd: work },
  )
}

/** Columns as plain lists, no value as null: what another engine's answer is compared with. */
export function listsOf(rows: Columns): Record<string, (number | string | null)[]> {
  return Object.fromEntries(
    Object.entries(rows).map(([name, column]) => [
      name,
      Array.from(column as ArrayLike<number | string | null>, (value) =>
        typeof value === 'number' && Number.isNaN(value) ? null : value,
      ),
    ]),
  )
}

/** A matrix as plain lists by symbol and feature, no value as null. */
export function matrixLists(matrix: Matrix): {
  timestamps: number[]
  columns: [symbol: string, feature: string, values: (number | null)[]][]
} {
  return {
    timestamps: [...matrix.timestamps],
    columns: matrix.columns.map(({ symbol, feature, values }) => [
      symbol,
      feature,
      Array.from(values, (value) => (Number.isNaN(value) ? null : value)),
    ]),
  }
}
