import type { PlannedDisturbance } from './disturbance.ts'
import type { MarketEvent } from './event.ts'
import type { Listing } from './listing.ts'
import type { Random } from './random.ts'

/** Daily bars as columns of one length, oldest first. */
export interface Bars {
  /** Bar opens, Unix seconds at 00:00 UTC. */
  readonly timestamp: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** `NaN` where the source gave none. */
  readonly volume: Float64Array
}

/** Columns of {@link Bars} with room for more than is drawn in the end. */
type Draft = { readonly [Column in keyof Bars]: Float64Array }

// Beyond any return but the tails of a crash; keeps a bar from doubling by itself.
const LARGEST_RETURN = 0.45

/**
 * Draws a symbol's bars and plants its disturbances.
 *
 * Only sums, products, quotients and square roots enter a price, each exactly rounded by IEEE 754, so the bytes are the
 * same on every platform. More days continue the same bars.
 *
 * @param random stream of this symbol's prices alone
 * @param listing what is fixed about the symbol
 * @param timestamps trading days, Unix seconds, oldest first
 * @param marketReturns return of the whole market on each of these days
 * @param plan disturbances in order, by number of the trading day
 * @returns the bars (fewer than days where some are missing) and the disturbances as events, in order
 */
export function drawBars(
  random: Random,
  listing: Listing,
  timestamps: Float64Array,
  marketReturns: Float64Array,
  plan: readonly PlannedDisturbance[],
): { bars: Bars; events: MarketEvent[] } {
  const draft = allocate(timestamps.length)
  const events: MarketEvent[] = []
  const ticksPerUnit = Number(`1e${listing.priceDecimals}`)
  const lotsPerUnit = Number(`1e${listing.volumeDecimals}`)
  let price = listing.startPrice
  let level = 0
  let variance = 1
  let appetite = 1
  let bar = 0
  let planned = 0

  for (let day = 0; day < timestamps.length; day++) {
    while (planned < plan.length && plan[planned]!.last < day) planned += 1
    const next = plan[planned]
    const disturbance = next && next.first <= day ? next : undefined
    const begins = disturbance?.first === day

    if (disturbance?.kind === 'missing-bars') {
      const count = disturbance.last - disturbance.first + 1
      // A hole that reaches the last day has no bar behind it and is just an end.
      const closes = disturbance.last + 1 < timestamps.length
      if (begins && closes) events.push({ kind: 'missing-bars', first: bar, last: bar, count })
      continue
    }
    draft.timestamp[bar] = timestamps[day]!
    if (disturbance?.kind === 'halt') {
      if (begins) events.push(spanning('halt', disturbance, bar))
      repeatClose(draft, bar, listing.withoutVolume ? Number.NaN : 0)
      bar += 1
      continue
    }

    const shock = Math.sqrt(variance) * random.normal()
    variance = 0.05 + 0.12 * shock * shock + 0.83 * variance
    // The weak pull to the start keeps years of drift from leaving the tick behind.
    const wanted = listing.beta * marketReturns[day]! + listing.deviation * shock - 0.001 * level
    const change = Math.max(-LARGEST_RETURN, Math.min(LARGEST_RETURN, wanted))
    level += change
    const overnight = listing.calendar === 'sessions' ? 0.6 * random.uniform() * change : 0

    let opened = price * grow(overnight)
    if (disturbance?.kind === 'gap') {
      const jump = (random.uniform() < 0.5 ? -1 : 1) * (0.15 + 0.2 * random.uniform())
      opened = price * (1 + jump)
      level += jump
    } else if (disturbance?.kind === 'split') {
      // A price with room below is split, a low one is put together.
      const ratio = price < 20 ? 0.1 : [2, 3, 4, 10][random.integer(0, 3)]!
      opened /= ratio
      events.push({ kind: 'split', first: bar, last: bar, ratio })
    }
    price = opened * grow(change - overnight)
    quote(random, draft, bar, ticksPerUnit, opened, price, listing.deviation)
    if (disturbance?.kind === 'gap') {
      const ratio = draft.open[bar]! / draft.close[bar - 1]!
      events.push({ kind: 'gap', first: bar, last: bar, ratio })
    }

    appetite = 0.8 * appetite + 0.2 * (0.5 + random.uniform())
    const activity = appetite * (0.7 + 6 * Math.abs(change)) * (0.7 + 0.6 * random.uniform())
    const lots = Math.max(1, Math.round((listing.turnover * activity * lotsPerUnit) / price))
    const isMissing = listing.withoutVolume || disturbance?.kind === 'missing-volume'
    draft.volume[bar] = isMissing ? Number.NaN : lots / lotsPerUnit
    if (disturbance?.kind === 'missing-volume' && begins) {
      events.push(spanning('missing-volume', disturbance, bar))
    }
    bar += 1
  }
  return { bars: trim(draft, bar), events }
}

// exp(r) to second order, and exactly its own inverse for -r, without a library function.
function grow(change: number): number {
  return (1 + change / 2) / (1 - change / 2)
}

// Whole ticks throughout: the four prices are decimals of the quoted length and consistent by construction.
function quote(
  random: Random,
  draft: Draft,
  bar: number,
  ticksPerUnit: number,
  opened: number,
  closed: number,
  deviation: number,
): void {
  const open = Math.max(1, Math.round(opened * ticksPerUnit))
  const close = Math.max(1, Math.round(closed * ticksPerUnit))
  const reach = 0.4 * (deviation * opened + 0.3 * Math.abs(closed - opened)) * ticksPerUnit
  const above = Math.round(reach * Math.abs(random.normal()))
  const below = Math.round(reach * Math.abs(random.normal()))
  draft.open[bar] = open / ticksPerUnit
  draft.high[bar] = (Math.max(open, close) + above) / ticksPerUnit
  draft.low[bar] = Math.max(1, Math.min(open, close) - below) / ticksPerUnit
  draft.close[bar] = close / ticksPerUnit
}

function repeatClose(draft: Draft, bar: number, volume: number): void {
  const close = draft.close[bar - 1]!
  draft.open[bar] = close
  draft.high[bar] = close
  draft.low[bar] = close
  draft.close[bar] = close
  draft.volume[bar] = volume
}

function spanning(
  kind: 'halt' | 'missing-volume',
  { first, last }: PlannedDisturbance,
  bar: number,
): MarketEvent {
  return { kind, first: bar, last: bar + last - first }
}

function allocate(length: number): Draft {
  return {
    timestamp: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  }
}

function trim(draft: Draft, length: number): Bars {
  if (length === draft.timestamp.length) return draft
  return {
    timestamp: draft.timestamp.slice(0, length),
    open: draft.open.slice(0, length),
    high: draft.high.slice(0, length),
    low: draft.low.slice(0, length),
    close: draft.close.slice(0, length),
    volume: draft.volume.slice(0, length),
  }
}
