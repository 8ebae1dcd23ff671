import type { Random } from './random.ts'

/** What a scanner could have said about a symbol's last bar. */
export interface VendorRating {
  /** Unix seconds, within the quarter of an hour after the last day's close. */
  readonly retrievedAt: number
  /** `Recommend.All`, from -1 to 1. */
  readonly all: number
  /** `Recommend.MA`; absent where the vendor gave the total alone. */
  readonly movingAverages?: number
  /** `Recommend.Other`; absent where the vendor gave the total alone. */
  readonly oscillators?: number
}

/**
 * Invents a vendor's rating: votes of 15 averages and 11 oscillators, so the values lie on the lattice of real ones.
 *
 * @param random stream of this rating alone
 * @param close Unix seconds of the last day's close
 * @returns a full rating for half of the symbols, the total alone for a tenth, `undefined` for the rest
 */
export function inventVendorRating(random: Random, close: number): VendorRating | undefined {
  const kind = random.uniform()
  if (kind > 0.6) return undefined
  const retrievedAt = close + random.integer(30, 900)
  const movingAverages = random.integer(-15, 15) / 15
  const oscillators = random.integer(-6, 6) / 11
  const all = (movingAverages + oscillators) / 2
  return kind > 0.5 ? { retrievedAt, all } : { retrievedAt, all, movingAverages, oscillators }
}
