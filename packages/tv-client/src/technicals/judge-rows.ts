import { FEATURES } from '@fs/ratings'
import type { Cell, ScanAnswer } from '../scanner/scan-answer.ts'
import type { ColumnPlan, ScannerTimeframe, TimeframePlan } from './columns.ts'
import type { Outcome } from './outcome.ts'
import type { WarningList } from './warnings.ts'

/** What an answer says about one symbol and timeframe. */
export interface Reading {
  readonly timeframe: ScannerTimeframe
  readonly outcome: Extract<Outcome, 'ok' | 'empty'> | 'failed:bad_row'
  /** Values by the names of `VALUE_COLUMNS`; `undefined` when they cannot be used. */
  readonly values?: Readonly<Record<string, number | null>>
  /** What is wrong with a bad row. */
  readonly fault?: string
}

/** What an answer says about the symbols of a batch. */
export interface Judgement {
  readonly readings: ReadonlyMap<string, readonly Reading[]>
  readonly updateModes: ReadonlyMap<string, string | null>
  /** Symbols without a row, in the order asked. */
  readonly absent: readonly string[]
  /** Why they have none: the page was short, there was no row at all, or they are not known. */
  readonly absence: 'page_cut' | 'no_rows' | 'missing'
}

/** Symbols from which on an answer without a single row is suspicious. */
const SUSPICIOUS_BATCH = 5

/** Bounds by the scanner's column; two of them are no features, so the catalogue does not have them. */
const BOUNDS: ReadonlyMap<string, { min: number; max: number }> = new Map([
  ...Object.values(FEATURES).flatMap(({ column, min = -Infinity, max = Infinity }) =>
    column === undefined ? [] : [[column, { min, max }] as const],
  ),
  ['Volatility.D', { min: 0, max: Infinity }],
  ['Perf.W', { min: -100, max: Infinity }],
  ['Perf.1M', { min: -100, max: Infinity }],
])

/**
 * Judges the rows of an answer, symbol by symbol.
 *
 * @param answer to a scan of the tickers, covering them all by its range
 * @param tickers asked for
 * @param plan the columns asked for
 * @param warnings is told what is odd but usable
 * @returns what each symbol's row says, and which symbols have none
 */
export function judgeRows(
  answer: ScanAnswer,
  tickers: readonly string[],
  plan: ColumnPlan,
  warnings: WarningList,
): Judgement {
  const asked = new Set(tickers)
  const readings = new Map<string, readonly Reading[]>()
  const updateModes = new Map<string, string | null>()
  const seen = new Map<string, unknown>()

  const isFirst = (symbol: string, row: unknown): boolean => {
    const first = seen.get(symbol)
    if (first === undefined) seen.set(symbol, row)
    else if (JSON.stringify(first) !== JSON.stringify(row)) {
      warnings.add('duplicate_row', 'two different rows came; the first was kept', { symbol })
    }
    if (asked.has(symbol)) return first === undefined
    warnings.add('unrequested_row', 'a row came that nobody asked for; it was ignored', { symbol })
    return false
  }

  for (const { symbol, cells } of answer.rows) {
    if (!isFirst(symbol, cells)) continue
    const mode = plan.updateMode === -1 ? null : cells[plan.updateMode]
    const badMode = typeof mode !== 'string' && mode !== null
    updateModes.set(symbol, badMode ? null : mode)
    readings.set(
      symbol,
      plan.timeframes.map((timeframe) =>
        badMode
          ? badRow(timeframe.timeframe, `update_mode was ${show(mode)}`)
          : readTimeframe(symbol, cells, timeframe, warnings),
      ),
    )
  }
  for (const { symbol, message } of answer.badRows) {
    if (!isFirst(symbol, message)) continue
    readings.set(
      symbol,
      plan.timeframes.map(({ timeframe }) => badRow(timeframe, `the row ${message}`)),
    )
  }

  const absent = tickers.filter((symbol) => !readings.has(symbol))
  const isCut = seen.size < Math.min(answer.totalCount, tickers.length)
  const isBare = seen.size === 0 && tickers.length >= SUSPICIOUS_BATCH
  return {
    readings,
    updateModes,
    absent,
    absence: isCut ? 'page_cut' : isBare ? 'no_rows' : 'missing',
  }
}

function badRow(timeframe: ScannerTimeframe, fault: string): Reading {
  return { timeframe, outcome: 'failed:bad_row', fault }
}

function readTimeframe(
  symbol: string,
  cells: readonly Cell[],
  { timeframe, values: places }: TimeframePlan,
  warnings: WarningList,
): Reading {
  const values: Record<string, number | null> = {}
  let isEmpty = true
  for (const { name, column, place, isOwn } of places) {
    const cell = place === -1 ? null : cells[place]
    if (cell === null) {
      values[name] = null
      continue
    }
    if (typeof cell !== 'number' || !Number.isFinite(cell)) {
      return badRow(timeframe, `${column} was ${show(cell)}`)
    }
    if (isOwn) isEmpty = false
    const bounds = BOUNDS.get(name)
    if (bounds !== undefined && !(cell >= bounds.min && cell <= bounds.max)) {
      const message = `values beyond ${bounds.min} … ${bounds.max} came; they were kept`
      warnings.add('out_of_bounds', message, { column, symbol })
    }
    values[name] = cell
  }
  return { timeframe, outcome: isEmpty ? 'empty' : 'ok', values }
}

function show(cell: Cell | undefined): string {
  // JSON has no word for 1e999.
  const text = typeof cell === 'number' ? String(cell) : (JSON.stringify(cell) ?? 'absent')
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
