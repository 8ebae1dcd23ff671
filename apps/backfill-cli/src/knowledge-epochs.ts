/** One symbol's bar rows as a table holds them: sorted by timestamp and `known_at`, corrections as further rows. */
export interface BarRows {
  readonly timestamp: Float64Array
  readonly knownAt: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
}

/** What was known of one symbol's bars during one epoch. */
export interface Epoch {
  /** Unix seconds; -Infinity for the original view. */
  readonly since: number
  /** Unix seconds, exclusive; Infinity for the view in force. */
  readonly until: number
  /** Rows of the input that make up the view, one a bar, ascending. */
  readonly rows: Int32Array
}

/**
 * Cuts the knowledge of one symbol into epochs. Within an epoch bars become known in their own order, so one pass over
 * its view gives, at each bar, exactly what could be computed when that bar became known. A new epoch begins whenever
 * something became known about an earlier bar: a correction, or a bar that arrived after a later one.
 *
 * @param bars rows with `known_at` at most `asOf`
 * @returns at least one epoch, oldest first; data without corrections has exactly one
 */
export function knowledgeEpochs(bars: BarRows): Epoch[] {
  const bounds = [-Infinity, ...epochStarts(bars), Infinity]
  return bounds.slice(0, -1).map((since, i) => {
    const until = bounds[i + 1]!
    return { since, until, rows: viewBefore(bars, until) }
  })
}

// When something became known about an earlier bar, ascending.
function epochStarts({ timestamp, knownAt }: BarRows): number[] {
  const starts = new Set<number>()
  // A row opens an epoch when a row of the same or a later bar was known before it.
  let earliestLater = Infinity
  for (let row = timestamp.length - 1; row >= 0; row--) {
    const known = knownAt[row]!
    if (known > earliestLater) starts.add(known)
    const isCorrection = row > 0 && timestamp[row - 1] === timestamp[row]
    if (isCorrection) starts.add(known)
    if (known < earliestLater) earliestLater = known
  }
  return [...starts].toSorted((a, b) => a - b)
}

// The last known row of every bar, counting only knowledge before `until`.
function viewBefore({ timestamp, knownAt }: BarRows, until: number): Int32Array {
  const rows: number[] = []
  for (let row = 0; row < timestamp.length; row++) {
    if (!(knownAt[row]! < until)) continue
    if (rows.length > 0 && timestamp[rows.at(-1)!] === timestamp[row]) rows.pop()
    rows.push(row)
  }
  return Int32Array.from(rows)
}

/** Feature values, each with the time since when it could be known. */
export interface KnownFeatures {
  readonly timestamp: Float64Array
  readonly knownAt: Float64Array
  readonly values: Readonly<Record<string, Float64Array>>
}

/**
 * Computes one symbol's features in every epoch of knowledge and keeps what each epoch changed: new bars, known when
 * their bar was known, and earlier bars whose values differ, known since the epoch began.
 *
 * @param bars rows sorted by timestamp and `known_at`
 * @param compute turns a view, one row a bar, into one value a bar and feature; must not look ahead
 * @returns rows ascending by timestamp and `knownAt`; those with `knownAt <= K`, the last of each bar, are what `compute`
 *   makes of the bars known at K
 */
export function featuresByEpoch(
  bars: BarRows,
  compute: (view: BarRows) => Readonly<Record<string, Float64Array>>,
): KnownFeatures {
  if (epochStarts(bars).length === 0) {
    // Nothing about an earlier bar came later, so `known_at` ascends with the bars.
    return { timestamp: bars.timestamp, knownAt: bars.knownAt, values: compute(bars) }
  }
  const timestamp: number[] = []
  const knownAt: number[] = []
  const columns: Record<string, number[]> = {}
  let names: readonly string[] = []
  let previousTimes: Float64Array = new Float64Array(0)
  let previousValues: Readonly<Record<string, Float64Array>> = {}

  for (const epoch of knowledgeEpochs(bars)) {
    if (epoch.rows.length === 0) continue
    const view = takeBars(bars, epoch.rows)
    const values = compute(view)
    const known = runningMaximum(view.knownAt)
    names = Object.keys(values)
    // Where a bar of this view stands in the one before; both ascend.
    let before = 0
    for (let i = 0; i < view.timestamp.length; i++) {
      const time = view.timestamp[i]!
      while (previousTimes[before]! < time) before += 1
      const wasKnown = previousTimes[before] === time
      if (wasKnown && sameValues(previousValues, before, values, i)) continue
      timestamp.push(time)
      knownAt.push(known[i]!)
      for (const name of names) (columns[name] ??= []).push(values[name]![i]!)
    }
    previousTimes = view.timestamp
    previousValues = values
  }
  const order = Array.from(timestamp, (_, row) => row).toSorted(
    (a, b) => timestamp[a]! - timestamp[b]! || knownAt[a]! - knownAt[b]!,
  )
  const sorted = (column: readonly number[]) => Float64Array.from(order, (row) => column[row]!)
  return {
    timestamp: sorted(timestamp),
    knownAt: sorted(knownAt),
    values: Object.fromEntries(names.map((name) => [name, sorted(columns[name]!)])),
  }
}

function sameValues(
  a: Readonly<Record<string, Float64Array>>,
  i: number,
  b: Readonly<Record<string, Float64Array>>,
  k: number,
): boolean {
  // Bit for bit but for the payload of NaN: a zero that changed its sign is another value.
  for (const name in b) if (!Object.is(a[name]![i], b[name]![k])) return false
  return true
}

// A feature is known no earlier than the bars it is made of: for a new bar that is when the bar was known, for one that
// an epoch changed when the epoch began.
function runningMaximum(knownAt: Float64Array): Float64Array {
  const maximum = new Float64Array(knownAt.length)
  let highest = -Infinity
  for (let i = 0; i < knownAt.length; i++) {
    if (knownAt[i]! > highest) highest = knownAt[i]!
    maximum[i] = highest
  }
  return maximum
}

function takeBars(bars: BarRows, rows: Int32Array): BarRows {
  const take = (column: Float64Array) => {
    const taken = new Float64Array(rows.length)
    for (let i = 0; i < rows.length; i++) taken[i] = column[rows[i]!]!
    return taken
  }
  return {
    timestamp: take(bars.timestamp),
    knownAt: take(bars.knownAt),
    open: take(bars.open),
    high: take(bars.high),
    low: take(bars.low),
    close: take(bars.close),
    volume: take(bars.volume),
  }
}
