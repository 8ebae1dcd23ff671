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

  const taken: number[] = []
  const knownAtOf: number[] = []
  const perSymbol = new Map<string, MergeCounts>()
  let counts: MergeCounts = { added: 0, restated: 0, unchanged: 0 }
  let symbol = ''
  let from = 0
  // For the current symbol and time: the incoming rows so far, and positions in `taken` of those accepted.
  const seen: number[] = []
  const accepted: number[] = []

  for (let row = 0; row < fresh.length; row++) {
    const own = fresh.symbols[row]
    if (typeof own !== 'string') throw new RangeError(`row ${row}: the symbol must not be null`)
    const time = fresh.times[row]!
    const knownAt = fresh.knownAt[row]!
    if (Number.isNaN(time) || Number.isNaN(knownAt)) throw incomplete(own, schema.time, time)
    if (own !== symbol || time !== fresh.times[row - 1]) {
      seen.length = 0
      accepted.length = 0
    }
    if (own !== symbol) {
      symbol = own
      counts = { added: 0, restated: 0, unchanged: 0 }
      perSymbol.set(symbol, counts)
      while (from < held.length && compareCodePoints(held.symbols[from]!, own) < 0) from += 1
    }
    if (options.onlyNewSymbols && held.symbols[from] === symbol) {
      counts.unchanged += 1
      continue
    }
    // The negation passes rows without a time, which other engines may write.
    while (held.symbols[from] === symbol && !(held.times[from]! >= time)) from += 1

    const twin = seen.find(
      (other) =>
        (options.restatedAt !== undefined || fresh.knownAt[other] === knownAt) &&
        sameKey(fresh, other, fresh, row),
    )
    if (twin !== undefined) {
      if (!sameValues(fresh, twin, fresh, row)) throw contradiction(own, time, knownAt)
      counts.unchanged += 1
      continue
    }
    seen.push(row)

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
    for (const position of accepted) consider(fresh, taken[position]!, knownAtOf[position]!)

    const isNew = latestKnownAt === -Infinity
    const contradicts = viewKnownAt === knownAt
    const isKnown =
      options.restatedAt === undefined ? viewEqual || (contradicts && laterEqual) : latestEqual
    if (isKnown) {
      counts.unchanged += 1
      continue
    }
    if (isNew) counts.added += 1
    else counts.restated += 1
    accepted.push(taken.length)
    taken.push(row)
    const restates = !isNew && (options.restatedAt !== undefined || contradicts)
    // Two corrections within a second still need two times.
    knownAtOf.push(
      restates ? Math.max(options.restatedAt ?? options.now, latestKnownAt + 1) : knownAt,
    )
  }

  // A first import is taken as a whole: nothing needs to be copied.
  const rows = taken.length === fresh.length ? incoming : takeRows(incoming, taken)
  return { rows: inSchemaOrder(schema, rows, Float64Array.from(knownAtOf)), perSymbol }
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
  }
}

function sameKey(a: Side, i: number, b: Side, k: number): boolean {
  return a.key.every((column, part) => (column?.[i] ?? null) === (b.key[part]?.[k] ?? null))
}

function sameValues(a: Side, i: number, b: Side, k: number): boolean {
  for (let c = 0; c < a.values.length; c++) {
    const left = a.values[c]?.[i] ?? Number.NaN
    const right = b.values[c]?.[k] ?? Number.NaN
    // No value is equal to no value, be it NaN or null.
    if (left !== right && !(left !== left && right !== right)) return false
  }
  return true
}
