import type { Answer, Row } from './answer.ts'
import type { Fault } from './script.ts'
import type { Cell } from './universe.ts'

/** A cell that stands for a number which JSON can write and a double cannot hold. */
export const HUGE = '\u0000huge'

const PAGE = '<!DOCTYPE html><html><body>One moment please</body></html>'

/**
 * Applies a fault to an answer, as far as the fault is one of content.
 *
 * @param answer as it would be
 * @param fault of the script
 * @returns the answer to be written
 */
export function disturb(answer: Answer, fault: Fault): Answer {
  switch (fault.kind) {
    case 'status': {
      const { status, body = '' } = fault
      return typeof body === 'string'
        ? { kind: 'text', status, body }
        : { kind: 'json', status, body }
    }
    case 'html':
      return { kind: 'text', status: fault.status ?? 200, body: PAGE }
    case 'empty':
      return { kind: 'text', status: 200, body: fault.body ?? '' }
    case 'error200':
      return {
        kind: 'json',
        status: 200,
        body: { totalCount: 0, error: fault.error, data: null },
      }
    default:
      return answer.kind === 'rows' ? disturbRows(answer, fault) : answer
  }
}

function disturbRows(answer: Extract<Answer, { kind: 'rows' }>, fault: Fault): Answer {
  const { rows, columns } = answer
  const edit = (tickers: readonly string[], change: (cells: Cell[]) => Cell[]): Answer => ({
    ...answer,
    rows: rows.map(({ symbol, cells }) => ({
      symbol,
      cells: tickers.includes(symbol) ? change([...cells]) : cells,
    })),
  })
  const numberAt = (column: string | undefined): number =>
    column === undefined
      ? columns.findIndex((name) => name !== 'update_mode' && name !== 'name')
      : columns.indexOf(column)
  switch (fault.kind) {
    case 'drop': {
      const left = rows.filter(({ symbol }) => !fault.tickers.includes(symbol))
      return { ...answer, rows: left, totalCount: answer.totalCount - (rows.length - left.length) }
    }
    case 'cut':
      return { ...answer, rows: rows.slice(0, Math.max(0, rows.length - fault.rows)) }
    case 'duplicate': {
      const again = rows
        .filter(({ symbol }) => fault.tickers.includes(symbol))
        .map(({ symbol, cells }) => ({
          symbol,
          cells: fault.differs ? cells.map((cell) => bumped(cell)) : cells,
        }))
      return { ...answer, rows: [...rows, ...again] }
    }
    case 'reorder':
      return { ...answer, rows: rows.toReversed() }
    case 'extra': {
      const extra = (fault.tickers ?? ['SIMULATED:UNASKED']).map((symbol): Row => ({
        symbol,
        cells: columns.map(() => null),
      }))
      return { ...answer, rows: [...extra, ...rows], totalCount: answer.totalCount + extra.length }
    }
    case 'rename':
      return {
        ...answer,
        rows: rows.map((row) => (row.symbol === fault.from ? { ...row, symbol: fault.to } : row)),
      }
    case 'null_row':
      return edit(fault.tickers, (cells) => cells.map(() => null))
    case 'short_row':
      return edit(fault.tickers, (cells) => cells.slice(0, -1))
    case 'long_row':
      return edit(fault.tickers, (cells) => [...cells, 0])
    case 'wrong_type':
      return edit(fault.tickers, (cells) =>
        cells.with(numberAt(fault.column), fault.value ?? 'n/a'),
      )
    case 'huge':
      return edit(fault.tickers, (cells) => cells.with(numberAt(fault.column), HUGE))
    case 'null_column': {
      const place = columns.indexOf(fault.column)
      if (place === -1) return answer
      return edit(
        rows.map(({ symbol }) => symbol),
        (cells) => cells.with(place, null),
      )
    }
    default:
      return answer
  }
}

function bumped(cell: Cell): Cell {
  return typeof cell === 'number' ? cell / 2 : cell
}
