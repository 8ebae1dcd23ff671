/**
 * How a symbol came out.
 *
 * - `ok`: a row with at least one value of each timeframe
 * - `missing`: the scanner answered, and the symbol was not in it
 * - `empty`: a row without a value, such as a pair too young to rate
 * - `failed:REASON`: no usable answer; the reason of the last attempt, such as `failed:rate_limited`
 */
export type Outcome = 'ok' | 'missing' | 'empty' | `failed:${string}`

/**
 * Takes the reason out of a failed outcome.
 *
 * @param outcome of a symbol
 * @returns its reason, `undefined` when the symbol was answered
 */
export function reasonOf(outcome: Outcome): string | undefined {
  return outcome.startsWith('failed:') ? outcome.slice('failed:'.length) : undefined
}

const RANKS = { ok: 0, empty: 1, missing: 2 } as const

/**
 * Picks the worst of a symbol's outcomes.
 *
 * @param outcomes one a timeframe, not empty
 * @returns the first failed one, else `missing`, `empty`, `ok`
 */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  const rank = (outcome: Outcome): number =>
    Object.hasOwn(RANKS, outcome) ? RANKS[outcome as keyof typeof RANKS] : 3
  return outcomes.reduce((worst, outcome) => (rank(outcome) > rank(worst) ? outcome : worst))
}

/**
 * Compares texts by their code units, so that an order is the same on every machine.
 *
 * @param left a text
 * @param right another
 */
export function byCodeUnit(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
