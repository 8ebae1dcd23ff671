const ORDER = 5
const PATTERNS = 120

/**
 * Computes the permutation entropy of order 5 and delay 1 over a window: how evenly the 120 possible orders of five
 * neighbouring values occur.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns entropy over its maximum, from 0 (one pattern) to 1 (noise); 1 also until the window is full and while it holds a
 *   `NaN`. Equal values count as ascending
 * @see Christoph Bandt and Bernd Pompe, Permutation Entropy (2002)
 */
export function permutationEntropy(source: Float64Array, length: number): Float64Array {
  const entropy = new Float64Array(source.length).fill(1)
  const patterns = new Int16Array(source.length)
  const counts = new Int32Array(PATTERNS)
  const inWindow = length - ORDER + 1
  // One logarithm a possible count, not one a pattern and bar.
  const terms = Float64Array.from({ length: inWindow + 1 }, (_, count) =>
    count === 0 ? 0 : -(count / inWindow) * Math.log(count / inWindow),
  )
  let known = 0
  let gaps = 0
  for (let t = 0; t < source.length; t++) {
    patterns[t] = patternAt(source, t)
    if (patterns[t]! < 0) gaps++
    else counts[patterns[t]!]!++
    if (t >= inWindow) {
      const left = patterns[t - inWindow]!
      if (left < 0) gaps--
      else counts[left]!--
    } else known++
    if (known < inWindow || gaps > 0) continue
    let sum = 0
    for (let pattern = 0; pattern < PATTERNS; pattern++) {
      sum += terms[counts[pattern]!]!
    }
    entropy[t] = Math.min(Math.max(sum / Math.log(PATTERNS), 0), 1)
  }
  return entropy
}

/** Numbers the order of the five values up to `t` from 0 to 119; -1 where one is missing. */
function patternAt(source: Float64Array, t: number): number {
  if (t < ORDER - 1) return -1
  let pattern = 0
  for (let i = 0; i < ORDER; i++) {
    const value = source[t - ORDER + 1 + i]!
    if (Number.isNaN(value)) return -1
    // Lehmer code: how many later values are smaller.
    let smaller = 0
    for (let j = i + 1; j < ORDER; j++) if (source[t - ORDER + 1 + j]! < value) smaller++
    pattern = pattern * (ORDER - i) + smaller
  }
  return pattern
}
