import { type Columns, concatRows, rowCount } from '@fs/lakehouse'
import type { KnownFeatures } from './knowledge-epochs.ts'
import type { RetrievedValues } from './retrieved-values.ts'

/** What one symbol adds to a feature table. */
export interface SymbolFeatures {
  readonly symbol: string
  /** Sorted by timestamp and `known_at`. */
  readonly computed: KnownFeatures
  readonly retrieved?: RetrievedValues | undefined
}

/**
 * Lays the features of a group of symbols out as rows of a feature table. Columns are filled in one go, as rows of this
 * many symbols are expensive to join or to sort afterwards.
 *
 * @param group ascending by symbol
 * @param features names of the columns
 * @returns rows sorted by symbol, timestamp and `known_at`
 */
export function groupRows(
  group: readonly SymbolFeatures[],
  features: readonly string[],
  runId: string,
): Columns {
  const length = group.reduce((sum, own) => sum + rowsOf(own), 0)
  const symbol = textColumn(length)
  const source = textColumn(length).fill('computed')
  const columns: Record<string, Float64Array> = {}
  for (const name of ['timestamp', 'known_at', ...features]) {
    columns[name] = new Float64Array(length)
  }
  let start = 0
  for (const own of group) {
    const { computed, retrieved } = own
    const end = start + rowsOf(own)
    symbol.fill(own.symbol, start, end)
    const place = retrieved === undefined ? end - start : placeOf(retrieved, computed)
    insert(columns['timestamp']!, start, computed.timestamp, place, retrieved?.timestamp)
    insert(columns['known_at']!, start, computed.knownAt, place, retrieved?.knownAt)
    for (const name of features) {
      const value = retrieved && (retrieved.values[name] ?? Number.NaN)
      insert(columns[name]!, start, computed.values[name]!, place, value)
    }
    if (retrieved !== undefined) source[start + place] = 'retrieved'
    start = end
  }
  return { symbol, source, run_id: textColumn(length).fill(runId), ...columns }
}

/**
 * Joins the bars of several symbols.
 *
 * @param parts rows of one symbol each, without the symbol itself
 * @returns rows in the order of the parts, with the symbol
 */
export function joinBars(
  parts: readonly { readonly symbol: string; readonly rows: Columns }[],
): Columns {
  const symbol = textColumn(parts.reduce((sum, { rows }) => sum + rowCount(rows), 0))
  let start = 0
  for (const { symbol: name, rows } of parts) {
    const end = start + rowCount(rows)
    symbol.fill(name, start, end)
    start = end
  }
  return { symbol, ...concatRows(parts.map(({ rows }) => rows)) }
}

// Several times as fast as `Array.from`, and there are millions of rows.
function textColumn(length: number): string[] {
  const column: string[] = []
  column.length = length
  return column
}

function rowsOf({ computed, retrieved }: SymbolFeatures): number {
  return computed.timestamp.length + (retrieved === undefined ? 0 : 1)
}

// Behind every row that is not later. Usually near the end, so the search starts there.
function placeOf({ timestamp, knownAt }: RetrievedValues, computed: KnownFeatures): number {
  let place = computed.timestamp.length
  while (place > 0) {
    const time = computed.timestamp[place - 1]!
    if (time < timestamp) break
    if (time === timestamp && computed.knownAt[place - 1]! <= knownAt) break
    place -= 1
  }
  return place
}

function insert(
  target: Float64Array,
  start: number,
  values: Float64Array,
  place: number,
  value: number | undefined,
): void {
  if (value === undefined) {
    target.set(values, start)
    return
  }
  target.set(values.subarray(0, place), start)
  target[start + place] = value
  target.set(values.subarray(place), start + place + 1)
}
