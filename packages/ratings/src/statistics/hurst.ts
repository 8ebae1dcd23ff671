const SHORTEST_LAG = 8
// A deviation this small in proportion to the price is rounding noise.
const NO_DEVIATION = 1e-12

/**
 * Estimates the Hurst exponent over a window by rescaled range: the slope of ln(R/S) on ln(lag), for lags that are powers of
 * two from 8 to half the window.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns exponent clipped to 0 … 1, 0.5 where fewer than two lags have a range; `NaN` until the window is full and while it
 *   holds a `NaN`
 * @see Harold E. Hurst, Long-Term Storage Capacity of Reservoirs (1951)
 */
export function hurstExponent(source: Float64Array, length: number): Float64Array {
  const exponent = new Float64Array(source.length).fill(Number.NaN)
  let present = 0
  for (let t = 0; t < source.length; t++) {
    present = Number.isNaN(source[t]) ? 0 : present + 1
    if (present >= length) exponent[t] = slope(source, t - length + 1, length)
  }
  return exponent
}

function slope(source: Float64Array, start: number, length: number): number {
  let lags = 0
  let sumX = 0
  let sumY = 0
  let sumXX = 0
  let sumXY = 0
  for (let lag = SHORTEST_LAG; lag <= length / 2; lag *= 2) {
    const ratio = meanRescaledRange(source, start, length, lag)
    if (!(ratio > 0)) continue
    const x = Math.log(lag)
    const y = Math.log(ratio)
    lags++
    sumX += x
    sumY += y
    sumXX += x * x
    sumXY += x * y
  }
  if (lags < 2) return 0.5
  const value = (lags * sumXY - sumX * sumY) / (lags * sumXX - sumX * sumX)
  return Math.min(Math.max(value, 0), 1)
}

/** Averages R/S over the whole segments of a window; segments without a range are left out. */
function meanRescaledRange(
  source: Float64Array,
  start: number,
  length: number,
  lag: number,
): number {
  let sum = 0
  let segments = 0
  for (let from = start; from + lag <= start + length; from += lag) {
    let mean = 0
    for (let i = 0; i < lag; i++) mean += source[from + i]!
    mean /= lag
    let walk = 0
    let highest = -Infinity
    let lowest = Infinity
    let squares = 0
    for (let i = 0; i < lag; i++) {
      const apart = source[from + i]! - mean
      walk += apart
      squares += apart * apart
      if (walk > highest) highest = walk
      if (walk < lowest) lowest = walk
    }
    const deviation = Math.sqrt(squares / lag)
    if (!(deviation > NO_DEVIATION * Math.abs(mean)) || highest === lowest) continue
    sum += (highest - lowest) / deviation
    segments++
  }
  return sum / segments
}
