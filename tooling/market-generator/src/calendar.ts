/** `continuous` trades every day, `sessions` from Monday to Friday; holidays are not modelled. */
export type Calendar = 'continuous' | 'sessions'

/** Length of a calendar day, in seconds. */
export const DAY_SECONDS = 86_400

/**
 * Lists the days of a window on which a calendar trades.
 *
 * @param calendar calendar of the symbol
 * @param firstDay number of the window's first day, in days since 1970-01-01
 * @param count calendar days of the window
 * @returns numbers of the trading days counted from `firstDay`, ascending
 */
export function tradingDays(calendar: Calendar, firstDay: number, count: number): Int32Array {
  const days = new Int32Array(count)
  let length = 0
  for (let day = 0; day < count; day++) {
    // 1970-01-01 was a Thursday; counted from Monday = 0.
    const weekday = (((firstDay + day + 3) % 7) + 7) % 7
    if (calendar === 'sessions' && weekday >= 5) continue
    days[length++] = day
  }
  return days.subarray(0, length)
}
