import { FEATURES } from '@fs/ratings'
import type { Candidate } from '@fs/tv-client'
import { marketCalendar } from '@fs/validator'

/** A vendor's values of one symbol's bar. */
export interface RetrievedValues {
  readonly symbol: string
  /** Open of the bar that was open, or last closed, at `knownAt`; Unix seconds. */
  readonly timestamp: number
  /** When they were retrieved, Unix seconds. */
  readonly knownAt: number
  /** By feature. */
  readonly values: Readonly<Record<string, number>>
}

const DAY = 86_400
const SUNDAY = 0
const SATURDAY = 6

/**
 * Takes what a candidate says about itself as values of one of its daily bars.
 *
 * @param features features of the table; others are left out
 * @param runStart when the run began, Unix seconds: the time of values that carry none
 * @returns null for a candidate without such values
 */
export function retrievedValues(
  candidate: Candidate,
  features: readonly string[],
  runStart: number,
): RetrievedValues | null {
  const values: Record<string, number> = {}
  for (const feature of features) {
    const column = FEATURES[feature]?.column
    const value = column === undefined ? undefined : candidate.values[column]
    if (value !== undefined && Number.isFinite(value)) values[feature] = value
  }
  if (Object.keys(values).length === 0) return null
  const knownAt = Math.floor(candidate.retrievedAt ?? runStart)
  return { symbol: candidate.symbol, timestamp: barAt(candidate.symbol, knownAt), knownAt, values }
}

// Where the market keeps a week, nothing trades at the weekend: the last bar is Friday's.
function barAt(symbol: string, time: number): number {
  const day = Math.floor(time / DAY) * DAY
  if (marketCalendar(symbol) === 'continuous') return day
  const weekday = new Date(day * 1000).getUTCDay()
  if (weekday === SATURDAY) return day - DAY
  return weekday === SUNDAY ? day - 2 * DAY : day
}
