import { type Column, type Columns, numbers, rowCount, takeRows, texts } from './columns.ts'
import { compareCodePoints } from './delta/stats.ts'
import { LakehouseError } from './errors.ts'
import type { TableSchema } from './schema.ts'

/** How rows that the table already holds in another form are treated. */
export interface MergeOptions {
  /** Now, Unix seconds. */
  readonly now: number
  /**
   * Set for data whose `known_at` says nothing about a correction, such as a file of bars read again: a row whose
   * values differ from the last known ones then becomes known at this time, whatever `known_at` it brings.
   * Absent: rows bring their own `known_at`, and only one that contradicts a row of the very same `known_at` is
   * known since `now`.
   */
  readonly restatedAt?: number
  /**
   * A `source` whose incoming rows are all there is to know of their keys, as when a history is computed anew. Their last
   * row is then what the table knows last, also where it contradicts what the table was told before.
   */
  readonly wholeHistoryOf?: string
  /** Leaves out every symbol the table holds at all. */
  readonly onlyNewSymbols?: boolean
}

/** What one symbol's rows came to. */
export interface MergeCounts {
  /** Rows of a key not held before. */
  added: number
  /** Second rows: other values for a key that was held. */
  restated: number
  unchanged: number
}

/** The outcome of a merge. */
export interface Merge {
  /** The rows to write, sorted. */
  readonly rows: Columns
  readonly perSymbol: ReadonlyMap<string, MergeCounts>
}

// Columns that say how a row came about, not what it states.
const PROVENANCE = new Set(['known_at', 'run_id'])

/**
 * Decides which incoming rows a table does not know yet. Rows are never changed or dropped: a key whose values differ
 * gets a second row with a later `known_at`, and equal values get none. A row that comes twice counts once.
 *
 * @param schema the table's schema; its key without `known_at` says which rows describe the same thing
 * @param existing rows the table holds for the incoming symbols, sorted by symbol, time, `known_at`
 * @param incoming rows to merge, sorted likewise
 * @throws LakehouseError `invalid_input` when a row has no time or `known_at`, or two incoming rows contradict each
 *   other: other values for one key and one `known_at`, with `restatedAt` for one key
 */
export function mergeRows(
  schema: TableSchema,
  existing: Columns,
  incoming: Columns,
  options: MergeOptions,
): Merge {
  const values = schema.columns
    .map((column) => column.name)
    .filter((name) => !PROVENANCE.has(name) && !schema.key.includes(name))
  const keyRest = schema.key.filter((name) => name !== 'symbol' && name !== schema.time)
  const held = sideOf(existing, schema.time, values, keyRest)
  const fresh = sideOf(incoming, schema.time, values, keyRest)

  const accepted = new AcceptedRows(fresh.length)
  const perSymbol = new Map<string, MergeCounts>()
  let from = 0
  for (let start = 0; start < fresh.length;) {
    const symbol = fresh.symbols[start]
    if (typeof symbol !== 'string')
      throw new RangeError(`row ${start}: the symbol must not be null`)
    let end = start + 1
    while (end < fresh.length && fresh.symbols[end] === symbol) end += 1
    const counts: MergeCounts = { added: 0, restated: 0, unchanged: 0 }
    perSymbol.set(symbol, counts)
    while (from < held.length && compareCodePoints(held.symbols[from]!, symbol) < 0) from += 1
    const isHeld = held.symbols[from] === symbol
    if (isHeld && options.onlyNewSymbols) {
      counts.unchanged += end - start
    } else if (!isHeld && isOneRowEach(fresh, start, end)) {
      for (let row = start; row < end; row++) accepted.add(row, fresh.knownAt[row]!)
      counts.added += end - start
    } else {
      from = mergeSymbol({
        held,
        fresh,
        accepted,
        counts,
        symbol,
        from,
        start,
        end,
        options,
        schema,
      })
    }
    start = end
  }

  // A first import is taken as a whole: nothing needs to be copied.
  const rows = accepted.isEveryRow(fresh.length) ? incoming : takeRows(incoming, accepted.rows())
  return { rows: inSchemaOrder(schema, rows, accepted.knownAt()), perSymbol }
}

