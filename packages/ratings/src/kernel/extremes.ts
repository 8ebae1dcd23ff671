import { addColumn, type Memory } from './memory.ts'

/** The highest values of a source over windows of 2 to 52 bars; of a negated source, the lowest ones negated. */
export type Extremes = Record<
  'source' | 'of2' | 'of4' | 'of9' | 'of14' | 'of26' | 'of52',
  Float64Array
>

/**
 * Adds a source and the columns of its extremes.
 *
 * @param memory to add them to
 */
export function createExtremes(memory: Memory): Extremes {
  return {
    source: addColumn(memory, 8),
    of2: addColumn(memory, 2),
    of4: addColumn(memory, 4),
    of9: addColumn(memory, 5),
    of14: addColumn(memory, 12),
    of26: addColumn(memory, 26),
    of52: addColumn(memory, 1),
  }
}

/**
 * Computes the highest of 9 and 14 bars. The highest of a window is the higher of two shorter windows: 2, 4 and 8 from two
 * halves, 9 from 8 and one more, 14 from two nines. A `NaN` in front of the first bar is kept, so windows warm up by
 * themselves.
 *
 * @param extremes columns
 * @param exact whether the difference of any two values in a window is exact; see `greater`
 * @param from first row
 * @param to row after the last
 */
export function advanceShortExtremes(
  extremes: Extremes,
  exact: boolean,
  from: number,
  to: number,
): void {
  const { source, of2, of4, of9, of14 } = extremes
  if (exact) {
    for (let t = from; t < to; t++) {
      const two = greater(source[t]!, source[t - 1]!)
      of2[t] = two
      const four = greater(two, of2[t - 2]!)
      of4[t] = four
      const nine = greater(greater(four, of4[t - 4]!), source[t - 8]!)
      of9[t] = nine
      of14[t] = greater(nine, of9[t - 5]!)
    }
    return
  }
  for (let t = from; t < to; t++) {
    const two = source[t]! > source[t - 1]! ? source[t]! : source[t - 1]!
    of2[t] = two
    const four = two > of2[t - 2]! ? two : of2[t - 2]!
    of4[t] = four
    const eight = four > of4[t - 4]! ? four : of4[t - 4]!
    const nine = eight > source[t - 8]! ? eight : source[t - 8]!
    of9[t] = nine
    of14[t] = nine > of9[t - 5]! ? nine : of9[t - 5]!
  }
}

/**
 * Computes the highest of 26 and 52 bars, each from two windows of half the length or a little more.
 *
 * @param extremes columns, those of 14 bars computed
 * @param exact whether the difference of any two values in a window is exact; see `greater`
 * @param from first row
 * @param to row after the last
 */
export function advanceLongExtremes(
  extremes: Extremes,
  exact: boolean,
  from: number,
  to: number,
): void {
  const { of14, of26, of52 } = extremes
  if (exact) {
    for (let t = from; t < to; t++) {
      const half = greater(of14[t]!, of14[t - 12]!)
      of26[t] = half
      of52[t] = greater(half, of26[t - 26]!)
    }
    return
  }
  for (let t = from; t < to; t++) {
    const half = of14[t]! > of14[t - 12]! ? of14[t]! : of14[t - 12]!
    of26[t] = half
    of52[t] = half > of26[t - 26]! ? half : of26[t - 26]!
  }
}

/**
 * The greater of two values whose difference is exact, to the last bit: b + max(a − b, 0). A comparison would be a branch that
 * the processor guesses wrong every other time; this is measured to be twice as fast.
 *
 * @param a value
 * @param b value, `NaN` to keep it
 */
export function greater(a: number, b: number): number {
  const difference = a - b
  return b + (difference + Math.abs(difference)) * 0.5
}
