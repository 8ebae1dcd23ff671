import { Command, InvalidArgumentError } from 'commander'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { compareWithRatings } from './equal-results.ts'
import { measureGrowth } from './growth.ts'
import { median, spread } from './median.ts'
import { runBackfill } from './run-backfill.ts'
import { importMarket } from './store.ts'

// Figures are ratios and medians of alternating rounds: single times say more about the machine than about the program.
const { symbols, bars, rounds } = new Command('bench')
  .description('Measures fs-backfill from committed bars to committed table and matrix.')
  .option('--symbols <n>', 'symbols of the market', count, 1_212)
  .option('--bars <n>', 'calendar days a symbol', count, 2_000)
  .option('--rounds <n>', 'measured rounds of each kind', count, 5)
  .parse()
  .opts<{ symbols: number; bars: number; rounds: number }>()

const folder = await mkdtemp(join(tmpdir(), 'backfill-benchmark-'))
try {
  say(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} processors, Node ${process.versions.node}`,
  )
  const lakehouse = join(folder, 'lakehouse')
  const market = await importMarket(lakehouse, { seed: 7, symbols, bars })
  say(`${market.symbols} symbols, ${market.bars} bars committed`)

  const round = (workers: number, name: string) =>
    runBackfill({ lakehouse, folder: join(folder, name), name, workers })
  const serial = await round(1, 'equal_1')
  const parallel = await round(2, 'equal_2')
  const cells = await compareWithRatings(lakehouse, [serial.matrix, parallel.matrix])
  say(
    `equal results: ${cells} cells of the matrix are, bit for bit, what @fs/ratings gives for the bars, with 1 and with 2 workers`,
  )

  const one: number[] = []
  const two: number[] = []
  let peakBytes = 0
  for (let i = 0; i < rounds; i++) {
    one.push((await round(1, `one_${i}`)).seconds)
    const run = await round(2, `two_${i}`)
    two.push(run.seconds)
    peakBytes = Math.max(peakBytes, run.peakBytes)
  }
  const rates = two.map((seconds) => serial.symbols / seconds)
  say(
    `two workers: ${median(rates).toFixed(0)} symbols/s (median of ${rounds}, ${spread(rates)}), target 500`,
  )
  say(
    `two workers against one: ${median(one.map((seconds, i) => seconds / two[i]!)).toFixed(2)} times as fast`,
  )
  say(`peak memory: ${(peakBytes / 1e9).toFixed(2)} GB, target 1.5`)

  say('ten new symbols of 500 bars, committed to stores of growing size:')
  for (const line of await measureGrowth(folder, rounds)) say(`  ${line}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}
