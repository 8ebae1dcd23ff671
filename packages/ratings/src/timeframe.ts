const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY
// 1970-01-01 was a Thursday; weeks begin on Monday.
const FIRST_MONDAY = 4 * DAY

/** Length of a bar. Note that `1m` is a minute and `1M` a month, as in TradingView. */
export type Timeframe =
  | '1m'
  | '3m'
  | '5m'
  | '15m'
  | '30m'
  | '45m'
  | '1h'
  | '2h'
  | '3h'
  | '4h'
  | '6h'
  | '8h'
  | '12h'
  | '1d'
  | '1w'
  | '1M'

const SECONDS: Readonly<Record<Timeframe, number>> = {
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '45m': 45 * MINUTE,
  '1h': HOUR,
  '2h': 2 * HOUR,
  '3h': 3 * HOUR,
  '4h': 4 * HOUR,
  '6h': 6 * HOUR,
  '8h': 8 * HOUR,
  '12h': 12 * HOUR,
  '1d': DAY,
  '1w': WEEK,
  // A month has no length of its own.
  '1M': Number.NaN,
}

/** Every timeframe, shortest first. */
export const TIMEFRAMES: readonly Timeframe[] = Object.keys(SECONDS) as Timeframe[]

/**
 * Finds the open of the bar that contains a moment: bars are UTC buckets, days from midnight, weeks from Monday, months by the
 * calendar.
 *
 * @param timestamp Unix seconds, UTC
 * @param timeframe length of the bar
 * @returns Unix seconds, UTC
 * @throws {RangeError} when there is no such timeframe
 */
export function barOpen(timestamp: number, timeframe: Timeframe): number {
  const seconds = secondsOf(timeframe)
  if (timeframe === '1M') {
    const date = new Date(timestamp * 1000)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) / 1000
  }
  const origin = timeframe === '1w' ? FIRST_MONDAY : 0
  return Math.floor((timestamp - origin) / seconds) * seconds + origin
}

/**
 * Finds the close of the bar that contains a moment: the open of the next one.
 *
 * @param timestamp Unix seconds, UTC
 * @param timeframe length of the bar
 * @returns Unix seconds, UTC
 * @throws {RangeError} when there is no such timeframe
 */
export function barClose(timestamp: number, timeframe: Timeframe): number {
  const open = barOpen(timestamp, timeframe)
  if (timeframe !== '1M') return open + secondsOf(timeframe)
  const date = new Date(open * 1000)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) / 1000
}

function secondsOf(timeframe: Timeframe): number {
  if (Object.hasOwn(SECONDS, timeframe)) return SECONDS[timeframe]
  throw new RangeError(
    `timeframe must be one of ${TIMEFRAMES.join(', ')}, was ${String(timeframe)}`,
  )
}
