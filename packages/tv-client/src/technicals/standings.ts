import { UPDATE_MODE, type ColumnPlan, type ScannerTimeframe } from './columns.ts'
import type { Reading } from './judge-rows.ts'
import { byCodeUnit, reasonOf, worstOf, type Outcome } from './outcome.ts'

/** One symbol's technicals of one timeframe. */
export interface TechnicalsRow {
  readonly symbol: string
  readonly timeframe: ScannerTimeframe
  /** When the answer was complete, Unix seconds, UTC, rounded up: never before the request. */
  readonly timestamp: number
  /** By the names of `VALUE_COLUMNS`, null where the scanner had none. */
  readonly values: Readonly<Record<string, number | null>>
  /** How old the values are: `streaming`, `delayed_streaming_900`, … */
  readonly updateMode: string | null
}

/** Why symbols failed, for people. */
export interface FetchFailure {
  readonly reason: string
  readonly attempt: number
  /** Host, status, symbols and attempt, and what to do. */
  readonly message: string
}

/** What is known of one symbol so far. */
interface Standing {
  readonly outcomes: Map<ScannerTimeframe, Outcome>
  readonly rows: Map<ScannerTimeframe, TechnicalsRow>
  failure: FetchFailure | undefined
  /** Whether it was once in a batch without a single row. */
  wasBare: boolean
}

/** What is known of every symbol so far; the latest answer counts, and a row once there stays. */
export interface Standings {
  readonly outcomeOf: (symbol: string) => Outcome
  /** Notes what an answer's row says. */
  read(
    symbol: string,
    readings: readonly Reading[],
    about: { timestamp: number; updateMode: string | null; failure: FetchFailure | undefined },
  ): void
  /** Notes that an answer came without the symbol. */
  miss(symbol: string): void
  /** Notes a batch without a single row: suspicious at first, the second time an answer. */
  bare(symbol: string, failure: FetchFailure): void
  /** Notes that there was no usable answer. */
  fail(symbol: string, failure: FetchFailure): void
  /** Takes rows back, and fails the symbol. */
  revoke(symbol: string, failure: FetchFailure): void
  readonly failureOf: (symbol: string) => FetchFailure | undefined
  rowsOf(symbol: string): readonly TechnicalsRow[]
  /** Columns that were null in every one of at least so many rows. */
  allNullColumns(plan: ColumnPlan, rows: number): string[]
  /** Outcomes of one timeframe, sorted by symbol. */
  outcomesOf(timeframe: ScannerTimeframe): Record<string, Outcome>
}

/**
 * Makes the standings of symbols that were not asked yet.
 *
 * @param symbols without repetition
 * @param timeframes that each symbol is asked for
 */
export function createStandings(
  symbols: readonly string[],
  timeframes: readonly ScannerTimeframe[],
): Standings {
  const all = new Map<string, Standing>()
  for (const symbol of symbols) {
    const outcomes = timeframes.map((timeframe) => [timeframe, NOT_SENT] as const)
    all.set(symbol, {
      outcomes: new Map(outcomes),
      rows: new Map(),
      failure: undefined,
      wasBare: false,
    })
  }
  const standingOf = (symbol: string): Standing => all.get(symbol)!

  function answer(standing: Standing, timeframe: ScannerTimeframe, outcome: Outcome): void {
    if (standing.outcomes.get(timeframe) !== 'ok') standing.outcomes.set(timeframe, outcome)
  }

  function fail(symbol: string, failure: FetchFailure): void {
    const standing = standingOf(symbol)
    for (const [timeframe, outcome] of standing.outcomes) {
      // What was answered stays answered until a later answer says otherwise.
      if (reasonOf(outcome) !== undefined) {
        standing.outcomes.set(timeframe, `failed:${failure.reason}`)
        standing.failure = failure
      }
    }
  }

  function miss(symbol: string): void {
    const standing = standingOf(symbol)
    for (const timeframe of timeframes) answer(standing, timeframe, 'missing')
    standing.failure = undefined
  }

  return {
    outcomeOf: (symbol) => worstOf([...standingOf(symbol).outcomes.values()]),
    failureOf: (symbol) => standingOf(symbol).failure,
    rowsOf: (symbol) => {
      const { rows } = standingOf(symbol)
      return timeframes.flatMap((timeframe) => rows.get(timeframe) ?? [])
    },
    read(symbol, readings, { timestamp, updateMode, failure }) {
      const standing = standingOf(symbol)
      standing.failure = failure
      for (const { timeframe, outcome, values } of readings) {
        answer(standing, timeframe, outcome)
        if (outcome === 'ok' && values !== undefined) {
          standing.rows.set(timeframe, { symbol, timeframe, timestamp, values, updateMode })
        }
      }
    },
    miss,
    fail,
    bare(symbol, failure) {
      const standing = standingOf(symbol)
      if (standing.wasBare) miss(symbol)
      else {
        standing.wasBare = true
        for (const timeframe of timeframes) answer(standing, timeframe, `failed:${failure.reason}`)
        standing.failure = failure
      }
    },
    revoke(symbol, failure) {
      const standing = standingOf(symbol)
      standing.rows.clear()
      standing.failure = failure
      for (const timeframe of timeframes) {
        standing.outcomes.set(timeframe, `failed:${failure.reason}`)
      }
    },
    allNullColumns(plan, least) {
      const alive = new Set<string>()
      const suspects = new Set<string>()
      for (const { timeframe, values } of plan.timeframes) {
        const rows: TechnicalsRow[] = []
        for (const standing of all.values()) {
          const row = standing.rows.get(timeframe)
          if (row !== undefined) rows.push(row)
        }
        // The first row nearly always settles the question.
        const look = (column: string, place: number, hasValue: (row: TechnicalsRow) => boolean) => {
          if (rows.some(hasValue)) alive.add(column)
          else if (place !== -1 && rows.length >= least) suspects.add(column)
        }
        for (const { name, column, place } of values) {
          look(column, place, (row) => row.values[name] !== null)
        }
        look(UPDATE_MODE, plan.updateMode, (row) => row.updateMode !== null)
      }
      return [...suspects].filter((column) => !alive.has(column))
    },
    outcomesOf: (timeframe) =>
      Object.fromEntries(
        [...all.keys()]
          .sort(byCodeUnit)
          .map((symbol) => [symbol, standingOf(symbol).outcomes.get(timeframe)!]),
      ),
  }
}

const NOT_SENT: Outcome = 'failed:not_sent'
