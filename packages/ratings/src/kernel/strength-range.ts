import { greater } from './extremes.ts'
import { addColumn, type Memory } from './memory.ts'
import { advanceSmoothing } from './price-ranges.ts'

/** RSI, or −RSI, and its highest values over 2 to 14 bars. */
type StrengthExtremes = Record<'source' | 'of2' | 'of4' | 'of8' | 'of14', Float64Array>

/** The stochastic of RSI and the extremes it is made of. */
export interface StrengthRange {
  highs: StrengthExtremes
  negatedLows: StrengthExtremes
  lines: Record<'raw' | 'k' | 'd', Float64Array>
}

/**
 * Adds the columns of the stochastic of RSI.
 *
 * @param memory to add them to
 */
export function createStrengthRange(memory: Memory): StrengthRange {
  return {
    highs: createStrengthExtremes(memory),
    negatedLows: createStrengthExtremes(memory),
    lines: { raw: addColumn(memory, 2), k: addColumn(memory, 2), d: addColumn(memory, 1) },
  }
}

function createStrengthExtremes(memory: Memory): StrengthExtremes {
  return {
    source: addColumn(memory, 1),
    of2: addColumn(memory, 2),
    of4: addColumn(memory, 4),
    of8: addColumn(memory, 6),
    of14: addColumn(memory, 0),
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
  advanceStrengthExtremes(highs, from, to)
  advanceStrengthExtremes(negatedLows, from, to)
  const { source, of14: top } = highs
  const { of14: bottom } = negatedLows
  const { raw } = lines
  for (let t = from; t < to; t++) {
    const negatedBottom = bottom[t]!
    const range14 = top[t]! + negatedBottom
    raw[t] = range14 > RSI_RANGE ? 100 * ((source[t]! + negatedBottom) / range14) : Number.NaN
  }
  advanceSmoothing(lines, from, to)
}

function advanceStrengthExtremes(extremes: StrengthExtremes, from: number, to: number): void {
  const { source, of2, of4, of8, of14 } = extremes
  for (let t = from; t < to; t++) {
    // RSI is 100 − y: a multiple of 2⁻⁴⁷ from 36 to 64 and of 2⁻⁴⁶ elsewhere, so the difference of any two fits 53 bits.
    const two = greater(source[t]!, source[t - 1]!)
    of2[t] = two
    const four = greater(two, of2[t - 2]!)
    of4[t] = four
    const eight = greater(four, of4[t - 4]!)
    of8[t] = eight
    of14[t] = greater(eight, of8[t - 6]!)
  }
}
