// Sliding windows by doubling: a sum over 10 is two sums over 5, one over 5 is one value and a sum over 4, and so on. A value is a function of its window alone, so a bad print or a NaN is gone without residue once it has left the window,
// which a running sum, compensated or not, cannot promise.

/**
 * Checks an indicator's length.
 *
 * @param length look-back in bars
 * @param name argument name for the message
 * @throws {RangeError} when it is not a positive integer
 */
export function checkLength(length: number, name = 'length'): void {
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(`${name} must be a positive integer, was ${length}`)
  }
}

/**
 * Checks that two columns are equally long.
 *
 * @param column values, oldest first
 * @param name argument name for the message
 * @param source the column it belongs to
 * @throws {RangeError} when the lengths differ
 */
export function checkSameLength(column: Float64Array, name: string, source: Float64Array): void {
  if (column.length !== source.length) {
    throw new RangeError(
      `${name} must have ${source.length} rows like source, had ${column.length}`,
    )
  }
}

/**
 * Adds up the last `length` values.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns sums, `NaN` until the window is full and while it holds a `NaN`
 */
export function windowSum(source: Float64Array, length: number): Float64Array {
  const rows = source.length
  const sum = source.slice()
  let size = 1
  for (let bit = 2 ** Math.floor(Math.log2(length)) / 2; bit >= 1; bit /= 2) {
    for (let t = rows - 1; t >= size; t--) sum[t] = sum[t]! + sum[t - size]!
    size *= 2
    if ((length & bit) === 0) continue
    for (let t = rows - 1; t >= 1; t--) sum[t] = source[t]! + sum[t - 1]!
    size++
  }
  return sum.fill(Number.NaN, 0, Math.min(length - 1, rows))
}

/**
 * Finds the highest of the last `length` values.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns maxima, `NaN` until the window is full and while it holds a `NaN`
 */
export function highest(source: Float64Array, length: number): Float64Array {
  const rows = source.length
  const block = source.slice()
  let size = 1
  // Math.max keeps a NaN, and windows may overlap: the highest of 14 is the higher of two eights.
  while (size < length && size < rows) {
    const step = Math.min(size, length - size)
    for (let t = rows - 1; t >= step; t--) block[t] = Math.max(block[t]!, block[t - step]!)
    size += step
  }
  return block.fill(Number.NaN, 0, Math.min(length - 1, rows))
}

/**
 * Finds the lowest of the last `length` values.
 *
 * @param source values, oldest first
 * @param length window in bars
 * @returns minima, `NaN` until the window is full and while it holds a `NaN`
 */
export function lowest(source: Float64Array, length: number): Float64Array {
  const rows = source.length
  const block = source.slice()
  let size = 1
  while (size < length && size < rows) {
    const step = Math.min(size, length - size)
    for (let t = rows - 1; t >= step; t--) block[t] = Math.min(block[t]!, block[t - step]!)
    size += step
  }
  return block.fill(Number.NaN, 0, Math.min(length - 1, rows))
}
