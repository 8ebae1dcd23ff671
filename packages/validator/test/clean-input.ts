import type { Catalogue, Column, Table, ValidationInput } from '../src/index.ts'

export const DAY = 86_400
export const FIRST_DAY = 1_700_006_400

/** A small stand-in for the catalogue and formulas of the ratings, with short warm-ups. */
export const CATALOGUE: Catalogue = {
  recommend_ma: { min: -1, max: 1, firstValue: 3, stable: 20 },
  recommend_other: { min: -1, max: 1, firstValue: 5, stable: 20 },
  recommend_all: { min: -1, max: 1, firstValue: 5, stable: 20 },
  rsi: { min: 0, max: 100, firstValue: 4 },
  momentum: { firstValue: 2 },
  'Recommend.All': { min: -1, max: 1, firstValue: 1 },
  RSI: { min: 0, max: 100, firstValue: 1 },
  'Perf.W': { min: -100, firstValue: 1 },
}

export function combine(formula: string, ma: number, other: number): number {
  if (formula === 'institutional') return 0.574 * ma + 0.3914 * other
  if (formula === 'tradingview') return (ma + other) / 2
  throw new RangeError(`formula must be institutional or tradingview, was ${formula}`)
}

/** Rows under construction: easy to change before they become columns. */
export type Row = Record<string, number | string | null>

export interface Draft {
  bars: Row[]
  local: Row[]
  snapshot: Row[]
  input: Partial<ValidationInput>
  meta: Record<string, string>
}

const SYMBOLS = ['BINANCE:AUSDT', 'BINANCE:BUSDT', 'NASDAQ:C', 'NYSE:BRK.A']

/** Clean rows: `days` bars a symbol, features from their first value on, one retrieved row, one snapshot row a symbol. */
export function draftClean(symbols: readonly string[] = SYMBOLS, days = 30): Draft {
  const draft: Draft = { bars: [], local: [], snapshot: [], input: {}, meta: {} }
  for (const [index, symbol] of symbols.entries()) {
    for (let day = 0; day < days; day++) {
      const timestamp = FIRST_DAY + day * DAY
      const close = 100 + index + Math.abs((day % 7) - 3)
      draft.bars.push({
        symbol,
        timestamp,
        known_at: timestamp + DAY,
        open: close - 0.5,
        high: close + 1,
        low: close - 1,
        close,
        volume: day % 11 === 5 ? null : 1_000 + day,
        run_id: 'r1',
      })
      const ma = day < 2 ? null : ((day + index) % 15) / 15
      const other = day < 4 ? null : -((day * 3 + index) % 11) / 11
      draft.local.push({
        symbol,
        timestamp,
        known_at: timestamp + DAY,
        source: 'computed',
        run_id: 'r1',
        recommend_ma: ma,
        recommend_other: other,
        recommend_all: ma === null || other === null ? null : combine('institutional', ma, other),
        rsi_1d: day < 3 ? null : 30 + (day % 40),
      })
    }
    const last = FIRST_DAY + (days - 1) * DAY
    draft.snapshot.push({
      timestamp: last + DAY + 60,
      symbol,
      ...Object.fromEntries(
        VENDOR_COLUMNS.map((name) => [name, name.startsWith('Perf') ? -20 : 0.25]),
      ),
      update_mode: 'streaming',
      run_id: 'r1',
      known_at: last + DAY + 60,
    })
  }
  return draft
}

const VENDOR_COLUMNS = [
  'Recommend.All',
  'Recommend.MA',
  'Recommend.Other',
  'RSI',
  'ADX',
  'AO',
  'CCI20',
  'Stoch.K',
  'Stoch.D',
  'MACD.macd',
  'MACD.signal',
  'Volatility.D',
  'Perf.W',
  'Perf.1M',
]
const TEXT_COLUMNS = new Set(['symbol', 'source', 'run_id', 'update_mode'])
const INTEGER_COLUMNS = new Set(['timestamp', 'known_at'])

const BAR_COLUMNS = [
  'symbol',
  'timestamp',
  'known_at',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'run_id',
]
const LOCAL_COLUMNS = [
  'symbol',
  'timestamp',
  'known_at',
  'source',
  'run_id',
  'recommend_ma',
  'recommend_other',
  'recommend_all',
  'rsi_1d',
]
const SNAPSHOT_COLUMNS = [
  'timestamp',
  'symbol',
  ...VENDOR_COLUMNS,
  'update_mode',
  'run_id',
  'known_at',
]

/** Turns rows into a table; columns are given, so that a table without rows keeps them. */
function toTable(
  name: string,
  columns: readonly string[],
  rows: readonly Row[],
  meta: Record<string, string> = {},
): Table {
  return {
    name,
    meta,
    columns: columns.map((column): Column => {
      const values = rows.map((row) => row[column] ?? null)
      if (TEXT_COLUMNS.has(column)) {
        return { name: column, type: 'utf8', values: values as (string | null)[] }
      }
      return {
        name: column,
        type: INTEGER_COLUMNS.has(column) ? 'i64' : 'f64',
        values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
      }
    }),
  }
}

/** Makes the input of a draft, judged two days after the last clean bar's open. */
export function toInput(draft: Draft, days = 30): ValidationInput {
  return {
    as_of: FIRST_DAY + (days + 1) * DAY,
    run: { run_id: 'r1', profile: 'demo' },
    catalogue: CATALOGUE,
    combine,
    formulas: ['institutional', 'tradingview'],
    tables: {
      bars: toTable('bars_1d', BAR_COLUMNS, draft.bars),
      local: toTable('features/local_1d', LOCAL_COLUMNS, draft.local, {
        'fs.features': 'recommend_ma,recommend_other,recommend_all,rsi_1d',
        ...draft.meta,
      }),
      snapshot: toTable('features/tv_technicals_1d', SNAPSHOT_COLUMNS, draft.snapshot),
    },
    ...draft.input,
  }
}

/** Makes an input from clean rows after a change to them. */
export function changed(change: (draft: Draft) => void): ValidationInput {
  const draft = draftClean()
  change(draft)
  return toInput(draft)
}

/** Finds one row, to be changed in place. */
export function rowOf(rows: readonly Row[], symbol: string, day: number): Row {
  const found = rows.find(
    (row) => row['symbol'] === symbol && row['timestamp'] === FIRST_DAY + day * DAY,
  )
  if (!found) throw new RangeError(`no row of ${symbol} on day ${day}`)
  return found
}
