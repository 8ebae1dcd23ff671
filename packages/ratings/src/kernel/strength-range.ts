import { advanceShortExtremes, createExtremes, type Extremes } from './extremes.ts'
import { addColumn, type Memory } from './memory.ts'
import { advanceSmoothing } from './price-ranges.ts'

/** The stochastic of RSI and the extremes it is made of. */
export interface StrengthRange {
  highs: Extremes
  negatedLows: Extremes
  lines: Record<'raw' | 'k' | 'd', Float64Array>
}

/**
 * Adds the columns of the stochastic of RSI.
 *
 * @param memory to add them to
 */
export function createStrengthRange(memory: Memory): StrengthRange {
  return {
    highs: createExtremes(memory),
    negatedLows: createExtremes(memory),
    lines: { raw: addColumn(memory, 2), k: addColumn(memory, 2), d: addColumn(memory, 1) },
  }
}

// A range of RSI below this is rounding noise.
const RSI_RANGE = 1e-10

/**
 * Computes the stochastic of RSI, 14/14/3/3.
 *
 * @param range columns; RSI and −RSI in the sources
 * @param from first row
 * @param to row after the last
 */
export function advanceStrengthRange(range: StrengthRange, from: number, to: number): void {
  const { highs, negatedLows, lines } = range
  const { source, of14: top } = highs
  const { of14: bottom } = negatedLows
  const { raw } = lines
  // 100 − x is a multiple of 2⁻⁴⁷ below 64 and of 2⁻⁴⁶ above, and so is x: any difference of two RSI values is exact.
  advanceShortExtremes(highs, true, from, to)
  advanceShortExtremes(negatedLows, true, from, to)
  for (let t = from; t < to; t++) {
    const range14 = top[t]! + bottom[t]!
    raw[t] = range14 > RSI_RANGE ? 100 * ((source[t]! + bottom[t]!) / range14) : Number.NaN
  }
  advanceSmoothing(lines, from, to)
}
