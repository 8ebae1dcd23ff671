import type { PickRule } from '../src/index.ts'

/** A row of one key; null where there is no value. */
export interface Candidate {
  readonly timestamp: number | null
  readonly known_at: number | null
  readonly run_id?: string | null
}

/**
 * The rule, word for word: filter, then the largest by (timestamp, known_at, run, place in the log).
 *
 * @returns position of the answer, or -1
 */
export function answerOf(rows: readonly Candidate[], t: number | null, rule: PickRule): number {
  const known = rule.knownAt ?? t
  const candidates = rows
    .map((row, position) => ({ ...row, position }))
    .filter(({ timestamp, known_at }) => {
      if (t === null || timestamp === null || known === null) return false
      if (rule.strict ? timestamp >= t - rule.embargo : timestamp > t - rule.embargo) return false
      if (rule.ttl !== undefined && timestamp < t - rule.ttl) return false
      return rule.hindsight || (known_at !== null && known_at <= known)
    })
  candidates.sort(
    (a, b) =>
      a.timestamp! - b.timestamp! ||
      compare(a.known_at ?? -Infinity, b.known_at ?? -Infinity) ||
      compare(a.run_id ?? '', b.run_id ?? '') ||
      a.position - b.position,
  )
  return candidates.at(-1)?.position ?? -1
}

function compare<Value extends string | number>(a: Value, b: Value): number {
  return a === b ? 0 : a < b ? -1 : 1
}
