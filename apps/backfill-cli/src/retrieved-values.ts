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
    if (value !== undefined && isPossible(feature, value)) values[feature] = value
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
  const impossible: string[] = []
  for (const candidate of candidates) {
    impossible.push(...impossibleValues(candidate, features))
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
  if (impossible.length > 0) {
    const named = impossible.slice(0, 5).join(', ') + (impossible.length > 5 ? ', …' : '')
    notices.push(
      `${impossible.length === 1 ? '1 vendor value is' : `${impossible.length} vendor values are`} out of range and not used: ${named}`,
    )
  }
  return { retrieved, notices }
}

function isPossible(feature: string, value: number): boolean {
  const { min = -Infinity, max = Infinity } = FEATURES[feature]!
  return Number.isFinite(value) && value >= min && value <= max
}

function impossibleValues(candidate: Candidate, features: readonly string[]): string[] {
  return features.flatMap((feature) => {
    const column = FEATURES[feature]?.column
    const value = column === undefined ? undefined : candidate.values[column]
    if (value === undefined || isPossible(feature, value)) return []
    return [`${candidate.symbol} ${column} = ${value}`]
  })
}

function countOf(candidates: number): string {
  return candidates === 1
    ? '1 candidate carries vendor values'
    : `${candidates} candidates carry vendor values`
}

// When trading begins at the earliest over the year, minutes after midnight UTC. An exchange that is not named begins at
// midnight: its values may lie on a bar that opens some hours later.
const FIRST_OPEN: ReadonlyMap<string, number> = new Map(
  (
    [
      [13 * 60 + 30, 'NASDAQ NYSE AMEX ARCA BATS CBOE OTC TSX TSXV NEO CSE'],
      [13 * 60, 'BMFBOVESPA'],
      [7 * 60, 'LSE LSIN XETR EURONEXT BME MIL SIX VIE GPW OMXSTO OMXHEX OMXCOP JSE'],
      [6 * 60, 'FWB'],
      [3 * 60 + 45, 'NSE BSE'],
      [60 + 30, 'HKEX SSE SZSE'],
      [60, 'SGX TWSE TPEX'],
    ] as const
  ).flatMap(([minutes, exchanges]) =>
    exchanges.split(' ').map((exchange): [string, number] => [exchange, minutes]),
  ),
)

// The newest day whose session can have begun. Nothing trades at the weekend: the last bar is Friday's.
function barAt(symbol: string, time: number): number {
  if (marketCalendar(symbol) === 'continuous') return Math.floor(time / DAY) * DAY
  const open = (FIRST_OPEN.get(symbol.split(':')[0]!) ?? 0) * 60
  const day = Math.floor((time - open) / DAY) * DAY
  const weekday = new Date(day * 1000).getUTCDay()
  if (weekday === SATURDAY) return day - DAY
  return weekday === SUNDAY ? day - 2 * DAY : day
}

/**
 * Moves values off a day on which nothing traded: when there is no bar of their day but one of a later day, they are of
 * the last bar before.
 *
 * @param bars opens of the symbol's bars, Unix seconds, ascending
 */
export function onHeldBar(values: RetrievedValues, bars: Float64Array): RetrievedValues {
  const next = bars.findIndex((timestamp) => timestamp >= values.timestamp)
  // Not imported yet, or earlier than all that was imported.
  if (next <= 0 || bars[next] === values.timestamp) return values
  return { ...values, timestamp: bars[next - 1]! }
}
