import { BarFileError, type RawBars } from './raw-bars.ts'
import { longestAscending } from './longest-ascending.ts'

/** Bars of one symbol that may be stored, oldest first; all columns are of one length. */
export interface CheckedBars {
  timestamp: Float64Array
  knownAt: Float64Array
  open: Float64Array
  high: Float64Array
  low: Float64Array
  close: Float64Array
  volume: Float64Array
}

/** What is wrong with a row. */
export type RejectionReason =
  | 'unreadable'
  | 'missing_price'
  | 'not_finite'
  | 'price_not_positive'
  | 'inconsistent'
  | 'negative_volume'
  | 'known_too_early'
  | 'duplicate'
  | 'out_of_order'

/** A row that is not stored, with what is needed to find it. */
interface Rejection {
  /** Line of a CSV file or row of a Parquet file, from 1. */
  row: number
  /** Unix seconds; null when the time itself could not be read. */
  timestamp: number | null
  reason: RejectionReason
  detail: string
}

/** The outcome of checking a file's bars. */
export interface BarCheck {
  bars: CheckedBars
  /** Rows that are wrong, in the order of the file. */
  rejected: Rejection[]
  /** Rows that are right and too early: the bar closes, or becomes known, after the import's clock. */
  unfinished: { row: number; timestamp: number }[]
  /** Rows at or after the time that the import was told to stop before. */
  later: number
  /** Whether the file stood newest first. */
  reversed: boolean
}

/** How bars are checked. */
export interface BarCheckOptions {
  /** Length of a bar in seconds. */
  timeframeSeconds: number
  /** The import's clock, Unix seconds: a bar that closes later is unfinished. */
  now: number
  /** Seconds between a bar's close and its being known, where the file does not say; 0 unless given. */
  delaySeconds?: number
  /** Bars that open at or after this time are left out, Unix seconds. */
  before?: number
}

const DAY = 86_400

/**
 * Divides a file's rows into bars that may be stored and rows that may not, each of these with its reason.
 *
 * A file that stands newest first is reversed. In any other order the fewest rows that break it are rejected, of two
 * equal choices the later row. Rows that bring their own `knownAt` may come in any order, and several of one timestamp
 * are its history.
 *
 * @param raw the rows as they stand in the file
 * @param options timeframe, clock and delay
 * @returns bars oldest first, rejections in the order of the file
 * @throws BarFileError `one_day` when several bars, or one of 1970-01-01, all fall on one day of a daily file;
 *   `intraday` when rows of different times fall on one UTC day of it
 */
export function checkBars(raw: RawBars, options: BarCheckOptions): BarCheck {
  const { timeframeSeconds, now, delaySeconds = 0, before = Number.POSITIVE_INFINITY } = options
  refuseOneDay(raw, timeframeSeconds)
  refuseIntraday(raw, timeframeSeconds)
  const rejected: Rejection[] = []
  const unfinished: BarCheck['unfinished'] = []
  const reject = (at: number, reason: RejectionReason, detail: string) => {
    const timestamp = raw.timestamp[at] ?? Number.NaN
    rejected.push({
      row: raw.row[at] ?? at,
      timestamp: Number.isNaN(timestamp) ? null : timestamp,
      reason,
      detail,
    })
  }
  let later = 0
  const usable: number[] = []
  for (let at = 0; at < raw.timestamp.length; at += 1) {
    const timestamp = raw.timestamp[at]!
    if (timestamp >= before) {
      later += 1
      continue
    }
    const fault = faultOf(raw, at)
    if (fault) {
      reject(at, ...fault)
      continue
    }
    const close = timestamp + timeframeSeconds
    if (Math.max(close, raw.knownAt?.[at] ?? close) > now) {
      unfinished.push({ row: raw.row[at]!, timestamp })
    } else usable.push(at)
  }

  const reversed = standsNewestFirst(raw.timestamp)
  const order = raw.knownAt
    ? inKnowledgeOrder(raw, usable, reject)
    : inTimeOrder(raw, usable, reversed, reject)
  rejected.sort((a, b) => a.row - b.row)
  const take = (column: Float64Array) => Float64Array.from(order, (at) => column[at]!)
  const timestamp = take(raw.timestamp)
  return {
    bars: {
      timestamp,
      knownAt: raw.knownAt
        ? take(raw.knownAt)
        : timestamp.map((open) => open + timeframeSeconds + delaySeconds),
      open: take(raw.open),
      high: take(raw.high),
      low: take(raw.low),
      close: take(raw.close),
      volume: take(raw.volume),
    },
    rejected,
    unfinished,
    later,
    reversed,
  }
}

