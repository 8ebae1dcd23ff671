import { generateMarket, writeMarketCsv } from '@fs/market-generator'
import { Command } from 'commander'
import { rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { runStep, say } from './step.ts'

// Small enough for a minute on a laptop, long enough for ratings that no longer depend on where the history begins.
const MARKET = { seed: 20_260_120, symbols: 60, bars: 1_500 }

const { bars, exchange, out } = new Command('demo')
  .description(
    'Imports bars, computes ratings and writes the feature matrix, in a folder of its own.',
  )
  .option('--bars <dir>', 'real OHLCV files instead of a generated market')
  .option('--exchange <code>', 'exchange of files that name only a ticker', 'LOCAL')
  .option('--out <dir>', 'folder to work in; its content is replaced', 'demo')
  .parse()
  .opts<{ bars?: string; exchange: string; out: string }>()

const folder = resolve(out)
const lakehouse = join(folder, 'lakehouse')
const runs = join(folder, 'runs')
const store = ['--lakehouse', show(lakehouse), '--runs', show(runs)]
await rm(lakehouse, { recursive: true, force: true })
await rm(runs, { recursive: true, force: true })

let source = bars
let scope = ['--all']
if (source === undefined) {
  const generated = join(folder, 'market')
  await rm(generated, { recursive: true, force: true })
  say(
    `A market of ${MARKET.symbols} symbols and up to ${MARKET.bars} daily bars, seed ${MARKET.seed}, in ${show(generated)}`,
  )
  await writeMarketCsv(generated, generateMarket(MARKET))
  source = show(generated)
  scope = ['--candidates', show(join(generated, 'candidates.json'))]
}

say('1. Import the bars')
await runStep('fs-ingest', ['bars', '--from', source, '--exchange', exchange, ...store])

say('2. Compute ratings and features, validate them, swap in the matrix')
await runStep('fs-backfill', ['run', ...scope, '--run-id', 'demo', ...store])

say('3. The same again: nothing new, so nothing is written')
const again = await runStep('fs-backfill', [
  'run',
  ...scope,
  '--run-id',
  'demo-again',
  '--json',
  ...store,
])
const { rows, table_version: version } = JSON.parse(again) as {
  rows: { added: number; restated: number; unchanged: number }
  table_version: number
}
say(
  `   ${rows.added} new rows, ${rows.restated} restated, ${rows.unchanged} unchanged; features/local_1d is still at version ${version}`,
)

await writeFile(
  join(folder, 'read_me.py'),
  [
    '# pip install pandas pyarrow',
    'import pandas as pd',
    `matrix = pd.read_parquet("${show(join(lakehouse, 'features_matrix.parquet'))}")`,
    'print(matrix.xs("recommend_all", axis=1, level="feature").tail())',
    '',
  ].join('\n'),
)
const results = [
  [
    join(lakehouse, 'features_matrix.parquet'),
    'the matrix: rows are bars, columns are (symbol, feature)',
  ],
  [join(lakehouse, 'features/local_1d'), 'the feature table, Delta Lake'],
  [join(lakehouse, 'bars_1d'), 'the bars, Delta Lake'],
  [join(runs, 'demo'), 'what the run made: its report, the validation report, its own matrix'],
  [join(folder, 'read_me.py'), 'the matrix in pandas'],
].map(([path, what]) => [show(path!), what!] as const)
const width = Math.max(...results.map(([path]) => path.length))
say(
  ['What there is now:', ...results.map(([path, what]) => `  ${path.padEnd(width)}  ${what}`)].join(
    '\n',
  ),
)

function show(path: string): string {
  return relative(process.cwd(), path) || '.'
}
