import { BarFileError } from './raw-bars.ts'

/** Where a file keeps what; positions among its columns. */
export interface BarColumns {
  time: number
  open: number | undefined
  high: number
  low: number
  close: number
  volume: number | undefined
  knownAt: number | undefined
  /** A column that says which symbol a row belongs to. */
  symbol: number | undefined
}

// In order of preference. The last three are what pandas calls an index that has no name.
const TIME_NAMES = ['timestamp', 'datetime', 'date', 'time', '__index_level_0__', 'index', '']
const SYMBOL_NAMES = ['symbol', 'ticker', 'name']

/**
 * Finds the columns of bars among a file's column names, whatever their order and letter case.
 *
 * @param names the file's column names
 * @param knownAtName the column that says since when a row was known, if the file brings its own
 * @returns positions; `open` and `volume` may be absent
 * @throws BarFileError `not_bars` naming what is missing or there twice
 */
export function findBarColumns(names: readonly string[], knownAtName?: string): BarColumns {
  const folded = names.map((name) => name.trim().toLowerCase())
  const find = (name: string): number | undefined => {
    const at = folded.indexOf(name)
    if (at === -1) return undefined
    if (folded.includes(name, at + 1)) {
      throw new BarFileError('not_bars', `the column ${JSON.stringify(name)} is there twice`)
    }
    return at
  }
  const first = (candidates: readonly string[]) =>
    candidates.map(find).find((position) => position !== undefined)

  const time = first(TIME_NAMES)
  const [high, low, close] = [find('high'), find('low'), find('close')]
  const knownAt = knownAtName === undefined ? undefined : find(knownAtName.trim().toLowerCase())
  const missing = [
    time === undefined ? 'timestamp (or date, datetime, time)' : undefined,
    high === undefined ? 'high' : undefined,
    low === undefined ? 'low' : undefined,
    close === undefined ? 'close' : undefined,
    knownAtName !== undefined && knownAt === undefined ? knownAtName : undefined,
  ].filter((name) => name !== undefined)
  if (
    time === undefined ||
    high === undefined ||
    low === undefined ||
    close === undefined ||
    missing.length > 0
  ) {
    throw new BarFileError(
      'not_bars',
      `no column ${missing.join(', ')}; the columns are ${listed(names)}`,
    )
  }
  return {
    time,
    open: find('open'),
    high,
    low,
    close,
    volume: find('volume'),
    knownAt,
    symbol: first(SYMBOL_NAMES),
  }
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 12)
    .map((name) => JSON.stringify(name))
    .join(', ')
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown
}

/**
 * Refuses a file whose rows belong to more than one symbol: imported under one name they would be each other's
 * duplicates.
 *
 * @param cells the column that names the symbol of each row
 * @throws BarFileError `several_symbols` naming two of them
 */
export function checkOneSymbol(cells: readonly (string | null | undefined)[]): void {
  let first: string | undefined
  for (const cell of cells) {
    const symbol = cell?.trim()
    if (!symbol) continue
    first ??= symbol
    if (symbol !== first) {
      throw new BarFileError(
        'several_symbols',
        `the rows belong to several symbols, ${first} and ${symbol} among them: split the file by symbol`,
      )
    }
  }
}
