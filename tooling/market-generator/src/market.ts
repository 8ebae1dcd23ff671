import { drawBars, type Bars } from './bars.ts'
import { DAY_SECONDS, tradingDays, type Calendar } from './calendar.ts'
import { DISTURBANCES, planDisturbances, type Disturbance } from './disturbance.ts'
import type { MarketEvent } from './event.ts'
import { inventListing, type Listing } from './listing.ts'
import { createRandom } from './random.ts'
import { drawMarketFactor, type RegimeSpan } from './regimes.ts'
import { inventVendorRating, type VendorRating } from './vendor-rating.ts'

/** What {@link generateMarket} is asked for. */
export interface MarketOptions {
  /** Any safe integer; another seed is another market. */
  readonly seed: number
  /** Number of symbols; the first n symbols do not depend on how many follow. */
  readonly symbols: number
  /** Calendar days up to `endDate`, at least 3: bars of a continuous symbol. A session symbol has five bars a week. */
  readonly bars: number
  /** Last day, `YYYY-MM-DD`; default `2025-12-31`. */
  readonly endDate?: string
  /** Days that follow `endDate`; default 0. Every bar up to `endDate` stays as it is, so this is tomorrow's delivery. */
  readonly futureDays?: number
  /** Bar length; only days are made. */
  readonly timeframe?: '1d'
  /** Disturbances to plant, default all of `DISTURBANCES`; `[]` gives clean bars. */
  readonly disturbances?: readonly Disturbance[]
}

/** One symbol of a generated market. */
export interface GeneratedSymbol {
  /** `EXCHANGE:TICKER`. */
  readonly symbol: string
  readonly calendar: Calendar
  readonly bars: Bars
  /** Number of decimals its prices have. */
  readonly priceDecimals: number
  /** Everything that was planted in its bars. */
  readonly events: readonly MarketEvent[]
  /** A scanner's rating of the last bar, for some symbols. */
  readonly vendor?: VendorRating
}

/**
 * Generates a market of correlated symbols whose peculiarities are known.
 *
 * One market factor with regimes and clustering volatility moves all symbols; each adds its own. Four symbols of five are
 * coins that trade every day, the fifth is a share that trades from Monday to Friday.
 *
 * @param options seed and size
 * @returns symbols in order of their number, the same bytes for the same options on every platform
 * @throws RangeError when a number is not an integer in its range, a date does not exist, or a disturbance is unknown
 */
export function generateMarket(options: MarketOptions): GeneratedSymbol[] {
  const { seed, endDate = '2025-12-31', futureDays = 0 } = options
  requireInteger('seed', seed, Number.MIN_SAFE_INTEGER)
  requireInteger('symbols', options.symbols, 0)
  requireInteger('bars', options.bars, 3)
  requireInteger('futureDays', futureDays, 0)
  const disturbances = new Set(options.disturbances ?? DISTURBANCES)
  for (const kind of disturbances) {
    if (!DISTURBANCES.includes(kind)) throw new RangeError(`unknown disturbance '${kind}'`)
  }
  const dayCount = options.bars + futureDays
  const firstDay = parseDay(endDate) - options.bars + 1
  const factor = drawMarketFactor(createRandom(seed, 0), dayCount)

  return Array.from({ length: options.symbols }, (_, index) => {
    const listing = inventListing(createRandom(seed, 1, index), index)
    const skipped = listing.ageDays === undefined ? 0 : Math.max(0, options.bars - listing.ageDays)
    const days = tradingDays(listing.calendar, firstDay + skipped, dayCount - skipped)
    const timestamps = Float64Array.from(days, (day) => (firstDay + skipped + day) * DAY_SECONDS)
    const returns = Float64Array.from(days, (day) => factor.returns[skipped + day]!)
    const plan = planDisturbances(createRandom(seed, 2, index), days.length, disturbances).filter(
      ({ kind }) =>
        // Coins are not split, and volume that never was cannot be lost.
        !(kind === 'split' && listing.calendar === 'continuous') &&
        !(kind === 'missing-volume' && listing.withoutVolume),
    )
    const { bars, events } = drawBars(
      createRandom(seed, 3, index),
      listing,
      timestamps,
      returns,
      plan,
    )
    const vendor = inventVendorRating(
      createRandom(seed, 4, index),
      (firstDay + dayCount) * DAY_SECONDS,
    )
    return {
      symbol: listing.symbol,
      calendar: listing.calendar,
      bars,
      priceDecimals: listing.priceDecimals,
      events: [
        ...describeListing(listing, bars.timestamp.length),
        ...describeRegimes(factor.spans, bars.timestamp, firstDay),
        ...events,
      ],
      ...(vendor && { vendor }),
    }
  })
}

function describeListing(listing: Listing, length: number): MarketEvent[] {
  const all = { first: 0, last: length - 1 }
  const events: MarketEvent[] = []
  if (listing.ageDays !== undefined) events.push({ kind: 'young-listing', ...all })
  if (listing.startPrice < 1e-5) events.push({ kind: 'tiny-price', ...all })
  if (listing.startPrice > 1e5) events.push({ kind: 'huge-price', ...all })
  if (listing.withoutVolume) events.push({ kind: 'missing-volume', ...all })
  return events
}

function describeRegimes(
  spans: readonly RegimeSpan[],
  timestamps: Float64Array,
  firstDay: number,
): MarketEvent[] {
  const events: MarketEvent[] = []
  let bar = 0
  for (const span of spans) {
    const end = (firstDay + span.last + 1) * DAY_SECONDS
    const first = bar
    while (bar < timestamps.length && timestamps[bar]! < end) bar += 1
    // A symbol listed later, or with a hole here, has no bar of this span.
    if (bar > first) events.push({ kind: 'regime', regime: span.regime, first, last: bar - 1 })
  }
  return events
}

function requireInteger(name: string, value: number, lowest: number): void {
  if (Number.isSafeInteger(value) && value >= lowest) return
  const bound = lowest === Number.MIN_SAFE_INTEGER ? '' : ` of at least ${lowest}`
  throw new RangeError(`${name} must be an integer${bound}, was ${value}`)
}

function parseDay(date: string): number {
  const milliseconds = Date.parse(`${date}T00:00:00Z`)
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(milliseconds)
  if (!isDay || new Date(milliseconds).toISOString().slice(0, 10) !== date) {
    throw new RangeError(`endDate must be a day like 2025-12-31, was '${date}'`)
  }
  return milliseconds / 86_400_000
}
