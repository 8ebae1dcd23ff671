import { checkBars, isPresent, type Bars } from './bars.ts'
import { runSeries } from './engine.ts'
import { formulaOf, type FormulaId } from './formula.ts'
import { tallyVotes, type Tally } from './kernel/tally.ts'
import { fillSeries, sharedTally } from './series.ts'

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
  checkBars(bars)
  const formula = formulaOf(options.formula)
  const ratings = createRatings(bars.close.length)
  fillSeries(bars, formula, { ratings })
  return ratings
}

/**
 * Creates empty columns for ratings.
 *
 * @param rows of the columns
 */
export function createRatings(rows: number): Ratings {
  return {
    all: new Float64Array(rows),
    ma: new Float64Array(rows),
    other: new Float64Array(rows),
    maCount: new Uint8Array(rows),
    otherCount: new Uint8Array(rows),
  }
}

/**
 * Rates the last bar.
 *
 * @param bars columns, oldest first
 * @param options.formula id of the rating formula, `institutional` by default
 * @returns the last row of `rate`; without bars, and when the last row is no bar, `NaN` and counts of 0
 * @throws {RangeError} when the bars are not ascending columns of one length or there is no such formula
 */
export function rateLast(bars: Bars, options: { formula?: FormulaId } = {}): Rating {
  checkBars(bars)
  const formula = formulaOf(options.formula)
  const last = bars.close.length - 1
  if (last < 0 || !isPresent(bars.high[last]!, bars.low[last]!, bars.close[last]!))
    return { ...NO_RATING }
  const engine = runSeries(bars, formula.cci === 'close')
  const tally = sharedTally(engine.memory.capacity)
  const row = engine.end - 1
  tallyVotes(tally, engine, formula, row, row + 1)
  return ratingAt(tally, row)
}

/** What a row that is no bar is rated. */
export const NO_RATING: Readonly<Rating> = {
  all: Number.NaN,
  ma: Number.NaN,
  other: Number.NaN,
  maCount: 0,
  otherCount: 0,
}

/**
 * Reads one row of a tally.
 *
 * @param tally of counted votes
 * @param row of the engine's columns
 */
export function ratingAt(tally: Tally, row: number): Rating {
  return {
    all: tally.all[row]!,
    ma: tally.ma[row]!,
    other: tally.other[row]!,
    maCount: tally.maCount[row]!,
    otherCount: tally.otherCount[row]!,
  }
}
