const SECONDS = /^\d+(?:\.\d+)?$/
// All three forms of an HTTP-date begin with the name of a day; nothing else is left to the leniency of Date.parse.
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d/

/**
 * Reads a `Retry-After` header: seconds or an HTTP-date.
 *
 * @param header value, or `null` when there is none
 * @param now milliseconds since 1970, UTC, that a date is compared with
 * @returns milliseconds to wait; `undefined` when the header is absent, unreadable, negative, zero or past
 * @see RFC 9110, section 10.2.3
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? ''
  let milliseconds = Number.NaN
  if (SECONDS.test(text)) milliseconds = Number(text) * 1000
  else if (HTTP_DATE.test(text)) {
    milliseconds = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - now
  }
  return milliseconds > 0 ? Math.min(milliseconds, Number.MAX_SAFE_INTEGER) : undefined
}
