import { windowSum } from '../window.ts'

// A path this short is no movement.
const NO_PATH = 1e-12

/**
 * Computes the efficiency ratio of returns: distance over path.
 *
 * @param returns simple returns, oldest first
 * @param length window in bars
 * @returns abs(Σr) / Σabs(r) from 0 to 1, 0 without movement; `NaN` until the window is full and while it holds a `NaN`
 * @see Perry J. Kaufman, Trading Systems and Methods (1995)
 */
export function efficiencyRatio(returns: Float64Array, length: number): Float64Array {
  const path = windowSum(
    returns.map((value) => Math.abs(value)),
    length,
  )
  return windowSum(returns, length).map((distance, t) =>
    path[t]! <= NO_PATH ? 0 : Math.abs(distance) / path[t]!,
  )
}
