import { checkPriceBars, gather, presentRows, scatter, type PriceBars } from '../bars.ts'
import { checkLength, highest, lowest } from '../window.ts'

/** The lines of the Ichimoku chart, none displaced: each stands at the bar it is computed at. */
export interface Ichimoku {
  /** Conversion line, tenkan. */
  conversion: Float64Array
  /** Base line, kijun. */
  base: Float64Array
  /** Leading span A. */
  leadA: Float64Array
  /** Leading span B. */
  leadB: Float64Array
}

/**
 * Computes the Ichimoku lines: the middle of the range over three windows, and the mean of the first two.
 *
 * @param bars price columns, oldest first
 * @param conversionLength window of the conversion line, in bars
 * @param baseLength window of the base line, in bars
 * @param leadLength window of leading span B, in bars
 * @returns lines `NaN` until bars 8, 25, 25 and 51 (9/26/52). The scanner's `Ichimoku.Lead1` and `Lead2` are the leads of 25
 *   bars ago
 * @throws {RangeError} when a length is not a positive integer or the columns differ in length
 */
export function ichimoku(
  bars: PriceBars,
  conversionLength = 9,
  baseLength = 26,
  leadLength = 52,
): Ichimoku {
  checkPriceBars(bars)
  checkLength(conversionLength, 'conversionLength')
  checkLength(baseLength, 'baseLength')
  checkLength(leadLength, 'leadLength')
  const rows = presentRows(bars)
  const high = gather(bars.high, rows)
  const low = gather(bars.low, rows)
  const middle = (length: number): Float64Array => {
    const bottom = lowest(low, length)
    return highest(high, length).map((top, t) => (top + bottom[t]!) / 2)
  }
  const conversion = middle(conversionLength)
  const base = middle(baseLength)
  const leadA = conversion.map((value, t) => (value + base[t]!) / 2)
  const place = (line: Float64Array): Float64Array => scatter(line, rows, bars.close.length)
  return {
    conversion: place(conversion),
    base: place(base),
    leadA: place(leadA),
    leadB: place(middle(leadLength)),
  }
}
