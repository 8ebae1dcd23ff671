/**
 * Finds the longest strictly ascending subsequence: what remains when the fewest values that break the order are taken
 * out. Of several it is the one that keeps earlier positions.
 *
 * @param values finite numbers
 * @returns positions of the values that remain, ascending
 */
export function longestAscending(values: readonly number[]): number[] {
  // From the right: the longest run that can start at each position, by the best head for every length so far.
  const lengths = new Int32Array(values.length)
  const heads: number[] = []
  for (let at = values.length - 1; at >= 0; at -= 1) {
    // `heads` descends; a run can be put before the last head that is greater than this value.
    let low = 0
    let high = heads.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (heads[middle]! > values[at]!) low = middle + 1
      else high = middle
    }
    heads[low] = values[at]!
    lengths[at] = low + 1
  }
  const kept: number[] = []
  let needed = heads.length
  let last = Number.NEGATIVE_INFINITY
  for (let at = 0; at < values.length && needed > 0; at += 1) {
    if (lengths[at] === needed && values[at]! > last) {
      kept.push(at)
      last = values[at]!
      needed -= 1
    }
  }
  return kept
}
