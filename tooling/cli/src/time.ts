const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(Z|[+-]\d{2}:\d{2})?$/

/**
 * Reads a time given on the command line: `2024-01-31`, `2024-01-31T16:00:00Z` (another zone as `+01:00`, none is UTC)
 * or Unix seconds. A date is the start of its UTC day.
 *
 * @param text the option's value
 * @param name the option, for the message
 * @returns Unix seconds
 * @throws RangeError naming option and text
 */
export function parseTime(text: string, name: string): number {
  const refuse = () =>
    new RangeError(`${name} must be a date, a time or Unix seconds, was ${JSON.stringify(text)}`)
  if (/^-?\d{1,11}$/.test(text)) return Number(text)
  const withTime = DATE_TIME.exec(text)
  if (!withTime && !DATE.test(text)) throw refuse()
  const zone = withTime ? (withTime[1] ?? 'Z') : ''
  const written = withTime?.[1] === undefined ? text : text.slice(0, -withTime[1].length)
  const milliseconds = Date.parse(written.replace(' ', 'T') + zone)
  // Date.parse carries 30 February over into March, so the date is compared with what came of it.
  const day = Date.parse(text.slice(0, 10))
  if (
    Number.isNaN(milliseconds) ||
    new Date(day).toISOString().slice(0, 10) !== text.slice(0, 10)
  ) {
    throw refuse()
  }
  return milliseconds / 1000
}

/**
 * Writes a time for people: the date alone where it is the start of a UTC day.
 *
 * @param seconds Unix seconds
 * @returns `2024-01-31` or `2024-01-31T16:00:00Z`
 */
export function formatTime(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
  return text.endsWith('T00:00:00Z') ? text.slice(0, 10) : text
}
