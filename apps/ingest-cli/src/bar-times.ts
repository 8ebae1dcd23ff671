import { BarFileError } from './raw-bars.ts'

/** The times of a column, read as one. */
export interface BarTimes {
  /** Unix seconds, `NaN` where a cell could not be read. */
  seconds: Float64Array
  /** Why a cell could not be read, by position. */
  unreadable: Map<number, string>
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i
const YEAR_FIRST =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i
const MONTH_FIRST = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/
const SHORTEST_MONTH = 28
// Days from one bar to the next over a weekend and holidays.
const LONGEST_CLOSURE = 7
const COMPACT = /^(?:18|19|20|21)\d{6}$/

/**
 * Reads a column of times. Understood are ISO dates and times (`2024-01-31`, `2024-01-31 16:00:00`,
 * `2024-01-31T16:00:00+01:00`), American dates (`1/31/2024`), `20240131`, and Unix time in seconds or a finer unit, which
 * the median of the column's numbers decides; a number that is no time in that unit cannot be read. Without a zone a time is UTC; a date is the start of its UTC day.
 *
 * @param cells the column, oldest or newest first
 * @returns Unix seconds for every cell
 * @throws BarFileError `day_first` when a date can only be day/month/year, or when the dates are monthly as
 *   month/day/year and daily as day/month/year
 */
export function readTimes(cells: readonly (string | null | undefined)[]): BarTimes {
  const texts = cells.map((cell) => cell?.trim() ?? '')
  const numeric = texts.filter((text) => NUMBER.test(text))
  // 20240131 is a date and not an August day of 1970, provided that every number of the column is one.
  const compact =
    numeric.length > 0 &&
    numeric.every((text) => COMPACT.test(text) && !Number.isNaN(compactDate(text)))
  const unit = unitOf(compact ? [] : numeric.map(Number))

  refuseDaysReadAsMonths(texts)
  const seconds = new Float64Array(texts.length)
  const unreadable = new Map<number, string>()
  for (const [at, text] of texts.entries()) {
    const time = NUMBER.test(text)
      ? compact
        ? compactDate(text)
        : secondsOf(Number(text), unit)
      : dateTime(text)
    seconds[at] = time
    if (text === '') unreadable.set(at, 'the time is missing')
    else if (Number.isNaN(time) && NUMBER.test(text)) unreadable.set(at, otherUnit(text, unit))
    else if (Number.isNaN(time))
      unreadable.set(at, `no time that is understood: ${JSON.stringify(text)}`)
    else if (!Number.isInteger(time)) {
      seconds[at] = Number.NaN
      unreadable.set(at, `the time must be whole seconds: ${JSON.stringify(text)}`)
    }
  }
  return { seconds, unreadable }
}

/**
 * Reads a column of times that are numbers already, in whichever unit they are.
 *
 * @param values Unix time in seconds or a finer unit, `NaN` where there is none
 * @returns Unix seconds for every value
 */
export function readNumericTimes(values: Float64Array): BarTimes {
  const unit = unitOf(values)
  const seconds = values.map((value) => secondsOf(value, unit))
  const unreadable = new Map<number, string>()
  for (const [at, time] of seconds.entries()) {
    if (Number.isInteger(time)) continue
    seconds[at] = Number.NaN
    const value = values[at]!
    if (Number.isNaN(value)) unreadable.set(at, 'the time is missing')
    else if (Number.isNaN(time)) unreadable.set(at, otherUnit(String(value), unit))
    else unreadable.set(at, `the time must be whole seconds: ${value}`)
  }
  return { seconds, unreadable }
}

interface Unit {
  readonly name: string
  readonly perSecond: number
  /** Size of the smallest number that is a time in this unit and not one in a coarser unit. */
  readonly from: number
}

const UNITS = [
  { name: 'nanoseconds', perSecond: 1e9 },
  { name: 'microseconds', perSecond: 1e6 },
  { name: 'milliseconds', perSecond: 1e3 },
] as const
// March 1973 and the year 5138: between them no time can be mistaken for one in another unit.
const FIRST_SURE_SECOND = 1e8
const LAST_SECOND = 1e11
const YEAR = 366 * 86_400

// The median and not the largest: one number in another unit must not move all others to 1970.
function unitOf(values: Iterable<number>): Unit {
  const sizes = Float64Array.from(values, Math.abs)
    .filter((size) => !Number.isNaN(size))
    .sort()
  const median = sizes[sizes.length >> 1] ?? 0
  const unit = UNITS.find(({ perSecond }) => median >= perSecond * FIRST_SURE_SECOND)
  if (unit === undefined) return { name: 'seconds', perSecond: 1, from: 0 }
  const sure = unit.perSecond * FIRST_SURE_SECOND
  const next = sizes.find((size) => size >= sure) ?? sure
  // Times around 1970 are believed where the column goes on from them; elsewhere they are seconds among milliseconds.
  return { ...unit, from: next < sure + unit.perSecond * YEAR ? 0 : sure }
}

function secondsOf(value: number, { perSecond, from }: Unit): number {
  const fits = Math.abs(value) >= from && Math.abs(value) < LAST_SECOND * perSecond
  return fits ? value / perSecond : Number.NaN
}

function otherUnit(text: string, { name }: Unit): string {
  return `no time in ${name}, the unit of this column: ${text}`
}

function dateTime(text: string): number {
  const iso = YEAR_FIRST.exec(text)
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, zone] = iso
    const time = utcSeconds(year, month, day, hour, minute, second) - offsetSeconds(zone)
    return fraction === undefined ? time : time + Number(`0.${fraction}`)
  }
  const american = MONTH_FIRST.exec(text)
  if (!american) return Number.NaN
  const [, month, day, year, hour, minute, second] = american
  if (Number(month) > 12 && Number(day) <= 12) {
    throw new BarFileError(
      'day_first',
      `the date ${text} can only be day/month/year, and dates with slashes are read month/day/year: write them 2024-01-31`,
    )
  }
  return utcSeconds(year, month, day, hour, minute, second)
}

