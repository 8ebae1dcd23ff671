import { InvalidArgumentError } from 'commander'

// The year 5138: whatever lies beyond is milliseconds.
const LAST_SECOND = 1e11
// Fewer digits are a year or a date without dashes, not a time since 1970.
const FIRST_SECOND = 1e8
const ISO = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/

/**
 * Reads a time given on the command line: Unix seconds, or an ISO date with or without time of day. Without a zone it is
 * UTC, wherever the program runs.
 *
 * @returns Unix seconds, whole
 * @throws InvalidArgumentError for anything else, also for a day that does not exist
 */
export function parseTime(text: string): number {
  if (/^\d+$/.test(text)) {
    const seconds = Number(text)
    if (seconds >= FIRST_SECOND && seconds < LAST_SECOND) return seconds
    throw new InvalidArgumentError(
      'must be Unix seconds (not milliseconds) or an ISO date such as 2026-01-29.',
    )
  }
  const match = ISO.exec(text)
  const milliseconds = match
    ? Date.parse(`${match[1]}${match[2] ?? 'T00:00'}${match[5] ?? 'Z'}`)
    : Number.NaN
  // JavaScript takes the 30th of February for the 2nd of March.
  const dayExists =
    match !== null && new Date(`${match[1]}T00:00Z`).toJSON()?.slice(0, 10) === match[1]
  if (dayExists && !Number.isNaN(milliseconds)) return Math.floor(milliseconds / 1000)
  throw new InvalidArgumentError('must be Unix seconds or an ISO date such as 2026-01-29.')
}
