import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { resolve } from 'node:path'
import {
  components,
  computeFeatures,
  createRatingStream,
  FEATURES,
  rate,
  type Bars,
  type ComponentName,
} from '@fs/ratings'
import { checkAgreement, plainBars, type Contestant, type PeerSeries } from './contestant.ts'
import { loadIxjb94 } from './ixjb94.ts'
import { makeMarket } from './market.ts'
import { installPeers } from './peers.ts'
import { buildTaLib, TALIB_AGREES_FROM } from './talib.ts'
import { loadTechnicalindicators } from './technicalindicators.ts'
import { entry, measure, type Entry } from './timing.ts'
import { loadTradingSignals } from './trading-signals.ts'
import { measureScaling } from './workers.ts'

const SIZES = [1000, 5000]
const SYMBOLS = 12
const RATE = '`rate()`: 26 votes and the ratings'
const SERIES = '`components()`: the 35 series'
const INTO = '`components()` into columns of an earlier result'
const RATINGS_ONLY = '`computeFeatures()`: the three ratings'
const EVERYTHING = '`computeFeatures()`: every feature'
const TALIB = 'TA-Lib in C: the 35 series, no votes'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const folder = installPeers()
const markets = new Map<number, Bars[]>(
  SIZES.map((rows) => [
    rows,
    Array.from({ length: SYMBOLS }, (_, symbol) => makeMarket(1000 + symbol, rows)),
  ]),
)
const talib = buildTaLib(folder, markets)
const contestants = [
  await loadIxjb94(),
  await loadTradingSignals(),
  await loadTechnicalindicators(),
]
checkResults()
const columns = SIZES.map(measureSize)
const stream = measureStream()
const scaling = await measureScaling(markets.get(5000)!, 9)
report()

/** Compares every library's series with ours before anything is timed. */
function checkResults(): void {
  const bars = markets.get(5000)![0]!
  const ours = components(bars)
  const compare = (
    name: string,
    series: PeerSeries,
    agreesFrom: Contestant['agreesFrom'],
  ): void => {
    const agreed: ComponentName[] = checkAgreement(series, agreesFrom, ours, bars.close)
    print(`${name}: ${agreed.length} series agree to 1e-9 where they should`)
  }
  if (talib === undefined) print('TA-Lib in C: left out, there is no C compiler')
  else compare('TA-Lib in C', talib.series(5000), TALIB_AGREES_FROM)
  for (const { name, compute, agreesFrom } of contestants) {
    compare(name, compute(plainBars(bars)), agreesFrom)
  }
}

function measureSize(rows: number): Map<string, number> {
  const bars = markets.get(rows)!
  const plain = bars.map(plainBars)
  const into = components(bars[0]!)
  const every = Object.keys(FEATURES)
  const entries: Entry[] = [
    entry(RATE, bars, rows, (each) => rate(each)),
    ...(talib === undefined
      ? []
      : [{ name: TALIB, run: (passes: number) => talib.time(rows, passes) }]),
    entry(SERIES, bars, rows, (each) => components(each)),
    entry(INTO, bars, rows, (each) => components(each, { into })),
    ...contestants
      .slice(0, 1)
      .map(({ name, compute }) => entry(`\`${name}\``, plain, rows, compute)),
    entry(RATINGS_ONLY, bars, rows, (each) =>
      computeFeatures(each, ['recommend_ma', 'recommend_other', 'recommend_all']),
    ),
  ]
  const measured = measure(entries, 9, 5)
  // These take so long that a few passes are enough.
  const slow = [
    ...contestants
      .slice(1)
      .map(({ name, compute }) => entry(`\`${name}\``, plain.slice(0, 4), rows, compute)),
    entry(EVERYTHING, bars.slice(0, 4), rows, (each) => computeFeatures(each, every)),
  ]
  return new Map([...measured, ...measure(slow, 3, 1)])
}

/** Microseconds a bar for a stream that is pushed one bar at a time. */
function measureStream(): number {
  const bars = markets.get(5000)![0]!
  const pushAll = (): string => {
    const rating = createRatingStream()
    let all = 0
    for (let t = 0; t < bars.close.length; t++) {
      all += rating.push({
        timestamp: bars.timestamp[t]!,
        open: bars.open[t]!,
        high: bars.high[t]!,
        low: bars.low[t]!,
        close: bars.close[t]!,
        volume: bars.volume[t]!,
      }).maCount
    }
    return String(all)
  }
  return measure([entry('stream', [bars], 5000, pushAll)], 9, 1).get('stream')! / 1000
}

function report(): void {
  const [small, large] = columns as [Map<string, number>, Map<string, number>]
  const lines = [
    '| ns per bar, median | 1,000 bars | 5,000 bars |',
    '|---|--:|--:|',
    ...[...large.keys()].map(
      (name) => `| ${name} | ${format(small.get(name)!)} | ${format(large.get(name)!)} |`,
    ),
  ]
  const peer = `\`${contestants[0]!.name}\``
  const ratio = (over: string, under: string): string =>
    columns.map((column) => (column.get(over)! / column.get(under)!).toFixed(2)).join(' and ')
  const facts = [
    ...(talib === undefined
      ? ['TA-Lib was left out: there is no C compiler.']
      : [
          `\`rate()\` with its votes takes ${ratio(RATE, TALIB)} of the time TA-Lib in C takes for the series alone (1,000 and 5,000 bars).`,
        ]),
    `The series are ${ratio(peer, SERIES)} times as fast as ${peer}, the fastest JavaScript library; into existing columns ${ratio(peer, INTO)} times.`,
    `The three ratings as features take ${ratio(RATINGS_ONLY, RATE)} of one \`rate()\`.`,
    `Two workers rate ${scaling.factor.toFixed(2)} times as fast as one${scaling.idle ? '' : ' (the second core was not idle, so this says little)'}.`,
    `A stream takes ${stream.toFixed(2)} µs a bar.`,
  ]
  const versions = contestants.map(({ name, version }) => `${name} ${version}`).join(', ')
  const machine = [
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${process.platform}-${process.arch}`,
    `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    ...(talib === undefined
      ? []
      : [`TA-Lib from npm talib 1.1.6, ${talib.compiler}, -O3 -march=native`]),
    versions,
    new Date().toISOString().slice(0, 10),
  ].join(' · ')
  const table = [...lines, '', ...facts.map((fact) => `- ${fact}`), '', `Measured on: ${machine}.`]
  for (const line of table) print(line)
  if (process.argv.includes('--write')) writeTable(table.join('\n'))
}

/** Puts the table between the markers of the performance page, in the repository's format. */
function writeTable(table: string): void {
  const root = resolve(import.meta.dirname, '../../..')
  const file = resolve(root, 'docs/performance.md')
  const page = readFileSync(file, 'utf8')
  const marked = /(<!-- ratings:begin[^>]*-->)[\s\S]*(<!-- ratings:end -->)/
  if (!marked.test(page)) throw new Error(`${file} has no ratings:begin and ratings:end markers`)
  writeFileSync(
    file,
    page.replace(marked, (_, begin: string, end: string) => `${begin}\n\n${table}\n\n${end}`),
  )
  execFileSync(process.execPath, [resolve(root, 'node_modules/oxfmt/bin/oxfmt'), file])
}

function format(nanoseconds: number): string {
  return nanoseconds >= 1000
    ? Math.round(nanoseconds).toLocaleString('en')
    : nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0)
}
