import { checkBars, isPresent, type Bars } from './bars.ts'
import { barClose, barOpen, type Timeframe } from './timeframe.ts'

/** How to treat the last bucket. */
export interface ResampleOptions {
  /** Whether to keep the last bucket when the bars have not reached its end; left out by default. */
  unfinished?: boolean
  /**
   * Moment up to which the bars are complete, Unix seconds, UTC. By default the end of the last bar, as long as the shortest
   * step between two bars. Pass the clock where a market closes before the bucket does: a week of stocks is over on Friday
   * evening, but its bucket ends on Monday.
   */
  until?: number
}

/**
 * Makes bars of a longer timeframe: first open, highest high, lowest low, last close, sum of volume, stamped at the open of
 * their UTC bucket.
 *
 * @param bars columns, oldest first, of a shorter timeframe; rows that are no bar are left out
 * @param timeframe to make: weeks begin on Monday, months are calendar months
 * @param options how to treat the last bucket
 * @returns new bars; buckets without a bar do not appear. A volume that is not available makes that of its bucket `NaN`
 * @throws {RangeError} when the bars are not ascending columns of one length or there is no such timeframe
 */
export function resample(bars: Bars, timeframe: Timeframe, options: ResampleOptions = {}): Bars {
  checkBars(bars)
  const rows = bars.timestamp.length
  const result: Bars = {
    timestamp: new Float64Array(rows),
    open: new Float64Array(rows),
    high: new Float64Array(rows),
    low: new Float64Array(rows),
    close: new Float64Array(rows),
    volume: new Float64Array(rows),
  }
  let bucket = -1
  // Also the check of the timeframe, before the first row.
  let end = barClose(0, timeframe) - Infinity
  for (let row = 0; row < rows; row++) {
    const high = bars.high[row]!
    const low = bars.low[row]!
    const close = bars.close[row]!
    if (!isPresent(high, low, close)) continue
    const timestamp = bars.timestamp[row]!
    if (timestamp >= end) {
      bucket++
      end = barClose(timestamp, timeframe)
      result.timestamp[bucket] = barOpen(timestamp, timeframe)
      result.open[bucket] = bars.open[row]!
      result.high[bucket] = high
      result.low[bucket] = low
      result.volume[bucket] = 0
    }
    if (high > result.high[bucket]!) result.high[bucket] = high
    if (low < result.low[bucket]!) result.low[bucket] = low
    result.close[bucket] = close
    result.volume[bucket]! += bars.volume[row]!
  }
  const until = options.until ?? endOfBars(bars.timestamp)
  const count = bucket >= 0 && end > until && options.unfinished !== true ? bucket : bucket + 1
  return {
    timestamp: result.timestamp.slice(0, count),
    open: result.open.slice(0, count),
    high: result.high.slice(0, count),
    low: result.low.slice(0, count),
    close: result.close.slice(0, count),
    volume: result.volume.slice(0, count),
  }
}

/** Close of the last bar, taking the shortest step between two bars for their length; one bar alone has no known length. */
function endOfBars(timestamp: Float64Array): number {
  let step = Infinity
  for (let row = 1; row < timestamp.length; row++) {
    step = Math.min(step, timestamp[row]! - timestamp[row - 1]!)
  }
  return (timestamp.at(-1) ?? 0) + (step === Infinity ? 0 : step)
}
