/** The rows of one key, ascending by time, then `known_at` (no value first), then their order in the table's log. */
export interface KeyRows {
  /** What each row describes, Unix seconds; `NaN` is no time, and such a row never answers. */
  readonly times: Float64Array
  /** Since when each row could be known, Unix seconds; `NaN` where nobody noted it. */
  readonly knownAt: Float64Array
  /** First row of the key. */
  readonly start: number
  /** Row behind its last one. */
  readonly end: number
  /** Rows marked 1 are none of the read's business, such as those of another source. */
  readonly excluded?: Uint8Array | undefined
  /** Where runs tell rows apart: of two rows with the same two clocks the one of the greater run answers. */
  readonly runIds?: readonly (string | null)[] | undefined
}

/** Which rows may answer a question asked as of a time `t`; all bounds are inclusive unless `strict`. */
export interface PickRule {
  /** Oldest age of an answer in seconds, measured from `t`; absent: any. */
  readonly ttl?: number | undefined
  /** Seconds before `t` at which knowledge ends. */
  readonly embargo: number
  /** Leaves out rows whose time is exactly `t - embargo`. Times are whole seconds. */
  readonly strict: boolean
  /** Only what was known by then, Unix seconds; absent: by `t` itself. */
  readonly knownAt?: number | undefined
  /** Reads with today's knowledge: `known_at` does not matter. */
  readonly hindsight: boolean
}

/** The rows of one key, prepared to answer questions in any order of time. */
export interface KeyAnswers {
  readonly rows: KeyRows
  /** From which `t` on each row of the key is a candidate, by position less `rows.start`; `NaN`: never. */
  readonly visibleSince: Float64Array
  /** Positions of the rows that ever are the answer, ascending by the `t` from which on they are. */
  readonly positions: Int32Array
  /** That `t`, ascending. */
  readonly since: Float64Array
  /** 1 where another row has the same two clocks, so that only the log's order decided. */
  readonly tied: Uint8Array
  readonly ttl: number | undefined
}

/**
 * Works out which rows of a key answer from which time on. Pure, and linear in the rows.
 *
 * A row becomes a candidate at one moment and stays one but for the ttl, which the largest candidate is the last to
 * fail. So the answer at `t` is the largest row that is visible by `t`, and a row hidden behind a larger one that
 * became visible no later is never an answer: what is left rises in both, and a merge finds every answer.
 */
export function prepareAnswers(rows: KeyRows, rule: PickRule): KeyAnswers {
  const { times, knownAt, start, end, runIds } = rows
  const visibleSince = whenVisible(rows, rule)
  // Collected from the largest row down.
  const positions: number[] = []
  const tied: number[] = []
  let earliest = Number.NaN
  let winner = -1
  let isAnswer = false
  for (let row = end - 1; row >= start; row--) {
    const since = visibleSince[row - start]!
    if (since !== since) continue
    if (winner >= 0 && times[row] === times[winner] && sameClock(knownAt[row]!, knownAt[winner]!)) {
      const later = runIds === undefined ? 0 : compareRuns(runIds[winner]!, runIds[row]!)
      if (later === 0 && isAnswer) tied[tied.length - 1] = 1
      // The loser must not be found behind the winner either.
      visibleSince[(later < 0 ? winner : row) - start] = Number.NaN
      if (later < 0) {
        winner = row
        if (isAnswer) {
          positions[positions.length - 1] = row
          tied[tied.length - 1] = 0
        }
      }
      continue
    }
    winner = row
    isAnswer = !(since >= earliest)
    if (!isAnswer) continue
    earliest = since
    positions.push(row)
    tied.push(0)
  }
  const ascending = Int32Array.from(positions).reverse()
  return {
    rows,
    visibleSince,
    positions: ascending,
    since: Float64Array.from(ascending, (row) => visibleSince[row - start]!),
    tied: Uint8Array.from(tied).reverse(),
    ttl: rule.ttl,
  }
}

function whenVisible(
  { times, knownAt, start, end, excluded }: KeyRows,
  rule: PickRule,
): Float64Array {
  const since = new Float64Array(end - start)
  const delay = rule.embargo + (rule.strict ? 1 : 0)
  for (let row = start; row < end; row++) {
    const known = knownAt[row]!
    let at = times[row]! + delay
    if (excluded?.[row] === 1) at = Number.NaN
    else if (!rule.hindsight) {
      if (rule.knownAt === undefined) at = known > at ? known : known === known ? at : Number.NaN
      else if (!(known <= rule.knownAt)) at = Number.NaN
    }
    since[row - start] = at
  }
  return since
}

function sameClock(a: number, b: number): boolean {
  return a === b || (a !== a && b !== b)
}

function compareRuns(a: string | null, b: string | null): number {
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1
}

/**
 * Answers questions about one key: for each `t` the position of its row, or -1. Ascending questions are answered by a
 * merge, others by bisection; the answers are the same.
 *
 * @param answers the prepared rows
 * @param asOf the times asked for, Unix seconds; `NaN` matches nothing
 * @param picks receives the positions
 * @returns the indices in `positions` of the answers that another row ties with, once for each question
 */
export function pickRows(
  answers: KeyAnswers,
  asOf: Float64Array,
  picks: Int32Array,
): readonly number[] {
  const { positions, since, tied, rows, ttl } = answers
  const { times } = rows
  const ties: number[] = []
  let previous = Number.NEGATIVE_INFINITY
  // How many answers are visible at `previous`.
  let visible = 0
  for (let i = 0; i < asOf.length; i++) {
    const t = asOf[i]!
    picks[i] = -1
    if (t !== t) continue
    if (t >= previous) while (visible < since.length && since[visible]! <= t) visible++
    else visible = countUpTo(since, t)
    previous = t
    if (visible === 0) continue
    const row = positions[visible - 1]!
    if (ttl !== undefined && times[row]! < t - ttl) continue
    picks[i] = row
    if (tied[visible - 1] === 1) ties.push(visible - 1)
  }
  return ties
}

function countUpTo(ascending: Float64Array, bound: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! <= bound) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Finds the row from which a missing value may be carried forward: the newest before the pick that has one, by what
 * each time's latest known row says. A value that was taken back does not come again.
 *
 * @param answers the prepared rows
 * @param pick position of the answer that lacks the value
 * @param t the time asked for
 * @param oldest no row older than this, Unix seconds
 * @param hasValue tells whether a row has it
 * @returns its position, or -1
 */
export function carryFrom(
  { rows, visibleSince, ttl }: KeyAnswers,
  pick: number,
  t: number,
  oldest: number,
  hasValue: (row: number) => boolean,
): number {
  const bound = ttl === undefined ? oldest : Math.max(oldest, t - ttl)
  let time = rows.times[pick]!
  for (let row = pick - 1; row >= rows.start; row--) {
    const own = rows.times[row]!
    if (own < bound) return -1
    if (own === time || !(visibleSince[row - rows.start]! <= t)) continue
    time = own
    if (hasValue(row)) return row
  }
  return -1
}
