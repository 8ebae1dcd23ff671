import type { Codes, Frame, View } from './frame.ts'
import { declarationOf, type Catalogue, type FeatureDeclaration } from './input.ts'
import { compareText } from './report.ts'
import { featureColumns } from './schema.ts'

/** What one pass over a computed series (a symbol's values of a feature, beside its bars) finds. */
export interface SeriesScan {
  readonly symbol: string
  readonly column: string
  /** `undefined` where the catalogue does not know the feature. */
  readonly declaration: FeatureDeclaration | undefined
  /** Number of the symbol's bars. */
  readonly bars: number
  /** Bars from number `firstValue` on that have no value. */
  readonly missing: number
  /** Number of values, on any bar. */
  readonly observed: number
  /** Rows of `local` that hold a value before bar number `firstValue`. */
  readonly earlyRows: readonly number[]
  /** Unix seconds; `NaN` without bars. */
  readonly lastBar: number
  /** Unix seconds; `NaN` without a value. */
  readonly lastObserved: number
}

/**
 * Lays the computed rows of `local` beside the bars, symbol by symbol, and scans each feature once.
 *
 * @param local resolved rows of features; retrieved rows are passed over
 * @param bars resolved bars; a symbol without any is measured against its own computed rows
 * @param catalogue declarations of the features
 * @returns one scan for each symbol of either table and each feature, by symbol, then in order of the columns
 */
export function scanSeries(
  local: View,
  bars: View | undefined,
  catalogue: Catalogue,
): SeriesScan[] {
  const timestamps = local.frame.numbers('timestamp')
  if (!timestamps) return []
  const features = featureColumns(local.frame.table).flatMap((column) => {
    const values = local.frame.numbers(column)
    return values ? [{ column, values, declaration: declarationOf(catalogue, column) }] : []
  })
  const sources = local.frame.codes('source')
  const barTimestamps = bars?.frame.numbers('timestamp')
  const scans: SeriesScan[] = []
  for (const { symbol, inLocal, inBars } of bothSymbols(local.frame, bars?.frame)) {
    const computed = rowsInTime(local, inLocal, timestamps, sources)
    const ofBars =
      bars && barTimestamps ? rowsInTime(bars, inBars, barTimestamps) : new Int32Array()
    const rowOfBar =
      ofBars.length > 0 ? align(ofBars, barTimestamps!, computed, timestamps) : computed
    const lastBar =
      ofBars.length > 0
        ? barTimestamps![ofBars.at(-1)!]!
        : computed.length > 0
          ? timestamps[computed.at(-1)!]!
          : Number.NaN
    for (const { column, values, declaration } of features) {
      const scan = scanFeature(values, rowOfBar, declaration?.firstValue ?? 1)
      const lastObserved = scan.lastRow === -1 ? Number.NaN : timestamps[scan.lastRow]!
      const { missing, observed, earlyRows } = scan
      const length = rowOfBar.length
      scans.push({
        symbol,
        column,
        declaration,
        bars: length,
        missing,
        observed,
        earlyRows,
        lastBar,
        lastObserved,
      })
    }
  }
  return scans
}

function scanFeature(
  values: Float64Array,
  rowOfBar: Int32Array,
  firstValue: number,
): { missing: number; observed: number; earlyRows: readonly number[]; lastRow: number } {
  const early: number[] = []
  const warmUp = Math.min(firstValue - 1, rowOfBar.length)
  let observed = 0
  let lastRow = -1
  for (let bar = 0; bar < warmUp; bar++) {
    const row = rowOfBar[bar]!
    if (row === -1 || Number.isNaN(values[row]!)) continue
    early.push(row)
    observed += 1
    lastRow = row
  }
  let missing = 0
  for (let bar = warmUp; bar < rowOfBar.length; bar++) {
    const row = rowOfBar[bar]!
    if (row === -1 || Number.isNaN(values[row]!)) {
      missing += 1
    } else {
      observed += 1
      lastRow = row
    }
  }
  return { missing, observed, earlyRows: early, lastRow }
}

// Both lists of symbols are sorted.
function bothSymbols(
  local: Frame,
  bars: Frame | undefined,
): { symbol: string; inLocal: number; inBars: number }[] {
  const pairs: { symbol: string; inLocal: number; inBars: number }[] = []
  const others = bars?.symbols ?? []
  for (let left = 0, right = 0; left < local.symbols.length || right < others.length;) {
    const mine = local.symbols[left]
    const other = others[right]
    const order = mine === undefined ? 1 : other === undefined ? -1 : compareText(mine, other)
    const symbol = order <= 0 ? mine! : other!
    const pair = { inLocal: order <= 0 ? left : -1, inBars: order >= 0 ? right : -1 }
    if (symbol !== null) pairs.push({ symbol, ...pair })
    if (order <= 0) left += 1
    if (order >= 0) right += 1
  }
  return pairs
}

// Rows of one symbol by time; of retrieved rows, none.
function rowsInTime(
  view: View,
  symbol: number,
  timestamps: Float64Array,
  sources?: Codes,
): Int32Array {
  if (symbol === -1) return new Int32Array()
  let rows = view.rows.subarray(view.starts[symbol]!, view.starts[symbol + 1]!)
  if (sources) {
    const { codeOfRow, codeOf } = sources
    const computed = codeOf.get('computed')
    if (rows.some((row) => codeOfRow[row] !== computed)) {
      rows = rows.filter((row) => codeOfRow[row] === computed)
    }
  }
  for (let i = 1; i < rows.length; i++) {
    if (timestamps[rows[i]!]! < timestamps[rows[i - 1]!]!) {
      return rows.slice().sort((left, right) => timestamps[left]! - timestamps[right]!)
    }
  }
  return rows
}

// For each bar the row with the same timestamp, or -1.
function align(
  bars: Int32Array,
  barTimestamps: Float64Array,
  rows: Int32Array,
  timestamps: Float64Array,
): Int32Array {
  const rowOfBar = new Int32Array(bars.length)
  let next = 0
  for (let bar = 0; bar < bars.length; bar++) {
    const timestamp = barTimestamps[bars[bar]!]!
    while (next < rows.length && timestamps[rows[next]!]! < timestamp) next += 1
    const isThere = next < rows.length && timestamps[rows[next]!]! === timestamp
    rowOfBar[bar] = isThere ? rows[next]! : -1
  }
  return rowOfBar
}