// The rows to write, and since when each is known. At most two for an incoming row: its own, and one known since now.
class AcceptedRows {
  readonly #rows: Int32Array
  readonly #knownAt: Float64Array
  #length = 0

  constructor(incoming: number) {
    this.#rows = new Int32Array(2 * incoming)
    this.#knownAt = new Float64Array(2 * incoming)
  }

  get length(): number {
    return this.#length
  }

  rowAt(position: number): number {
    return this.#rows[position]!
  }

  knownAtOf(position: number): number {
    return this.#knownAt[position]!
  }

  add(row: number, knownAt: number): void {
    this.#rows[this.#length] = row
    this.#knownAt[this.#length] = knownAt
    this.#length += 1
  }

  isEveryRow(incoming: number): boolean {
    if (this.#length !== incoming) return false
    for (let i = 0; i < incoming; i++) if (this.#rows[i] !== i) return false
    return true
  }

  rows(): Int32Array {
    return this.#rows.subarray(0, this.#length)
  }

  knownAt(): Float64Array {
    return this.#knownAt.slice(0, this.#length)
  }
}

// Usual for a symbol that is new: every row has a time of its own, and nothing needs to be compared.
function isOneRowEach(side: Side, start: number, end: number): boolean {
  for (let row = start; row < end; row++) {
    if (Number.isNaN(side.knownAt[row]!)) return false
    if (row > start ? !(side.times[row]! > side.times[row - 1]!) : Number.isNaN(side.times[row]!)) {
      return false
    }
  }
  return true
}

// Merges the rows of one symbol; gives the position in `held` it has come to.
function mergeSymbol(merge: {
  readonly held: Side
  readonly fresh: Side
  readonly accepted: AcceptedRows
  readonly counts: MergeCounts
  readonly symbol: string
  readonly from: number
  readonly start: number
  readonly end: number
  readonly options: MergeOptions
  readonly schema: TableSchema
}): number {
  const { held, fresh, accepted, counts, symbol, start, end, options, schema } = merge
  let { from } = merge
  // Where the incoming, and the accepted, rows of the current time begin.
  let timeStart = start
  let acceptedStart = accepted.length
  for (let row = start; row < end; row++) {
    const time = fresh.times[row]!
    const knownAt = fresh.knownAt[row]!
    if (Number.isNaN(time) || Number.isNaN(knownAt)) throw incomplete(symbol, schema.time, time)
    if (time !== fresh.times[timeStart]) {
      timeStart = row
      acceptedStart = accepted.length
    }
    // The negation passes rows without a time, which other engines may write.
    while (held.symbols[from] === symbol && !(held.times[from]! >= time)) from += 1

    let twin = timeStart
    while (
      twin < row &&
      !(
        (options.restatedAt !== undefined || fresh.knownAt[twin] === knownAt) &&
        sameKey(fresh, twin, fresh, row)
      )
    ) {
      twin += 1
    }
    if (twin < row) {
      if (!sameValues(fresh, twin, fresh, row)) throw contradiction(symbol, time, knownAt)
      counts.unchanged += 1
      continue
    }

    // The versions of this key: those held, then those just accepted.
    let latestKnownAt = -Infinity
    let latestEqual = false
    let viewKnownAt = -Infinity
    let viewEqual = false
    let laterEqual = false
    const consider = (side: Side, position: number, at: number) => {
      if (!sameKey(side, position, fresh, row)) return
      const equal = sameValues(side, position, fresh, row)
      if (at >= latestKnownAt) {
        latestKnownAt = at
        latestEqual = equal
      }
      if (at <= knownAt && at >= viewKnownAt) {
        viewKnownAt = at
        viewEqual = equal
      }
      if (at > knownAt && equal) laterEqual = true
    }
    for (let i = from; held.symbols[i] === symbol && held.times[i] === time; i++) {
      consider(held, i, held.knownAt[i]!)
    }
    for (let i = acceptedStart; i < accepted.length; i++) {
      consider(fresh, accepted.rowAt(i), accepted.knownAtOf(i))
    }

    const isNew = latestKnownAt === -Infinity
    const contradicts = viewKnownAt === knownAt
    // Two corrections within a second still need two times.
    const sinceNow = Math.max(options.restatedAt ?? options.now, latestKnownAt + 1)
    let isChange = false
    if (isNew) {
      accepted.add(row, knownAt)
      counts.added += 1
      continue
    }
    if (options.restatedAt !== undefined) {
      if (!latestEqual) {
        accepted.add(row, sinceNow)
        isChange = true
      }
    } else if (isWholeHistory(fresh, row, options)) {
      if (!viewEqual && !contradicts) {
        accepted.add(row, knownAt)
        isChange = true
        if (knownAt >= latestKnownAt) latestEqual = true
      }
      // Whatever the table was told meanwhile, the last of a whole history is what is known now.
      if (!latestEqual && isLastOfKey(fresh, row, end)) {
        accepted.add(row, sinceNow)
        isChange = true
      }
    } else if (!viewEqual && !(contradicts && laterEqual)) {
      accepted.add(row, contradicts ? sinceNow : knownAt)
      isChange = true
    }
    if (isChange) counts.restated += 1
    else counts.unchanged += 1
  }
  return from
}

function isWholeHistory(side: Side, row: number, { wholeHistoryOf }: MergeOptions): boolean {
  return wholeHistoryOf !== undefined && side.sources?.[row] === wholeHistoryOf
}

function isLastOfKey(side: Side, row: number, end: number): boolean {
  for (let next = row + 1; next < end && side.times[next] === side.times[row]; next++) {
    if (sameKey(side, next, side, row)) return false
  }
  return true
}

function incomplete(symbol: string, timeColumn: string, time: number): LakehouseError {
  const what = Number.isNaN(time) ? `without ${timeColumn}` : `at ${time} without known_at`
  return new LakehouseError(
    'invalid_input',
    `${symbol}: a row ${what} cannot be told from others; nothing was written`,
    { evidence: { symbols: [symbol] } },
  )
}

function contradiction(symbol: string, time: number, knownAt: number): LakehouseError {
  return new LakehouseError(
    'invalid_input',
    `${symbol} at ${time}: two rows with other values, and nothing to say which is the later one (known_at ${knownAt}); nothing was written`,
    { evidence: { symbols: [symbol], timestamp: time } },
  )
}

// The same columns in the same order as rows that were read back.
function inSchemaOrder(schema: TableSchema, rows: Columns, knownAt: Float64Array): Columns {
  const complete: Record<string, Column> = {}
  for (const { name, type } of schema.columns) {
    const length = knownAt.length
    complete[name] =
      name === 'known_at'
        ? knownAt
        : (rows[name] ??
          (type === 'string'
            ? Array.from<null>({ length }).fill(null)
            : new Float64Array(length).fill(Number.NaN)))
  }
  return complete
}

interface Side {
  readonly length: number
  readonly symbols: readonly (string | null)[]
  readonly times: Float64Array
  readonly knownAt: Float64Array
  readonly values: readonly (Float64Array | readonly (string | null)[] | undefined)[]
  readonly key: readonly (Float64Array | readonly (string | null)[] | undefined)[]
  readonly sources?: readonly (string | null)[]
}

function sideOf(rows: Columns, time: string, values: string[], key: string[]): Side {
  const length = rowCount(rows)
  if (length === 0) {
    const none = new Float64Array(0)
    return { length, symbols: [], times: none, knownAt: none, values: [], key: [] }
  }
  return {
    length,
    symbols: texts(rows, 'symbol'),
    times: numbers(rows, time),
    knownAt: numbers(rows, 'known_at'),
    values: values.map((name) => rows[name]),
    key: key.map((name) => rows[name]),
    ...(key.includes('source') &&
      rows['source'] !== undefined && { sources: texts(rows, 'source') }),
  }
}

function sameKey(a: Side, i: number, b: Side, k: number): boolean {
  return a.key.every((column, part) => (column?.[i] ?? null) === (b.key[part]?.[k] ?? null))
}

function sameValues(a: Side, i: number, b: Side, k: number): boolean {
  for (let c = 0; c < a.values.length; c++) {
    const left = a.values[c]?.[i] ?? Number.NaN
    const right = b.values[c]?.[k] ?? Number.NaN
    // No value is equal to no value, be it NaN or null; the zeros of both signs are two values.
    if (!Object.is(left, right)) return false
  }
  return true
}
