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

/** What a run takes over from its candidates. */
export interface CollectedValues {
  readonly retrieved: readonly RetrievedValues[]
  /** What a person should know about values without a time or with an unusable one. */
  readonly notices: readonly string[]
}

const DAY = 86_400
const SUNDAY = 0
const SATURDAY = 6
// The scanner's and this machine's clocks may differ a little; a time further ahead is a mistake.
const CLOCK_TOLERANCE = 300

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

/**
 * Takes the vendor's values of all candidates, but none that was not known yet: after the time the run looks at the
 * market from, or in the future.
 *
 * @param times Unix seconds: `runStart`, when the run began; `now`; `asOf`, the time to look from, where one was given
 */
export function collectRetrieved(
  candidates: readonly Candidate[],
  features: readonly string[],
  {
    runStart,
    now,
    asOf,
  }: { readonly runStart: number; readonly now: number; readonly asOf?: number | undefined },
): CollectedValues {
  const latest = Math.min(asOf ?? Infinity, now + CLOCK_TOLERANCE)
  const retrieved: RetrievedValues[] = []
  const later: string[] = []
  let undated = 0
  for (const candidate of candidates) {
    const values = retrievedValues(candidate, features, runStart)
    if (values === null) continue
    if (values.knownAt > latest) {
      later.push(candidate.symbol)
      continue
    }
    if (candidate.retrievedAt === undefined) undated += 1
    retrieved.push(values)
  }
  const notices: string[] = []
  if (undated > 0) {
    notices.push(
      `${countOf(undated)} without retrieved_at: taken as retrieved at the start of this run`,
    )
  }
  if (later.length > 0) {
    const named = later.slice(0, 3).join(', ') + (later.length > 3 ? ', …' : '')
    const since = new Date(latest * 1000).toISOString().replace('.000Z', 'Z')
    notices.push(`${countOf(later.length)} retrieved after ${since}: not used (${named})`)
  }
  return { retrieved, notices }
}

function countOf(candidates: number): string {
  return candidates === 1
    ? '1 candidate carries vendor values'
    : `${candidates} candidates carry vendor values`
}

// Where the market keeps a week, nothing trades at the weekend: the last bar is Friday's.
function barAt(symbol: string, time: number): number {
  const day = Math.floor(time / DAY) * DAY
  if (marketCalendar(symbol) === 'continuous') return day
  const weekday = new Date(day * 1000).getUTCDay()
  if (weekday === SATURDAY) return day - DAY
  return weekday === SUNDAY ? day - 2 * DAY : day
}
