/**
 * Computes simple returns, x / x[1] − 1.
 *
 * @param source prices, oldest first
 * @returns returns as fractions; `NaN` at bar 0 and after a price of 0
 */
export function simpleReturns(source: Float64Array): Float64Array {
  return source.map((value, t) => {
    const change = t === 0 ? Number.NaN : value / source[t - 1]! - 1
    return Number.isFinite(change) ? change : Number.NaN
  })
}
