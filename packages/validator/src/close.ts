const MINUTE = 60
const DAY = 86_400
const SECONDS: Readonly<Record<string, number>> = {
  '1m': MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': 60 * MINUTE,
  '2h': 120 * MINUTE,
  '4h': 240 * MINUTE,
  '1d': DAY,
  '1w': 7 * DAY,
}

/**
 * Makes the rule that gives a bar's close from its open, by the UTC calendar.
 *
 * @param timeframe one of `1m 5m 15m 30m 1h 2h 4h 1d 1w 1mo`
 * @returns function from open to close, both Unix seconds
 * @throws RangeError when the timeframe is none of these
 */
export function closeRule(timeframe: string): (timestamp: number) => number {
  const seconds = Object.hasOwn(SECONDS, timeframe) ? SECONDS[timeframe]! : undefined
  if (seconds !== undefined) return (timestamp) => timestamp + seconds
  if (timeframe !== '1mo') {
    throw new RangeError(
      `timeframe must be one of ${Object.keys(SECONDS).join(', ')}, 1mo, was '${timeframe}'`,
    )
  }
  return (timestamp) => {
    const open = new Date(timestamp * 1_000)
    const elapsed = timestamp - Date.UTC(open.getUTCFullYear(), open.getUTCMonth()) / 1_000
    return elapsed + Date.UTC(open.getUTCFullYear(), open.getUTCMonth() + 1) / 1_000
  }
}
