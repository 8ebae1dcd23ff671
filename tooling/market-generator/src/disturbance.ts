import type { Random } from './random.ts'

/** A planted event that damages a series; the other events describe the market or the listing. */
export type Disturbance = 'gap' | 'halt' | 'split' | 'missing-bars' | 'missing-volume'

/** A disturbance of the trading days `first` to `last`, both included. */
export interface PlannedDisturbance {
  readonly kind: Disturbance
  readonly first: number
  readonly last: number
}

const KINDS: readonly { kind: Disturbance; shortest: number; longest: number }[] = [
  { kind: 'gap', shortest: 1, longest: 1 },
  { kind: 'halt', shortest: 4, longest: 10 },
  { kind: 'split', shortest: 1, longest: 1 },
  { kind: 'missing-bars', shortest: 2, longest: 6 },
  { kind: 'missing-volume', shortest: 3, longest: 15 },
]

/** All kinds of disturbance. */
export const DISTURBANCES: readonly Disturbance[] = KINDS.map(({ kind }) => kind)

// Undisturbed days before, between and after disturbances, so that each can be told apart.
const QUIET_DAYS = 5
const LONGEST_SPACING = 600

/**
 * Draws where a symbol's disturbances lie. More days only add to the plan, and leaving a kind out moves no other.
 *
 * @param random stream of this plan alone
 * @param days number of trading days of the symbol
 * @param allowed kinds to keep
 * @returns disturbances in order, never touching each other, the last one cut at the last day
 */
export function planDisturbances(
  random: Random,
  days: number,
  allowed: ReadonlySet<Disturbance>,
): PlannedDisturbance[] {
  const plan: PlannedDisturbance[] = []
  for (let day = 0; ;) {
    const first = day + random.integer(QUIET_DAYS, LONGEST_SPACING)
    if (first >= days) return plan
    const { kind, shortest, longest } = KINDS[random.integer(0, KINDS.length - 1)]!
    const last = first + random.integer(shortest, longest) - 1
    if (allowed.has(kind)) plan.push({ kind, first, last: Math.min(last, days - 1) })
    day = last + 1
  }
}
