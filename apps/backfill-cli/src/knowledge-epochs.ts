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
  const { timestamp, knownAt } = bars
  const starts = new Set<number>()
  // A row opens an epoch when a row of the same or a later bar was known before it.
  let earliestLater = Infinity
  for (let row = timestamp.length - 1; row >= 0; row--) {
    const known = knownAt[row]!
    if (known > earliestLater) starts.add(known)
    const isCorrection = row > 0 && timestamp[row - 1] === timestamp[row]
    if (isCorrection) starts.add(known)
    earliestLater = Math.min(earliestLater, known)
  }
  const bounds = [-Infinity, ...[...starts].toSorted((a, b) => a - b), Infinity]
  return bounds.slice(0, -1).map((since, i) => {
    const until = bounds[i + 1]!
    return { since, until, rows: viewBefore(bars, until) }
  })
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

/** Feature values that became known at one time. */
export interface KnownFeatures {
  readonly timestamp: Float64Array
  readonly knownAt: Float64Array
  readonly values: Readonly<Record<string, Float64Array>>
}

/**
 * Computes one symbol's features in every epoch of knowledge and keeps what each epoch changed: new bars, known when
 * their bar was known, and earlier bars whose values differ, known since the epoch began.
 *
 * @param compute turns a view, one row a bar, into one value a bar and feature; must not look ahead
 * @returns rows by epoch, then ascending timestamp
 */
export function featuresByEpoch(
  bars: BarRows,
  compute: (view: BarRows) => Readonly<Record<string, Float64Array>>,
): KnownFeatures {
  const epochs = knowledgeEpochs(bars)
  const names: string[] = []
  const timestamp: number[] = []
  const knownAt: number[] = []
  const columns: number[][] = []
  let previous = new Map<number, readonly number[]>()

  for (const epoch of epochs) {
    const view = epoch.rows.length === bars.timestamp.length ? bars : takeBars(bars, epoch.rows)
    const values = compute(view)
    if (names.length === 0) {
      names.push(...Object.keys(values))
      if (epochs.length === 1) {
        return { timestamp: view.timestamp, knownAt: runningMaximum(view.knownAt), values }
      }
      for (const _ of names) columns.push([])
    }
    const current = new Map<number, readonly number[]>()
    const known = runningMaximum(view.knownAt)
    for (let i = 0; i < view.timestamp.length; i++) {
      const time = view.timestamp[i]!
      const row = names.map((name) => values[name]![i]!)
      current.set(time, row)
      const before = previous.get(time)
      if (before?.every((value, k) => Object.is(value, row[k]))) continue
      timestamp.push(time)
      knownAt.push(before === undefined ? Math.max(known[i]!, epoch.since) : epoch.since)
      row.forEach((value, k) => columns[k]!.push(value))
    }
    previous = current
  }
  return {
    timestamp: Float64Array.from(timestamp),
    knownAt: Float64Array.from(knownAt),
    values: Object.fromEntries(names.map((name, k) => [name, Float64Array.from(columns[k]!)])),
  }
}

// A feature is known no earlier than the bars it is made of.
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
