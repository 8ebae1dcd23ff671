import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMPONENTS, type Bars, type ComponentName } from '@fs/ratings'
import type { Contestant, PeerSeries } from './contestant.ts'
import { HARNESS } from './talib-harness.ts'

/** TA-Lib in C, built from the source that the npm package `talib` ships. */
export interface TaLib {
  compiler: string
  /** Times `passes` runs over all bars; nanoseconds a bar, one number a pass. */
  time: (rows: number, passes: number) => number[]
  /** Computes the series of the first symbol. */
  series: (rows: number) => PeerSeries
}

/** Where TA-Lib must agree: its Wilder averages begin with 13 bars, its MACD aligns the fast average to the slow. */
export const TALIB_AGREES_FROM: Contestant['agreesFrom'] = {
  adx: 400,
  plus_di: 400,
  minus_di: 400,
}

/**
 * Builds TA-Lib and a program that computes the components with it.
 *
 * @param folder where the peers are installed
 * @param markets bars of equal length, by number of rows
 * @returns `undefined` where there is no C compiler
 */
export function buildTaLib(folder: string, markets: Map<number, Bars[]>): TaLib | undefined {
  const compiler = findCompiler()
  if (compiler === undefined) return undefined
  const build = join(folder, 'talib-build')
  mkdirSync(build, { recursive: true })
  const root = join(folder, 'node_modules/talib/src/lib')
  const program = join(build, 'bench')
  const source = join(build, 'bench.c')
  if (!existsSync(program) || readFileSync(source, 'utf8') !== HARNESS) {
    writeFileSync(source, HARNESS)
    const files = [
      ...globSync('src/ta_func/*.c', { cwd: root }),
      'src/ta_common/ta_global.c',
      'src/ta_common/ta_retcode.c',
      'src/ta_common/ta_version.c',
    ]
    const includes = [
      'include',
      'src/ta_common',
      'src/ta_func',
      'src/ta_abstract',
      'src/ta_abstract/frames',
    ]
    execFileSync(compiler.name, [
      '-O3',
      '-march=native',
      '-w',
      ...includes.map((include) => `-I${join(root, include)}`),
      ...files.map((file) => join(root, file)),
      source,
      '-lm',
      '-o',
      program,
    ])
  }
  const dataOf = new Map<number, string>()
  for (const [rows, bars] of markets) {
    const file = join(build, `bars-${rows}.bin`)
    const columns = bars.flatMap(({ high, low, close, volume }) => [high, low, close, volume])
    writeFileSync(file, Buffer.concat(columns.map((column) => Buffer.from(column.buffer))))
    dataOf.set(rows, file)
  }
  const output = join(build, 'series.bin')
  const run = (rows: number, passes: number): string =>
    execFileSync(
      program,
      [dataOf.get(rows)!, rows, markets.get(rows)!.length, passes, output].map(String),
      { encoding: 'utf8' },
    )
  return {
    compiler: compiler.version,
    time: (rows, passes) => run(rows, passes).split('\n').filter(Boolean).map(Number),
    series(rows) {
      run(rows, 1)
      const bytes = readFileSync(output)
      const values = new Float64Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      )
      const series: PeerSeries = {}
      for (const [i, name] of COMPONENTS.entries()) {
        series[name satisfies ComponentName] = values.subarray(i * rows, (i + 1) * rows)
      }
      return series
    },
  }
}

function findCompiler(): { name: string; version: string } | undefined {
  for (const name of ['gcc', 'clang', 'cc']) {
    try {
      const [version = name] = execFileSync(name, ['--version'], { encoding: 'utf8' }).split('\n')
      return { name, version }
    } catch {
      continue
    }
  }
  return undefined
}
