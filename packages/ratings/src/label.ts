/** The five words TradingView shows for a rating, and `-` where there is none. */
export type RatingLabel = 'Strong Buy' | 'Buy' | 'Neutral' | 'Sell' | 'Strong Sell' | '-'

// A rating can equal a boundary exactly and miss it by an ulp; any other rating is at least 6e-7 away.
const SLACK = 1e-9

/**
 * Names a rating.
 *
 * @param rating value from -1 to 1; `NaN` means there is no rating
 * @returns the label; a rating on a boundary (±0.1, ±0.5) gets the milder one
 */
export function label(rating: number): RatingLabel {
  if (Number.isNaN(rating)) return '-'
  if (rating - 0.5 > SLACK) return 'Strong Buy'
  if (rating - 0.1 > SLACK) return 'Buy'
  if (-0.5 - rating > SLACK) return 'Strong Sell'
  if (-0.1 - rating > SLACK) return 'Sell'
  return 'Neutral'
}
