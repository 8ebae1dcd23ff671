import type { Random } from './random.ts'

/** What the whole market is doing. */
export type Regime = 'range' | 'trend-up' | 'trend-down' | 'crash'

/** A stretch of days in one regime; `last` is included. */
export interface RegimeSpan {
  readonly regime: Regime
  readonly first: number
  readonly last: number
}

/** The common factor behind all symbols: one return a calendar day, and the regimes it went through. */
export interface MarketFactor {
  readonly returns: Float64Array
  readonly spans: readonly RegimeSpan[]
}

interface RegimeShape {
  readonly drift: number
  readonly volatility: number
  readonly shortest: number
  readonly longest: number
  readonly next: readonly Regime[]
}

const SHAPES: Readonly<Record<Regime, RegimeShape>> = {
  range: {
    drift: 0,
    volatility: 0.7,
    shortest: 20,
    longest: 110,
    next: ['trend-up', 'trend-up', 'trend-down', 'crash'],
  },
  'trend-up': {
    drift: 0.0045,
    volatility: 0.9,
    shortest: 30,
    longest: 130,
    next: ['range', 'range', 'trend-down', 'crash'],
  },
  'trend-down': {
    drift: -0.0045,
    volatility: 1.1,
    shortest: 20,
    longest: 90,
    next: ['range', 'trend-up', 'trend-up', 'crash'],
  },
  crash: {
    drift: -0.06,
    volatility: 1.8,
    shortest: 3,
    longest: 7,
    next: ['range', 'trend-up', 'trend-down'],
  },
}

const DAILY_DEVIATION = 0.022

/**
 * Draws the market factor: regimes one after the other, and returns whose volatility clusters (GARCH(1,1)).
 *
 * @param random stream; drawing more days continues the same path
 * @param days number of calendar days
 * @returns returns oldest first, one a day, and the spans that cover all days without overlap
 */
export function drawMarketFactor(random: Random, days: number): MarketFactor {
  const returns = new Float64Array(days)
  const spans: RegimeSpan[] = []
  let variance = 1
  let regime: Regime = 'range'
  for (let first = 0; first < days;) {
    const shape: RegimeShape = SHAPES[regime]
    const length = random.integer(shape.shortest, shape.longest)
    const last = Math.min(first + length, days) - 1
    for (let day = first; day <= last; day++) {
      const shock = Math.sqrt(variance) * random.normal()
      variance = 0.03 + 0.1 * shock * shock + 0.87 * variance
      returns[day] = shape.drift + DAILY_DEVIATION * shape.volatility * shock
    }
    spans.push({ regime, first, last })
    first = last + 1
    regime = shape.next[random.integer(0, shape.next.length - 1)]!
  }
  return { returns, spans }
}