function faultOf(raw: RawBars, at: number): [RejectionReason, string] | undefined {
  const unreadable = raw.unreadable.get(at)
  if (unreadable !== undefined) return ['unreadable', unreadable]
  const prices = {
    open: raw.open[at]!,
    high: raw.high[at]!,
    low: raw.low[at]!,
    close: raw.close[at]!,
  }
  for (const [name, price] of Object.entries(prices)) {
    if (Number.isNaN(price)) {
      // The original system's bars have no open; nothing that is computed from bars needs one.
      if (name !== 'open') return ['missing_price', `${name} is missing`]
    } else if (!Number.isFinite(price)) return ['not_finite', `${name} is ${price}`]
    else if (price <= 0) return ['price_not_positive', `${name} is ${price}`]
  }
  const { open, high, low, close } = prices
  const inner = Number.isNaN(open) ? [close] : [open, close]
  if (low > Math.min(...inner) || high < Math.max(...inner)) {
    return ['inconsistent', `open ${open}, high ${high}, low ${low}, close ${close}`]
  }
  const volume = raw.volume[at]!
  if (volume < 0) return ['negative_volume', `volume is ${volume}`]
  if (volume === Number.POSITIVE_INFINITY) return ['not_finite', `volume is ${volume}`]
  const knownAt = raw.knownAt?.[at]
  if (knownAt !== undefined && knownAt <= raw.timestamp[at]!) {
    return ['known_too_early', `known at ${knownAt}, and the bar opens at ${raw.timestamp[at]}`]
  }
  return undefined
}

type Reject = (at: number, reason: RejectionReason, detail: string) => void

function inTimeOrder(raw: RawBars, usable: number[], reversed: boolean, reject: Reject): number[] {
  const direction = reversed ? -1 : 1
  const kept = longestAscending(usable.map((at) => direction * raw.timestamp[at]!)).map(
    (position) => usable[position]!,
  )
  if (kept.length < usable.length) {
    const rowOf = new Map(kept.map((at) => [raw.timestamp[at]!, raw.row[at]!]))
    const keptRows = new Set(kept)
    for (const at of usable) {
      if (keptRows.has(at)) continue
      const twin = rowOf.get(raw.timestamp[at]!)
      if (twin === undefined)
        reject(at, 'out_of_order', 'its time breaks the order of the rows around it')
      else reject(at, 'duplicate', `row ${twin} has the same time`)
    }
  }
  return reversed ? kept.toReversed() : kept
}

function inKnowledgeOrder(raw: RawBars, usable: number[], reject: Reject): number[] {
  const knownAt = raw.knownAt!
  const sorted = usable.toSorted(
    (a, b) => raw.timestamp[a]! - raw.timestamp[b]! || knownAt[a]! - knownAt[b]! || a - b,
  )
  return sorted.filter((at, position) => {
    const previous = sorted[position - 1]
    const same =
      previous !== undefined &&
      raw.timestamp[previous] === raw.timestamp[at] &&
      knownAt[previous] === knownAt[at]
    if (same)
      reject(at, 'duplicate', `row ${raw.row[previous]} has the same time and the same known_at`)
    return !same
  })
}

function standsNewestFirst(timestamps: Float64Array): boolean {
  let previous = Number.NaN
  let falls = false
  for (const timestamp of timestamps) {
    if (Number.isNaN(timestamp)) continue
    if (timestamp > previous) return false
    if (timestamp < previous) falls = true
    previous = timestamp
  }
  return falls
}

function refuseOneDay(raw: RawBars, timeframeSeconds: number): void {
  if (timeframeSeconds < DAY) return
  const times = raw.timestamp.filter((timestamp) => !Number.isNaN(timestamp))
  const [first] = times
  if (first === undefined) return
  const day = Math.floor(first / DAY)
  if (times.some((timestamp) => Math.floor(timestamp / DAY) !== day)) return
  if (day === 0 || times.some((timestamp) => timestamp !== first)) {
    throw new BarFileError(
      'one_day',
      `all ${times.length} bars fall on ${dateOf(day)}: the times were written in another unit than they say`,
    )
  }
}

// Where clocks go forward, two days that begin at a local midnight can begin on one UTC day, 23 hours apart.
const SHORTEST_DAY = 22 * 3600

// Rows of one time are a repetition or, with their own `knownAt`, a history: these are judged row by row.
function refuseIntraday({ timestamp, row }: RawBars, timeframeSeconds: number): void {
  if (timeframeSeconds < DAY) return
  const firstOfDay = new Map<number, number>()
  for (let at = 0; at < timestamp.length; at += 1) {
    const time = timestamp[at]!
    if (Number.isNaN(time)) continue
    const day = Math.floor(time / DAY)
    const first = firstOfDay.get(day)
    if (first === undefined) firstOfDay.set(day, at)
    else if (timestamp[first] !== time && Math.abs(timestamp[first]! - time) < SHORTEST_DAY) {
      throw new BarFileError(
        'intraday',
        `rows ${row[first]} and ${row[at]} are two bars of ${dateOf(day)} (UTC), and daily bars have one a day: make daily bars of them first`,
      )
    }
  }
}

function dateOf(day: number): string {
  return new Date(day * DAY * 1000).toISOString().slice(0, 10)
}
