// Fewer digits are a year or a date without dashes, not a time since 1970; more are milliseconds.
const UNIX_SECONDS = /^-?\d{9,11}$/
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?(Z|[+-]\d{2}:\d{2})?$/

/**
 * Reads a time given on the command line: `2024-01-31`, `2024-01-31T16:00:00Z` (another zone as `+01:00`, none is UTC,
 * wherever the program runs) or Unix seconds of nine digits or more. A date is the start of its day.
 *
 * @param text the option's value
 * @param name the option, for the message
 * @returns Unix seconds, whole
 * @throws RangeError naming option and text, also for a day that does not exist
 */
export function parseTime(text: string, name: string): number {
  if (UNIX_SECONDS.test(text)) return Number(text)
  const [, date = '', time = '00:00', zone = 'Z'] = ISO.exec(text) ?? []
  const milliseconds = Date.parse(`${date}T${time}${zone}`)
  // JavaScript takes the 30th of February for the 1st of March.
  const dayExists = date !== '' && new Date(`${date}T00:00Z`).toJSON()?.slice(0, 10) === date
  if (dayExists && !Number.isNaN(milliseconds)) return Math.floor(milliseconds / 1000)
  throw new RangeError(
    `${name} must be a date such as 2026-01-29, a time or Unix seconds, was ${JSON.stringify(text)}`,
  )
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
