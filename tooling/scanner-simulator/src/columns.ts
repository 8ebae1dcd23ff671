import {
  PLAIN_COLUMNS,
  SUFFIXES,
  technicalsOf,
  TEXT_COLUMNS,
  TIMEFRAME_COLUMNS,
} from './technicals.ts'
import type { Cell, Universe } from './universe.ts'

/** What the simulator answers about columns. */
export interface Columns {
  /** Every column by its type, suffix included. */
  readonly types: ReadonlyMap<string, 'number' | 'text'>
  /** The value of a symbol's column; null where there is none. */
  cellOf(symbol: string, column: string): Cell
}

/**
 * Makes the columns of a universe. Technicals are computed when they are first asked for, and again when `now` moves on.
 *
 * @param universe what there is
 * @param now clock, Unix seconds
 */
export function createColumns(universe: Universe, now: () => number): Columns {
  const types = new Map<string, 'number' | 'text'>()
  for (const column of TEXT_COLUMNS) types.set(column, 'text')
  for (const column of [...TIMEFRAME_COLUMNS, ...PLAIN_COLUMNS]) types.set(column, 'number')
  for (const suffix of SUFFIXES) {
    for (const column of TIMEFRAME_COLUMNS) types.set(`${column}|${suffix}`, 'number')
  }
  for (const { cells = {} } of Object.values(universe)) {
    for (const [column, cell] of Object.entries(cells)) {
      if (!types.has(column)) types.set(column, typeof cell === 'string' ? 'text' : 'number')
    }
  }

  const computed = new Map<string, Readonly<Record<string, Cell>>>()
  let computedAt = Number.NaN

  function computedOf(symbol: string, suffix: string): Readonly<Record<string, Cell>> {
    const moment = now()
    if (moment !== computedAt) computed.clear()
    computedAt = moment
    const key = `${symbol} ${suffix}`
    const known = computed.get(key) ?? technicalsOf(universe[symbol]!, suffix, moment)
    computed.set(key, known)
    return known
  }

  return {
    types,
    cellOf(symbol, column) {
      const entry = universe[symbol]
      if (entry === undefined) return null
      const fixed = entry.cells?.[column]
      if (fixed !== undefined) return fixed
      const colon = symbol.indexOf(':')
      if (column === 'name') return symbol.slice(colon + 1)
      if (column === 'exchange') return symbol.slice(0, colon)
      if (entry.bars === undefined && entry.barsBySuffix === undefined) return null
      const line = column.indexOf('|')
      const suffix = line === -1 ? '' : column.slice(line + 1)
      return computedOf(symbol, suffix)[line === -1 ? column : column.slice(0, line)] ?? null
    },
  }
}
