import { checkPriceBars, gather, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength } from '../window.ts'
import { rma } from './rma.ts'

/** Wilder's directional movement, each line from 0 to 100. */
export interface DirectionalMovement {
  /** +DI, the share of the true range that moved up. */
  plus: Float64Array
  /** −DI, the share of the true range that moved down. */
  minus: Float64Array
  /** The average of how far the two are apart: strength of a trend in either direction. */
  adx: Float64Array
}

/**
 * Computes the directional indicators and the average directional index.
 *
 * @param bars price columns, oldest first
 * @param length of the averages behind +DI and −DI, in bars
 * @param adxLength of the average that makes ADX
 * @returns `plus` and `minus`, `NaN` until bar 14, and `adx`, until bar 27 (14/14); the first two also while no bar since the
 *   first had a range
 * @throws {RangeError} when a length is not a positive integer or the columns differ in length
 * @see J. Welles Wilder, New Concepts in Technical Trading Systems (1978)
 */
export function directionalMovement(
  bars: PriceBars,
  length = 14,
  adxLength = 14,
): DirectionalMovement {
  checkPriceBars(bars)
  checkLength(length)
  checkLength(adxLength, 'adxLength')
  const rows = presentRows(bars)
  const high = gather(bars.high, rows)
  const low = gather(bars.low, rows)
  const close = gather(bars.close, rows)
  const up = new Float64Array(close.length).fill(Number.NaN)
  const down = up.slice()
  const range = up.slice()
  for (let t = 1; t < close.length; t++) {
    const rise = high[t]! - high[t - 1]!
    const fall = low[t - 1]! - low[t]!
    up[t] = rise > fall && rise > 0 ? rise : 0
    down[t] = fall > rise && fall > 0 ? fall : 0
    range[t] = Math.max(high[t]!, close[t - 1]!) - Math.min(low[t]!, close[t - 1]!)
  }
  const averageRange = rma(range, length)
  const share = (moved: number, t: number): number =>
    averageRange[t] === 0 ? Number.NaN : 100 * (moved / averageRange[t]!)
  const plus = rma(up, length).map(share)
  const minus = rma(down, length).map(share)
  const apart = plus.map((value, t) => {
    const sum = value + minus[t]!
    return 100 * (Math.abs(value - minus[t]!) / (sum === 0 ? 1 : sum))
  })
  const rowCount = bars.close.length
  return {
    plus: scatter(plus, rows, rowCount),
    minus: scatter(minus, rows, rowCount),
    adx: scatter(rma(apart, adxLength), rows, rowCount),
  }
}
