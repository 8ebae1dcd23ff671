import type { Column, Columns } from '@fs/lakehouse'
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
  const symbol = Array.from<string>({ length })
  const source = Array.from<string>({ length }).fill('computed')
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
  const run_id: Column = Array.from<string>({ length }).fill(runId)
  return { symbol, source, run_id, ...columns }
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
