import type { Bars, ComponentName } from '@fs/ratings'

/** Series by component. One shorter than the bars ends with them; undefined and null stand for no value. */
export type PeerSeries = Partial<Record<ComponentName, ArrayLike<number | null | undefined>>>

/** The columns of bars as plain arrays, as most libraries want them. */
export interface PlainBars {
  high: number[]
  low: number[]
  close: number[]
  volume: number[]
}

/** A library that computes the components of a rating. */
export interface Contestant {
  name: string
  version: string
  /** Computes its series; the conversion to plain arrays is not part of the time. */
  compute: (bars: PlainBars) => PeerSeries
  /** First row from which a series must agree, where that is not the row of its first value; absent series are not compared. */
  agreesFrom: Partial<Record<ComponentName, number>>
}

/**
 * Converts bars to plain arrays.
 *
 * @param bars columns
 */
export function plainBars(bars: Bars): PlainBars {
  return {
    high: [...bars.high],
    low: [...bars.low],
    close: [...bars.close],
    volume: [...bars.volume],
  }
}

const OSCILLATORS = new Set<ComponentName>([
  'rsi',
  'stochastic_k',
  'stochastic_d',
  'cci',
  'adx',
  'plus_di',
  'minus_di',
  'stochastic_rsi_k',
  'stochastic_rsi_d',
  'williams_r',
  'ultimate_oscillator',
])

/**
 * Compares a contestant's series with ours, from the row on where they should agree, to 1e-9 of the natural scale (the close, or
 * 100).
 *
 * @param series of the contestant
 * @param agreesFrom first rows to compare
 * @param ours components of the same bars
 * @param close prices of the same bars
 * @returns names of the series that agree
 * @throws {Error} when one does not, or has no value where it should
 */
export function checkAgreement(
  series: PeerSeries,
  agreesFrom: Contestant['agreesFrom'],
  ours: Record<ComponentName, Float64Array>,
  close: Float64Array,
): ComponentName[] {
  const checked = Object.keys(series) as ComponentName[]
  for (const name of checked) {
    const theirs = series[name]!
    const offset = close.length - theirs.length
    for (let t = agreesFrom[name] ?? 210; t < close.length; t++) {
      const expected = ours[name][t]!
      const value = theirs[t - offset]
      const scale = OSCILLATORS.has(name) ? 100 : close[t]!
      if (typeof value === 'number' && Math.abs(value - expected) <= 1e-9 * scale) continue
      throw new Error(`${name} differs at bar ${t}: ${String(value)}, ours ${expected}`)
    }
  }
  return checked
}
