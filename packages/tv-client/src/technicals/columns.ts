import { VALUE_COLUMNS } from '../candidates.ts'

// The scanner's own suffixes; a day has none. `1mo` is a month here because `1m` and `1M` differ by case only.
const SUFFIXES = {
  '1m': '|1',
  '5m': '|5',
  '15m': '|15',
  '30m': '|30',
  '1h': '|60',
  '2h': '|120',
  '4h': '|240',
  '1d': '',
  '1w': '|1W',
  '1mo': '|1M',
} as const

/** A bar length that the scanner has technicals for. */
export type ScannerTimeframe = keyof typeof SUFFIXES

/** Every timeframe of the scanner, shortest first. */
export const SCANNER_TIMEFRAMES: readonly ScannerTimeframe[] = Object.keys(
  SUFFIXES,
) as ScannerTimeframe[]

// These describe the day whatever the timeframe, so every timeframe's row carries the same values.
const WITHOUT_SUFFIX: ReadonlySet<string> = new Set(['Volatility.D', 'Perf.W', 'Perf.1M'])

/** How old the values of a row are: `streaming`, `delayed_streaming_900`, … */
export const UPDATE_MODE = 'update_mode'

/** Which column of a request holds which value. */
export interface ColumnPlan {
  /** Columns to ask for, without repetition. */
  readonly columns: readonly string[]
  readonly timeframes: readonly TimeframePlan[]
  /** Place of `update_mode`, -1 when it is not asked for. */
  readonly updateMode: number
}

/** Where the values of one timeframe are. */
export interface TimeframePlan {
  readonly timeframe: ScannerTimeframe
  /** One for each of `VALUE_COLUMNS`; `place` is -1 when the column is not asked for. */
  readonly values: readonly {
    readonly name: string
    readonly column: string
    readonly place: number
    /** Whether the value belongs to this timeframe, and so counts against an empty row. */
    readonly isOwn: boolean
  }[]
}

/**
 * Plans one request for several timeframes.
 *
 * @param timeframes without repetition, any order
 * @param dropped columns not to ask for, suffix included
 * @returns the columns, and which value is where
 */
export function planColumns(
  timeframes: readonly ScannerTimeframe[],
  dropped: ReadonlySet<string> = new Set(),
): ColumnPlan {
  const places = new Map<string, number>()
  const place = (column: string): number => {
    if (dropped.has(column)) return -1
    if (!places.has(column)) places.set(column, places.size)
    return places.get(column)!
  }
  const plans = timeframes.map((timeframe) => ({
    timeframe,
    values: VALUE_COLUMNS.map((name) => {
      const isOwn = !WITHOUT_SUFFIX.has(name)
      const column = isOwn ? `${name}${SUFFIXES[timeframe]}` : name
      return { name, column, place: place(column), isOwn }
    }),
  }))
  const updateMode = place(UPDATE_MODE)
  return { columns: [...places.keys()], timeframes: plans, updateMode }
}

/**
 * Checks a list of timeframes.
 *
 * @param timeframes ids
 * @returns the same ids, without repetition
 * @throws RangeError when there is none, or one that the scanner does not have
 */
export function checkTimeframes(timeframes: readonly string[]): ScannerTimeframe[] {
  for (const timeframe of timeframes) {
    if (Object.hasOwn(SUFFIXES, timeframe)) continue
    throw new RangeError(
      `timeframe must be one of ${SCANNER_TIMEFRAMES.join(', ')}, was ${JSON.stringify(timeframe)}`,
    )
  }
  if (timeframes.length === 0) throw new RangeError('timeframes must name at least one')
  return [...new Set(timeframes as readonly ScannerTimeframe[])]
}
