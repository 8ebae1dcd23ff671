import type { Check } from '../check.ts'
import { positionInSymbol } from '../frame.ts'
import type { SeriesScan } from '../series.ts'
import type { Tally } from '../tally.ts'

const SERIES_COLUMNS = ['timestamp', 'known_at', 'source'] as const
const DAY = 86_400

/** NULL-01: a feature has few holes once it has begun. */
export const densityCheck: Check = {
  id: 'NULL-01',
  title: 'Few values are missing from the first expected one on',
  severity: 'E',
  fixed: false,
  grain: 'S',
  waivable: true,
  thresholds: { max_missing: 0.1 },
  tables: ['local'],
  columns: () => SERIES_COLUMNS,
  run: ({ series, thresholds, tally: createTally }) => {
    const tally = createTally()
    const threshold = thresholds['max_missing']!
    for (const scan of judgeable(series(), tally)) {
      const bars = scan.bars - scan.declaration.firstValue + 1
      const share = scan.missing / bars
      tally.measure(share)
      if (share <= threshold) continue
      tally.fail(scan.symbol, null, scan.column, share, `<= ${threshold}`, null)
      tally.group(scan.symbol, scan.column, scan.missing, bars, share)
    }
    return { tally, threshold }
  },
}

/** NULL-03: a feature that could have values has at least one. */
export const emptySeriesCheck: Check = {
  id: 'NULL-03',
  title: 'A series with enough bars has a value',
  severity: 'E',
  fixed: false,
  grain: 'S',
  waivable: true,
  thresholds: {},
  tables: ['local'],
  columns: () => SERIES_COLUMNS,
  run: ({ series, tally: createTally }) => {
    const tally = createTally()
    for (const scan of judgeable(series(), tally)) {
      if (scan.observed > 0) continue
      tally.fail(scan.symbol, null, scan.column, null, 'a value', null)
      tally.group(scan.symbol, scan.column, 1, 1)
    }
    return { tally }
  },
}

/** NULL-04: no feature begins earlier than its code can compute it. */
export const earlyValueCheck: Check = {
  id: 'NULL-04',
  title: 'No value precedes the first expected one',
  severity: 'W',
  fixed: false,
  grain: 'C',
  waivable: false,
  thresholds: {},
  tables: ['local'],
  columns: () => SERIES_COLUMNS,
  run: ({ series, frames, tally: createTally }) => {
    const tally = createTally()
    const frame = frames.local!
    const timestamps = frame.numbers('timestamp')!
    const indexOf = new Map(frame.symbols.map((symbol, index) => [symbol, index]))
    for (const { symbol, column, declaration, bars, earlyRows } of declared(series(), tally)) {
      const evaluated = Math.min(bars, declaration.firstValue - 1)
      tally.evaluated += evaluated
      const values = frame.numbers(column)!
      const expected = `no value before bar ${declaration.firstValue}`
      for (const row of earlyRows) {
        const position = positionInSymbol(frame, indexOf.get(symbol)!, row)
        tally.fail(symbol, timestamps[row]!, column, values[row]!, expected, position)
      }
      if (earlyRows.length > 0) tally.group(symbol, column, earlyRows.length, evaluated)
    }
    return { tally }
  },
}

/** FRESH-01: a feature keeps up with its symbol's bars. */
export const lagCheck: Check = {
  id: 'FRESH-01',
  title: 'The last value lies close to the last bar',
  severity: 'E',
  fixed: false,
  grain: 'S',
  waivable: true,
  thresholds: { max_lag_days: 3 },
  tables: ['local'],
  columns: () => SERIES_COLUMNS,
  run: ({ series, thresholds, tally: createTally }) => {
    const tally = createTally()
    const threshold = thresholds['max_lag_days']!
    for (const { symbol, column, declaration, bars, lastBar, lastObserved } of series()) {
      if (bars < (declaration?.firstValue ?? 1)) {
        tally.missing += 1
        continue
      }
      tally.evaluated += 1
      // A series without any value lags without end.
      const lag = Number.isNaN(lastObserved) ? Infinity : (lastBar - lastObserved) / DAY
      tally.measure(lag)
      if (lag <= threshold) continue
      tally.fail(symbol, null, column, lag, `<= ${threshold} days`, null)
      tally.group(symbol, column, 1, 1, lag)
    }
    return { tally, threshold }
  },
}

type DeclaredScan = SeriesScan & { declaration: NonNullable<SeriesScan['declaration']> }

// Columns without a declaration are named once: no pass can be claimed for them.
function declared(scans: readonly SeriesScan[], tally: Tally): DeclaredScan[] {
  const undeclared = new Set<string>()
  const known = scans.filter((scan): scan is DeclaredScan => {
    if (!scan.declaration) undeclared.add(scan.column)
    return scan.declaration !== undefined
  })
  for (const column of undeclared) tally.group(null, column, 0, 0)
  return known
}

// Series with a bar that should carry a value; shorter ones are counted as missing.
function judgeable(scans: readonly SeriesScan[], tally: Tally): DeclaredScan[] {
  return declared(scans, tally).filter(({ bars, declaration }) => {
    const isLongEnough = bars >= declaration.firstValue
    if (isLongEnough) tally.evaluated += 1
    else tally.missing += 1
    return isLongEnough
  })
}
