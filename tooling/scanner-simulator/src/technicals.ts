import { components, rateLast, resample, type Bars, type ComponentName } from '@fs/ratings'
import type { Cell, UniverseEntry } from './universe.ts'

/** Suffixes of the scanner's columns, without the line; a day has none. */
export const SUFFIXES: readonly string[] = ['1', '5', '15', '30', '60', '120', '240', '1W', '1M']

const COMPONENT_OF: Readonly<Record<string, ComponentName>> = {
  RSI: 'rsi',
  ADX: 'adx',
  'ADX+DI': 'plus_di',
  'ADX-DI': 'minus_di',
  AO: 'ao',
  CCI20: 'cci',
  'Stoch.K': 'stochastic_k',
  'Stoch.D': 'stochastic_d',
  'MACD.macd': 'macd',
  'MACD.signal': 'macd_signal',
  Mom: 'momentum',
  'W.R': 'williams_r',
  UO: 'ultimate_oscillator',
  EMA20: 'ema_20',
  SMA200: 'sma_200',
}
const RATINGS = ['Recommend.All', 'Recommend.MA', 'Recommend.Other']

/** Columns that exist once a timeframe. */
export const TIMEFRAME_COLUMNS: readonly string[] = [
  ...RATINGS,
  ...Object.keys(COMPONENT_OF),
  'close',
  'change',
  'volume',
]
/** Columns that exist once, whatever the timeframe. */
export const PLAIN_COLUMNS: readonly string[] = [
  'Volatility.D',
  'Perf.W',
  'Perf.1M',
  'open',
  'high',
  'low',
]
/** Columns that say what a symbol is. */
export const TEXT_COLUMNS: readonly string[] = [
  'name',
  'description',
  'exchange',
  'type',
  'currency',
  'update_mode',
]

/**
 * Computes the technicals of a symbol: what the scanner would show at a moment.
 *
 * @param entry of the universe
 * @param suffix of the columns, without the line; empty for a day
 * @param now Unix seconds; later bars are not seen
 * @returns values by column without suffix; absent where there are no bars of that timeframe
 */
export function technicalsOf(
  entry: UniverseEntry,
  suffix: string,
  now: number,
): Readonly<Record<string, Cell>> {
  const bars = barsOf(entry, suffix, now)
  if (bars === undefined || bars.timestamp.length === 0) return {}
  const last = bars.timestamp.length - 1
  const rating = rateLast(bars, { formula: 'tradingview' })
  const series = components(bars, {
    formula: 'tradingview',
    names: [...new Set(Object.values(COMPONENT_OF))],
  })
  const close = bars.close[last]!
  const before = last > 0 ? bars.close[last - 1]! : Number.NaN
  const values: Record<string, number> = {
    'Recommend.All': rating.all,
    'Recommend.MA': rating.ma,
    'Recommend.Other': rating.other,
    close,
    volume: bars.volume[last]!,
    change: (close / before - 1) * 100,
  }
  for (const [column, name] of Object.entries(COMPONENT_OF)) values[column] = series[name][last]!
  if (suffix === '') {
    const high = bars.high[last]!
    const low = bars.low[last]!
    const range = Math.max(high, last > 0 ? before : high) - Math.min(low, last > 0 ? before : low)
    values['Volatility.D'] = (range * 100) / Math.abs(low)
    values['Perf.W'] = performanceSince(bars, 7)
    values['Perf.1M'] = performanceSince(bars, 30)
    values.open = bars.open[last]!
    values.high = high
    values.low = low
  }
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [
      column,
      Number.isFinite(value) ? value : null,
    ]),
  )
}

function barsOf(entry: UniverseEntry, suffix: string, now: number): Bars | undefined {
  const given = suffix === '' ? entry.bars : entry.barsBySuffix?.[suffix]
  if (given !== undefined) return until(given, now)
  if (entry.bars === undefined) return undefined
  const daily = until(entry.bars, now)
  if (suffix === '1W') return resample(daily, '1w', { unfinished: true })
  if (suffix === '1M') return resample(daily, '1M', { unfinished: true })
  return undefined
}

function until(bars: Bars, now: number): Bars {
  let rows = bars.timestamp.length
  while (rows > 0 && bars.timestamp[rows - 1]! > now) rows -= 1
  if (rows === bars.timestamp.length) return bars
  return {
    timestamp: bars.timestamp.subarray(0, rows),
    open: bars.open.subarray(0, rows),
    high: bars.high.subarray(0, rows),
    low: bars.low.subarray(0, rows),
    close: bars.close.subarray(0, rows),
    volume: bars.volume.subarray(0, rows),
  }
}

/** Change of the close in percent, against the last bar that is so many days older than the newest. */
function performanceSince(bars: Bars, days: number): number {
  const last = bars.timestamp.length - 1
  let row = last
  while (row >= 0 && bars.timestamp[row]! > bars.timestamp[last]! - days * 86_400) row -= 1
  return row < 0 ? Number.NaN : (bars.close[last]! / bars.close[row]! - 1) * 100
}
