import { isPresent, type Bars } from './bars.ts'
import type { ComponentName } from './component-names.ts'
import {
  advanceExponentialAverages,
  advanceHull,
  advanceSimpleAverages,
  createCloseAverages,
  type CloseAverages,
} from './kernel/close-averages.ts'
import {
  addColumn,
  clearMemory,
  createMemory,
  HISTORY,
  moveToFront,
  type Memory,
} from './kernel/memory.ts'
import {
  advanceAwesome,
  advanceChannelIndex,
  advanceUltimate,
  createOscillators,
  type Oscillators,
} from './kernel/oscillators.ts'
import { advancePriceRanges, createPriceRanges, type PriceRanges } from './kernel/price-ranges.ts'
import {
  advanceStrengthRange,
  createStrengthRange,
  type StrengthRange,
} from './kernel/strength-range.ts'
import { advanceConvergence, advanceWilder, createTrend, type Trend } from './kernel/trend.ts'
import {
  advanceVolumeAverage,
  createVolumeAverage,
  type VolumeAverage,
} from './kernel/volume-average.ts'

/**
 * Computes the components of a rating for bars that arrive in blocks of any size, down to one: the series and the stream are
 * the same code on the same memory, so they cannot differ.
 */
export interface Engine {
  memory: Memory
  /** Row in which the next bar will be put. */
  end: number
  /** Bars seen so far; rows that are no bar do not count. */
  bars: number
  high: Float64Array
  low: Float64Array
  negatedLow: Float64Array
  close: Float64Array
  volume: Float64Array
  averages: CloseAverages
  volumeAverage: VolumeAverage
  ranges: PriceRanges
  trend: Trend
  strength: StrengthRange
  oscillators: Oscillators
}

/**
 * Creates an engine that has seen no bar.
 *
 * @param capacity bars in a block: a longer one is faster, a shorter one smaller
 */
export function createEngine(capacity: number): Engine {
  const memory = createMemory(capacity)
  const ranges = createPriceRanges(memory)
  const strength = createStrengthRange(memory)
  return {
    memory,
    end: HISTORY,
    bars: 0,
    high: ranges.highs.source,
    low: addColumn(memory, 1),
    negatedLow: ranges.negatedLows.source,
    close: addColumn(memory, 10),
    volume: addColumn(memory, 0),
    averages: createCloseAverages(memory),
    volumeAverage: createVolumeAverage(memory),
    ranges,
    trend: createTrend(memory, strength.highs.source, strength.negatedLows.source),
    strength,
    oscillators: createOscillators(memory),
  }
}

/**
 * Forgets every bar.
 *
 * @param engine to reset
 */
function resetEngine(engine: Engine): void {
  clearMemory(engine.memory)
  engine.end = HISTORY
  engine.bars = 0
}

/**
 * Makes room for the next bars when the block is full.
 *
 * @param engine to make room in
 */
export function makeRoom(engine: Engine): void {
  if (engine.end < HISTORY + engine.memory.capacity) return
  moveToFront(engine.memory, engine.end)
  engine.end = HISTORY
}

/**
 * Computes every component of the rows that have been filled with prices.
 *
 * @param engine whose rows `engine.end` … `to - 1` hold the next bars
 * @param to row after the last of them
 * @param ofClose whether CCI is of close; otherwise of (high + low + close) / 3
 */
export function advance(engine: Engine, to: number, ofClose: boolean): void {
  const { high, low, close, volume, end: from, bars } = engine
  const { averages, volumeAverage, ranges, trend, strength, oscillators } = engine
  advanceSimpleAverages(averages, close, from, to)
  advanceExponentialAverages(averages, close, from, to, bars)
  advanceHull(averages, close, from, to)
  advanceVolumeAverage(volumeAverage, close, volume, from, to)
  advancePriceRanges(ranges, close, from, to, bars)
  advanceUltimate(oscillators, high, low, close, from, to)
  advanceWilder(trend, high, low, close, oscillators.range, from, to, bars)
  advanceConvergence(trend, high, low, close, from, to, bars)
  advanceStrengthRange(strength, from, to)
  advanceAwesome(oscillators, high, low, from, to)
  advanceChannelIndex(oscillators, high, low, close, ofClose, from, to)
  engine.bars += to - from
  engine.end = to
}

// Long enough to make moving rows to the front cheap, short enough to stay in the processor's cache.
const BLOCK = 1024

