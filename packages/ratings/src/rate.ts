import type { Bars } from './bars.ts'
import { combine, formulaOf, type FormulaId } from './formula.ts'
import { MA_VOTES, OTHER_VOTES, votes, type VoteName } from './votes.ts'

/** The rating of every bar. */
export interface Ratings {
  /** Both groups combined by the formula. */
  all: Float64Array
  /** Mean of the counted moving-average votes, from -1 to 1. */
  ma: Float64Array
  /** Mean of the counted oscillator votes, from -1 to 1. */
  other: Float64Array
  /** Counted moving-average votes, 15 at most. */
  maCount: Uint8Array
  /** Counted oscillator votes, 11 at most. */
  otherCount: Uint8Array
}

/** The rating of one bar: the same five numbers. */
export interface Rating {
  all: number
  ma: number
  other: number
  maCount: number
  otherCount: number
}

/**
 * Rates every bar.
 *
 * @param bars columns, oldest first
 * @param options.formula id of the rating formula, `institutional` by default
 * @returns ratings from -1 to 1, `NaN` where no vote counts; below 26 counted votes a rating is partial, which is so for the
 *   first 199 bars at least. A rating never depends on later bars
 * @throws {RangeError} when the bars are not ascending columns of one length or there is no such formula
 */
export function rate(bars: Bars, options: { formula?: FormulaId } = {}): Ratings {
  const { id } = formulaOf(options.formula)
  const cast = votes(bars, { formula: id })
  const ma = mean(cast, MA_VOTES, bars.close.length)
  const other = mean(cast, OTHER_VOTES, bars.close.length)
  return {
    all: ma.rating.map((value, t) => combine(id, value, other.rating[t]!)),
    ma: ma.rating,
    other: other.rating,
    maCount: ma.count,
    otherCount: other.count,
  }
}

function mean(
  cast: Record<VoteName, Float64Array>,
  names: readonly VoteName[],
  rows: number,
): { rating: Float64Array; count: Uint8Array } {
  const rating = new Float64Array(rows)
  const count = new Uint8Array(rows)
  for (let t = 0; t < rows; t++) {
    let sum = 0
    for (const name of names) {
      const value = cast[name][t]!
      if (Number.isNaN(value)) continue
      sum += value
      count[t]!++
    }
    rating[t] = sum / count[t]!
  }
  return { rating, count }
}

/**
 * Rates the last bar.
 *
 * @param bars columns, oldest first
 * @param options.formula id of the rating formula, `institutional` by default
 * @returns the last row of `rate`; without bars `NaN` and counts of 0
 * @throws {RangeError} when the bars are not ascending columns of one length or there is no such formula
 */
export function rateLast(bars: Bars, options: { formula?: FormulaId } = {}): Rating {
  const ratings = rate(bars, options)
  const last = ratings.all.length - 1
  return {
    all: ratings.all[last] ?? Number.NaN,
    ma: ratings.ma[last] ?? Number.NaN,
    other: ratings.other[last] ?? Number.NaN,
    maCount: ratings.maCount[last] ?? 0,
    otherCount: ratings.otherCount[last] ?? 0,
  }
}
