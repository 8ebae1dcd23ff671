import {
  advanceLongExtremes,
  advanceShortExtremes,
  createExtremes,
  type Extremes,
} from './extremes.ts'
import { addColumn, HISTORY, type Memory } from './memory.ts'

/** The Ichimoku lines, Williams %R and the stochastic. */
type RangeLines = Record<
  'conversion' | 'base' | 'leadA' | 'leadB' | 'williamsR' | 'raw' | 'k' | 'd',
  Float64Array
>

/** Highest highs, lowest lows (negated) and the lines made of them. */
export interface PriceRanges {
  highs: Extremes
  negatedLows: Extremes
  lines: RangeLines
}

/**
 * Adds the columns of the price ranges.
 *
 * @param memory to add them to
 */
export function createPriceRanges(memory: Memory): PriceRanges {
  return {
    highs: createExtremes(memory),
    negatedLows: createExtremes(memory),
    lines: {
      conversion: addColumn(memory, 0),
      base: addColumn(memory, 0),
      leadA: addColumn(memory, 26),
      leadB: addColumn(memory, 26),
      williamsR: addColumn(memory, 1),
      raw: addColumn(memory, 2),
      k: addColumn(memory, 2),
      d: addColumn(memory, 1),
    },
  }
}

// Rows that are judged together for the faster of two ways to the same extremes.
const CHUNK = 64

/**
 * Computes the Ichimoku lines, Williams %R and the stochastic of 14/3/3.
 *
 * @param ranges columns
 * @param close prices
 * @param from first row
 * @param to row after the last
 * @param bar number of the bar in row `from`, counted from 0
 */
export function advancePriceRanges(
  ranges: PriceRanges,
  close: Float64Array,
  from: number,
  to: number,
  bar: number,
): void {
  const { highs, negatedLows, lines } = ranges
  // Until rows have been moved to the front, every bar so far stands behind HISTORY.
  const complete = from - bar === HISTORY
  for (let start = from; start < to; start += CHUNK) {
    const end = Math.min(start + CHUNK, to)
    const exact = isNarrow(highs, negatedLows, complete, start, end)
    advanceShortExtremes(highs, exact, start, end)
    advanceShortExtremes(negatedLows, exact, start, end)
    advanceLongExtremes(highs, exact, start, end)
    advanceLongExtremes(negatedLows, exact, start, end)
  }
  advanceLines(highs, negatedLows, lines, close, from, to)
  advanceSmoothing(lines, from, to)
}

/**
 * Says whether no price of some rows and of the 52 bars before them is more than twice another: then the difference of any two
 * is exact (Sterbenz). Where that cannot be told the answer is no.
 */
function isNarrow(
  highs: Extremes,
  negatedLows: Extremes,
  complete: boolean,
  start: number,
  end: number,
): boolean {
  const { source: tops } = highs
  const { source: negatedBottoms } = negatedLows
  let top = highs.of52[start - 1]!
  let negatedBottom = negatedLows.of52[start - 1]!
  let first = start
  // With fewer than 52 bars before there are no extremes of them yet: look at the bars themselves, if they are all there.
  if (top !== top && complete) {
    top = negatedBottom = -Infinity
    first = HISTORY
  }
  for (let t = first; t < end; t++) {
    if (tops[t]! > top) top = tops[t]!
    if (negatedBottoms[t]! > negatedBottom) negatedBottom = negatedBottoms[t]!
  }
  return negatedBottom < 0 && top <= -2 * negatedBottom
}

function advanceLines(
  highs: Extremes,
  negatedLows: Extremes,
  lines: RangeLines,
  close: Float64Array,
  from: number,
  to: number,
): void {
  const { conversion, base, leadA, leadB, williamsR, raw } = lines
  const { of9: top9, of14: top14, of26: top26, of52: top52 } = highs
  const { of9: bottom9, of14: bottom14, of26: bottom26, of52: bottom52 } = negatedLows
  // Two loops: one would need more arrays at a time than the processor has registers. And `* 0.5`, because a division by two
  // is not turned into it.
  for (let t = from; t < to; t++) {
    const conversionLine = (top9[t]! - bottom9[t]!) * 0.5
    const baseLine = (top26[t]! - bottom26[t]!) * 0.5
    conversion[t] = conversionLine
    base[t] = baseLine
    leadA[t] = (conversionLine + baseLine) * 0.5
    leadB[t] = (top52[t]! - bottom52[t]!) * 0.5
  }
  for (let t = from; t < to; t++) {
    const price = close[t]!
    const top = top14[t]!
    const negatedBottom = bottom14[t]!
    const range = top + negatedBottom
    if (range === 0) {
      williamsR[t] = raw[t] = Number.NaN
      continue
    }
    williamsR[t] = 100 * ((price - top) / range)
    raw[t] = 100 * ((price + negatedBottom) / range)
  }
}

/**
 * Computes K, the mean of three raw values, and D, the mean of three K.
 *
 * @param lines of a stochastic
 * @param from first row
 * @param to row after the last
 */
export function advanceSmoothing(
  lines: Record<'raw' | 'k' | 'd', Float64Array>,
  from: number,
  to: number,
): void {
  const { raw, k, d } = lines
  for (let t = from; t < to; t++) {
    const mean = meanOfThree(raw[t]!, raw[t - 1]!, raw[t - 2]!)
    k[t] = mean
    d[t] = meanOfThree(mean, k[t - 1]!, k[t - 2]!)
  }
}

function meanOfThree(a: number, b: number, c: number): number {
  return a === b && b === c ? a : (a + (b + c)) * (1 / 3)
}
