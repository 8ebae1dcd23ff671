/** How waits between attempts grow. */
export interface Backoff {
  /** Longest wait before the second attempt, milliseconds. */
  readonly backoffMs: number
  /** Bound of every wait, milliseconds. */
  readonly backoffCapMs: number
}

/**
 * Draws the wait before an attempt: the second half of a span that doubles with each attempt up to the cap, so that waits
 * grow whatever is drawn and many callers still do not come back at once.
 *
 * @param attempt number of the attempt that is waited for, from 2
 * @param backoff how waits grow
 * @param draw from 0 up to, but not including, 1
 * @returns milliseconds
 */
export function backoffOf(attempt: number, backoff: Backoff, draw: number): number {
  const span = Math.min(backoff.backoffCapMs, backoff.backoffMs * 2 ** (attempt - 2))
  return span / 2 + (draw * span) / 2
}
