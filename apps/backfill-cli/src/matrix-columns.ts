import { combine, type FormulaId } from '@fs/ratings'

/** One symbol's rows of a feature table, sorted by timestamp and `known_at`. */
export interface FeatureRows {
  readonly timestamp: Float64Array
  /** `computed` or `retrieved`. */
  readonly source: readonly (string | null)[]
  /** By feature; `NaN` means no value. */
  readonly values: Readonly<Record<string, Float64Array>>
}

/** One symbol's part of the matrix. */
export interface MatrixPart {
  /** One a bar, ascending. */
  readonly timestamps: Float64Array
  readonly values: Readonly<Record<string, Float64Array>>
  /** Cells that show the vendor's value: times by feature. */
  readonly retrieved: Readonly<Record<string, readonly number[]>>
  /** Cells that repeat the value of an earlier bar: times by feature. */
  readonly filled: Readonly<Record<string, readonly number[]>>
}

/** Bars over which a missing value is filled. */
const FILL_LIMIT = 3

const MA = 'recommend_ma'
const OTHER = 'recommend_other'
const ALL = 'recommend_all'

/**
 * Derives one symbol's matrix columns from its rows: computed values as last known; on the last bar the vendor's, where
 * there are any; then missing values of existing bars filled from at most {@link FILL_LIMIT} bars before.
 * `recommend_all` is never filled and keeps the formula's scale: it is combined anew from its two parts.
 *
 * @param allocate makes the result's columns; lets a caller put them into shared memory
 */
export function matrixColumns(
  rows: FeatureRows,
  formula: FormulaId,
  allocate: (length: number) => Float64Array = (length) => new Float64Array(length),
): MatrixPart {
  const features = Object.keys(rows.values)
  const { bars, vendor } = lastKnownRows(rows)
  const computedBars = bars.length
  const lastComputed = bars.length === 0 ? -Infinity : rows.timestamp[bars.at(-1)!]!
  // The vendor may know a bar that has not been imported: it gets a row, and nothing is filled into it.
  const ownRow = vendor !== undefined && rows.timestamp[vendor]! > lastComputed
  const length = computedBars + (ownRow ? 1 : 0)

  const timestamps = allocate(length)
  bars.forEach((row, i) => {
    timestamps[i] = rows.timestamp[row]!
  })
  if (ownRow) timestamps[length - 1] = rows.timestamp[vendor]!

  const values: Record<string, Float64Array> = {}
  for (const feature of features) {
    const source = rows.values[feature]!
    const column = allocate(length)
    for (let i = 0; i < computedBars; i++) column[i] = source[bars[i]!]!
    if (ownRow) column[length - 1] = Number.NaN
    values[feature] = column
  }

  const retrieved: Record<string, number[]> = {}
  const showsVendor = vendor !== undefined && rows.timestamp[vendor] === timestamps[length - 1]
  if (showsVendor) {
    const last = length - 1
    for (const feature of features) {
      const value = rows.values[feature]![vendor]!
      if (Number.isNaN(value)) continue
      values[feature]![last] = value
      retrieved[feature] = [timestamps[last]!]
    }
    const bothParts = retrieved[MA] !== undefined && retrieved[OTHER] !== undefined
    if (bothParts && values[ALL] !== undefined) {
      values[ALL][last] = combine(formula, values[MA]![last]!, values[OTHER]![last]!)
      retrieved[ALL] = [timestamps[last]!]
    }
  }

  const filled: Record<string, number[]> = {}
  for (const feature of features) {
    if (feature === ALL) continue
    const cells = fillForward(values[feature]!, timestamps, computedBars)
    if (cells.length > 0) filled[feature] = cells
  }
  const combined = values[ALL]
  if (combined !== undefined && values[MA] !== undefined && values[OTHER] !== undefined) {
    const changed = new Set([...(filled[MA] ?? []), ...(filled[OTHER] ?? [])])
    for (let i = 0; i < computedBars; i++) {
      const time = timestamps[i]!
      if (!changed.has(time) || retrieved[ALL]?.includes(time)) continue
      combined[i] = combine(formula, values[MA][i]!, values[OTHER][i]!)
    }
  }
  return { timestamps, values, retrieved, filled }
}

// The last known computed row of each bar, and the vendor's newest row.
function lastKnownRows(rows: FeatureRows): { bars: number[]; vendor: number | undefined } {
  const bars: number[] = []
  let vendor: number | undefined
  for (let row = 0; row < rows.timestamp.length; row++) {
    if (rows.source[row] === 'retrieved') {
      vendor = row
      continue
    }
    const previous = bars.at(-1)
    if (previous !== undefined && rows.timestamp[previous] === rows.timestamp[row]) bars.pop()
    bars.push(row)
  }
  return { bars, vendor }
}

function fillForward(column: Float64Array, timestamps: Float64Array, bars: number): number[] {
  const cells: number[] = []
  let observed = -Infinity
  for (let i = 0; i < bars; i++) {
    if (!Number.isNaN(column[i]!)) {
      observed = i
    } else if (i - observed <= FILL_LIMIT) {
      column[i] = column[observed]!
      cells.push(timestamps[i]!)
    }
  }
  return cells
}
