import type { Bars } from '@fs/ratings'

/**
 * Makes bars of a random market: two-decimal prices, about 1.5 % a day, no drift. The same seed gives the same bars.
 *
 * @param seed of the random numbers
 * @param rows number of daily bars
 */
export function makeMarket(seed: number, rows: number): Bars {
  let state = seed >>> 0
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const cents = (price: number): number => Math.max(Math.round(price * 100) / 100, 0.01)
  const column = (): Float64Array => new Float64Array(rows)
  const bars: Bars = {
    timestamp: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  }
  let price = cents(50 + 100 * random())
  for (let t = 0; t < rows; t++) {
    const open = price
    price = cents(price * Math.exp((random() + random() + random() - 1.5) * 0.03))
    bars.timestamp[t] = 86_400 * (t + 1)
    bars.open[t] = open
    bars.high[t] = cents(Math.max(open, price) * (1 + 0.01 * random()))
    bars.low[t] = cents(Math.min(open, price) * (1 - 0.01 * random()))
    bars.close[t] = price
    bars.volume[t] = Math.floor(1e6 * random()) + 1
  }
  return bars
}
