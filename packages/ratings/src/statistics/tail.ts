const SHARE = 0.05

/**
 * Computes the conditional value at risk: the mean of the returns at or below their 5 % quantile.
 *
 * @param returns simple returns, oldest first
 * @param length window in bars
 * @returns mean loss as a (negative) return; `NaN` until the window is full and while it holds a `NaN`. The quantile is
 *   interpolated linearly
 */
export function conditionalValueAtRisk(returns: Float64Array, length: number): Float64Array {
  const tail = new Float64Array(returns.length).fill(Number.NaN)
  const position = SHARE * (length - 1)
  const below = Math.floor(position)
  const smallest = new Float64Array(Math.min(below + 2, length))
  let present = 0
  for (let t = 0; t < returns.length; t++) {
    present = Number.isNaN(returns[t]) ? 0 : present + 1
    if (present < length) continue
    smallest.fill(Infinity)
    for (let k = 0; k < length; k++) keepSmallest(smallest, returns[t - k]!)
    const low = smallest[below]!
    const quantile = low + (smallest.at(-1)! - low) * (position - below)
    let sum = 0
    let count = 0
    for (let k = 0; k < length; k++) {
      const value = returns[t - k]!
      if (value > quantile) continue
      sum += value
      count++
    }
    tail[t] = sum / count
  }
  return tail
}

/** Inserts a value into an ascending list of fixed length, or leaves it when the value is larger than all. */
function keepSmallest(ascending: Float64Array, value: number): void {
  let place = ascending.length - 1
  if (value >= ascending[place]!) return
  while (place > 0 && ascending[place - 1]! > value) {
    ascending[place] = ascending[place - 1]!
    place--
  }
  ascending[place] = value
}
