import fc from 'fast-check'
import type { Bars } from '../src/index.ts'

/** Kinds of markets the laws are tried on. */
const KINDS = ['random', 'flat', 'gappy', 'tiny', 'huge', 'quantised', 'jumpy'] as const

export interface Market {
  kind: (typeof KINDS)[number]
  seed: number
  length: number
}

/** Draws markets: every kind, from no bar to several blocks of the engine. */
export function anyMarket(maxLength = 700): fc.Arbitrary<Market> {
  return fc.record({
    kind: fc.constantFrom(...KINDS),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    length: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 60 }) },
      { weight: 3, arbitrary: fc.integer({ min: 60, max: maxLength }) },
    ),
  })
}

/** Numbers from 0 to 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Makes the bars of a market. */
export function makeBars({ kind, seed, length }: Market): Bars {
  const next = random(seed)
  const scale = kind === 'tiny' ? 1e-9 : kind === 'huge' ? 1e12 : 1
  const tick = kind === 'quantised' ? 0.25 : kind === 'tiny' ? 1e-13 : 0.01
  const round = (price: number): number => Math.max(Math.round(price / tick) * tick, tick)
  const bars: Bars = {
    timestamp: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  }
  let price = round(100 * scale * (0.5 + next()))
  let halt = 0
  for (let t = 0; t < length; t++) {
    bars.timestamp[t] = 86_400 * (t + 1)
    if (halt === 0 && kind === 'flat' && next() < 0.02) halt = 1 + Math.floor(next() * 250)
    const open = price
    if (halt > 0) halt--
    else {
      price = round(price * Math.exp((next() + next() - 1) * 0.05))
      // A bad print, a split, a crash: far more than the factor of two that exact differences need.
      if (kind === 'jumpy' && next() < 0.02) price = round(price * (next() < 0.5 ? 7.3 : 1 / 7.3))
    }
    const still = halt > 0
    bars.open[t] = open
    bars.close[t] = price
    bars.high[t] = still ? price : round(Math.max(open, price) * (1 + next() * 0.02))
    bars.low[t] = still ? price : round(Math.min(open, price) * (1 - next() * 0.02))
    bars.volume[t] = still && next() < 0.7 ? 0 : Math.floor(next() * 1e6)
    if (kind === 'gappy') {
      if (next() < 0.05) bars.close[t] = Number.NaN
      if (next() < 0.02) bars.high[t] = Number.POSITIVE_INFINITY
      if (next() < 0.05) bars.volume[t] = Number.NaN
      if (next() < 0.05) bars.timestamp[t]! += 3600
    }
  }
  return bars
}

/** Applies a function to each of the six columns. */
export function mapBars(
  bars: Bars,
  change: (column: Float64Array, name: keyof Bars) => Float64Array,
): Bars {
  return {
    timestamp: change(bars.timestamp, 'timestamp'),
    open: change(bars.open, 'open'),
    high: change(bars.high, 'high'),
    low: change(bars.low, 'low'),
    close: change(bars.close, 'close'),
    volume: change(bars.volume, 'volume'),
  }
}