const DAY = 86_400

// 01/02/2024, 02/02/2024, 03/02/2024: three days of February whose every part could be a month.
function refuseDaysReadAsMonths(texts: readonly string[]): void {
  const dates = texts.map((text) => MONTH_FIRST.exec(text)).filter((match) => match !== null)
  const steps = (of: (match: RegExpExecArray) => number) =>
    dates.slice(1).map((match, at) => Math.abs(of(match) - of(dates[at]!)) / DAY)
  const isMonthly = steps(([, month, day, year]) => utcSeconds(year, month, day)).every(
    (days) => days >= SHORTEST_MONTH,
  )
  if (dates.length < 2 || !isMonthly) return
  const isDaily = steps(([, day, month, year]) => utcSeconds(year, month, day)).every(
    (days) => days >= 1 && days <= LONGEST_CLOSURE,
  )
  if (!isDaily) return
  const [first, second] = dates.map(([text]) => text)
  throw new BarFileError(
    'day_first',
    `the dates ${first}, ${second} … are months apart as month/day/year and daily as day/month/year: write them 2024-01-31`,
  )
}

function compactDate(text: string): number {
  return utcSeconds(text.slice(0, 4), text.slice(4, 6), text.slice(6, 8))
}

function utcSeconds(
  year?: string,
  month?: string,
  day?: string,
  hour = '0',
  minute = '0',
  second = '0',
): number {
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN
  const time = Date.UTC(y, m - 1, d, Number(hour), Number(minute), Number(second))
  const date = new Date(time)
  // Date.UTC carries 30 February over into March.
  return date.getUTCMonth() === m - 1 && date.getUTCDate() === d ? time / 1000 : Number.NaN
}

function offsetSeconds(zone: string | undefined): number {
  const offset = zone === undefined ? null : /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)
  if (!offset) return 0
  const [, sign, hours, minutes = '0'] = offset
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}