let shared: Engine | undefined
const rowOf = new Int32Array(BLOCK)

/**
 * Runs bars through the one engine that all series share: grown once, never freed, so that a rating allocates nothing but its
 * result.
 *
 * @param bars columns, oldest first
 * @param ofClose whether CCI is of close; otherwise of (high + low + close) / 3
 * @param visit called after each block with the engine, its first new row, the row after the last, and for each of them the row
 *   of `bars` it came from
 * @returns the engine after the last bar; the next run uses it again
 */
export function runSeries(
  bars: Bars,
  ofClose: boolean,
  visit?: (engine: Engine, from: number, to: number, rows: Int32Array) => void,
): Engine {
  shared ??= createEngine(BLOCK)
  const engine = shared
  resetEngine(engine)
  const { high: highs, low: lows, close: closes, volume: volumes } = bars
  const { high, low, negatedLow, close, volume } = engine
  const rows = closes.length
  let row = 0
  while (row < rows) {
    makeRoom(engine)
    const from = engine.end
    const full = HISTORY + BLOCK
    let to = from
    for (; row < rows && to < full; row++) {
      const top = highs[row]!
      const bottom = lows[row]!
      const price = closes[row]!
      if (!isPresent(top, bottom, price)) continue
      high[to] = top
      low[to] = bottom
      negatedLow[to] = -bottom
      close[to] = price
      volume[to] = volumes[row]!
      rowOf[to - from] = row
      to++
    }
    advance(engine, to, ofClose)
    visit?.(engine, from, to, rowOf)
  }
  return engine
}

/**
 * Copies rows of an engine's column to the rows of a result that their bars came from.
 *
 * @param column of the engine
 * @param from first row of the column
 * @param to row after the last
 * @param rows row of the result for each of them
 * @param result column to copy to
 */
export function copyRows(
  column: Float64Array | Uint8Array,
  from: number,
  to: number,
  rows: Int32Array,
  result: Float64Array | Uint8Array,
): void {
  if (to === from) return
  const first = rows[0]!
  if (rows[to - from - 1]! - first === to - from - 1) {
    result.set(column.subarray(from, to), first)
    return
  }
  for (let t = from; t < to; t++) result[rows[t - from]!] = column[t]!
}

/**
 * Puts a value on the rows that are no bar.
 *
 * @param bars columns, oldest first
 * @param count rows that are bars
 * @param results columns as long as the bars
 */
export function markMissing(bars: Bars, count: number, results: Iterable<Float64Array>): void {
  const rows = bars.close.length
  if (count === rows) return
  for (let row = 0; row < rows; row++) {
    if (isPresent(bars.high[row]!, bars.low[row]!, bars.close[row]!)) continue
    for (const result of results) result[row] = Number.NaN
  }
}

/**
 * Names the columns of the components.
 *
 * @param engine that computes them
 */
export function componentColumns(engine: Engine): Record<ComponentName, Float64Array> {
  const { averages, volumeAverage, ranges, trend, strength, oscillators } = engine
  return {
    sma_10: averages.sma10,
    sma_20: averages.sma20,
    sma_30: averages.sma30,
    sma_50: averages.sma50,
    sma_100: averages.sma100,
    sma_200: averages.sma200,
    ema_10: averages.ema10,
    ema_20: averages.ema20,
    ema_30: averages.ema30,
    ema_50: averages.ema50,
    ema_100: averages.ema100,
    ema_200: averages.ema200,
    hma_9: averages.hma9,
    vwma_20: volumeAverage.vwma20,
    ichimoku_conversion: ranges.lines.conversion,
    ichimoku_base: ranges.lines.base,
    ichimoku_lead_a: ranges.lines.leadA,
    ichimoku_lead_b: ranges.lines.leadB,
    rsi: trend.rsi,
    stochastic_k: ranges.lines.k,
    stochastic_d: ranges.lines.d,
    cci: oscillators.cci,
    adx: trend.adx,
    plus_di: trend.plus,
    minus_di: trend.minus,
    ao: oscillators.ao,
    momentum: averages.momentum10,
    macd: trend.macd,
    macd_signal: trend.signal,
    stochastic_rsi_k: strength.lines.k,
    stochastic_rsi_d: strength.lines.d,
    williams_r: ranges.lines.williamsR,
    bull_power: trend.bull,
    bear_power: trend.bear,
    ultimate_oscillator: oscillators.ultimate,
  }
}
