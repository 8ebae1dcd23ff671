import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Columns, decodePath, openLakehouse } from '@fs/lakehouse'
import { openDuckdb } from './duckdb.ts'
import { FEATURES, makeLabels, makeRows, SCHEMA } from './market.ts'

const { values } = parseArgs({
  options: {
    symbols: { type: 'string', default: '630' },
    bars: { type: 'string', default: '2000' },
    labels: { type: 'string', default: '1000000' },
    workers: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '7' },
  },
})
const [symbols, bars, count, workers, rounds] = [
  values.symbols,
  values.bars,
  values.labels,
  values.workers,
  values.rounds,
].map(Number) as [number, number, number, number, number]

const folder = await mkdtemp(join(tmpdir(), 'lakehouse-benchmark-'))
try {
  await using lake = openLakehouse(folder, { workers })
  const table = lake.table('features/local_1d', { schema: SCHEMA })
  await table.upsertSymbols(makeRows(symbols, bars), { runId: 'benchmark' })
  const { files } = (await table.state())!
  const labels = makeLabels(count, symbols, bars)
  const { connection: duckdb, version } = await openDuckdb(workers)
  say(
    `${count} labels × ${FEATURES.length} features from ${files.length} files, ` +
      `${(files.reduce((sum, file) => sum + file.size, 0) / 2 ** 20) | 0} MiB; ${cpus().length} × ${cpus()[0]?.model}, ` +
      `Node ${process.versions.node}, DuckDB ${version}, ${workers} threads each`,
  )

  // Both hold the labels in memory and read the features from the files.
  await using spine = openLakehouse(join(folder, 'spine'), { workers: 1 })
  await spine
    .table('labels', {
      schema: {
        columns: [
          { name: 'symbol', type: 'string', nullable: false },
          { name: 'timestamp', type: 'long', nullable: false },
          { name: 'known_at', type: 'long', nullable: false },
        ],
        time: 'timestamp',
        key: ['symbol', 'timestamp', 'known_at'],
      },
    })
    .upsertSymbols(labelBatches(labels), { runId: 'labels' })
  const pathsOf = (root: string, name: string, found: readonly { path: string }[]) =>
    `[${found.map(({ path }) => `'${join(root, name, decodePath(path))}'`).join(', ')}]`
  const labelFiles = (await spine.table('labels').state())!.files
  await duckdb.run(
    `CREATE TABLE spine AS SELECT symbol, "timestamp" AS t, known_at AS row FROM read_parquet(${pathsOf(fileURLToPath(spine.store.uri), 'labels', labelFiles)}) ORDER BY row`,
  )
  const features = FEATURES.join(', ')
  const rows = `read_parquet(${pathsOf(fileURLToPath(lake.store.uri), table.name, files)})`
  // Plain ASOF knows one clock; with the second one, a row counts from the later of both on, unless a newer row
  // became visible no later.
  const oneClock = `CREATE OR REPLACE TEMP TABLE answer AS
    SELECT spine.row, ${features} FROM spine ASOF LEFT JOIN
      (SELECT symbol, "timestamp" AS since, ${features} FROM ${rows} WHERE source = 'computed') AS held
      ON spine.symbol = held.symbol AND spine.t >= held.since`
  const twoClocks = `CREATE OR REPLACE TEMP TABLE answer AS
    SELECT spine.row, ${features} FROM spine ASOF LEFT JOIN
      (SELECT * FROM (
        SELECT symbol, greatest("timestamp", known_at) AS since, ${features},
          min(greatest("timestamp", known_at)) OVER (PARTITION BY symbol ORDER BY "timestamp", known_at
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS hidden
        FROM ${rows} WHERE source = 'computed')
       WHERE hidden IS NULL OR since < hidden) AS held
      ON spine.symbol = held.symbol AND spine.t >= held.since`
  const contestants: Record<string, () => Promise<unknown>> = {
    'fs-lakehouse, two clocks': () => table.asOf(labels, { columns: FEATURES }),
    'DuckDB, two clocks': () => duckdb.run(twoClocks),
    'DuckDB, one clock (looks ahead by a bar)': () => duckdb.run(oneClock),
  }

  const cold: Record<string, number> = {}
  const times: Record<string, number[]> = {}
  for (const [name, run] of Object.entries(contestants)) {
    cold[name] = await timed(run)
    say(
      `${name}: cold ${cold[name].toFixed(0)} ms, peak memory so far ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
    )
    times[name] = []
  }
  await duckdb.run(twoClocks)
  const ours = await table.asOf(labels, { columns: FEATURES })
  const cells = await compare(ours.rows, async (name) => {
    const read = await duckdb.runAndReadAll(`SELECT ${name} FROM answer ORDER BY row`)
    return read.getColumnsObjectJS()[name]!
  })
  say(`equal results: ${cells} cells, ${ours.report.answered} labels answered`)

  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) times[name]!.push(await timed(run))
  }
  const medians = Object.entries(times).map(([name, figures]) => [name, median(figures)] as const)
  for (const [name, middle] of medians) {
    const figures = times[name]!
    say(
      `${name}: median ${middle.toFixed(0)} ms of ${rounds} rounds (${Math.min(...figures).toFixed(0)} to ${Math.max(...figures).toFixed(0)})`,
    )
  }
  const [mine, exact, plain] = medians.map(([, middle]) => middle) as [number, number, number]
  say(
    `ratio to DuckDB: ${(mine / exact).toFixed(2)} with two clocks, ${(mine / plain).toFixed(2)} to its plain ASOF join`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

/** Labels grouped by symbol as a table takes them; `known_at` carries each label's place. */
function* labelBatches({
  symbol,
  asOf,
}: {
  symbol: string[]
  asOf: Float64Array
}): Generator<Columns> {
  const order = symbol
    .map((_, row) => row)
    .sort((a, b) => (symbol[a]! < symbol[b]! ? -1 : symbol[a]! > symbol[b]! ? 1 : a - b))
  for (let first = 0; first < order.length;) {
    let end = first
    while (end < order.length && symbol[order[end]!] === symbol[order[first]!]) end++
    const rows = order.slice(first, end)
    yield {
      symbol: rows.map((row) => symbol[row]!),
      timestamp: Float64Array.from(rows, (row) => asOf[row]!),
      known_at: Float64Array.from(rows),
    }
    first = end
  }
}

/** Compares every cell, bit for bit; NaN here is null there. */
async function compare(
  ours: Columns,
  theirs: (name: string) => Promise<readonly unknown[]>,
): Promise<number> {
  let cells = 0
  for (const name of FEATURES) {
    const column = ours[name]!
    const other = await theirs(name)
    for (let row = 0; row < column.length; row++) {
      const value = column[row]!
      const isEqual = Number.isNaN(value) ? other[row] === null : Object.is(value, other[row])
      if (!isEqual)
        throw new Error(
          `${name}, label ${row}: ${String(value)} here, ${String(other[row])} in DuckDB`,
        )
      cells++
    }
  }
  return cells
}
