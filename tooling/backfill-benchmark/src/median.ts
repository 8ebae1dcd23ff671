/** The middle of some figures; of an even number the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The range of some figures, for a reader who wants to know how noisy the machine was. */
export function spread(figures: readonly number[]): string {
  return `${Math.min(...figures).toFixed(0)} to ${Math.max(...figures).toFixed(0)}`
}
