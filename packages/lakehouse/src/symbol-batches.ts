import { type Columns, concatRows, rowCount, sliceRows, symbolRuns, texts } from './columns.ts'
import { LakehouseError } from './errors.ts'
import { sortRows } from './sort-rows.ts'

/** Symbols a data file: enough to keep files large, few enough to read one without the rest. */
export const SYMBOLS_PER_FILE = 64

/** Rows that will make one data file. */
export interface SymbolBatch {
  /** Ascending. */
  readonly symbols: readonly string[]
  /** Sorted by symbol, time and `known_at`. */
  readonly rows: Columns
}

/**
 * Regroups rows as they arrive, in whatever portions, into batches of {@link SYMBOLS_PER_FILE} symbols.
 *
 * @param portions rows in any order; a symbol may go on in the next portion
 * @param time name of the time column
 * @throws LakehouseError `invalid_input` when a symbol comes again after its rows were handed on
 */
export async function* symbolBatches(
  portions: AsyncIterable<Columns> | Iterable<Columns>,
  time: string,
): AsyncGenerator<SymbolBatch> {
  const handedOn = new Set<string>()
  let pending: Columns[] = []
  let pendingSymbols = new Set<string>()

  // Hands on full batches, but not the symbol that may go on in the next portion; without one, whatever is left.
  function* handOn(open: string | undefined): Generator<SymbolBatch> {
    if (pending.length === 0) return
    let rows = sortRows(concatRows(pending), time)
    let runs = symbolRuns(texts(rows, 'symbol'))
    const kept: Columns[] = []
    const unfinished = runs.find((run) => run.symbol === open)
    if (unfinished !== undefined) {
      const { start, end } = unfinished
      kept.push(sliceRows(rows, start, end))
      rows = concatRows([sliceRows(rows, 0, start), sliceRows(rows, end, rowCount(rows))])
      runs = symbolRuns(texts(rows, 'symbol'))
    }
    let first = 0
    while (first + SYMBOLS_PER_FILE <= runs.length || (open === undefined && first < runs.length)) {
      const group = runs.slice(first, first + SYMBOLS_PER_FILE)
      const symbols = group.map((run) => run.symbol)
      for (const symbol of symbols) handedOn.add(symbol)
      yield { symbols, rows: sliceRows(rows, group[0]!.start, group.at(-1)!.end) }
      first += group.length
    }
    const rest = runs[first]
    if (rest !== undefined) kept.push(sliceRows(rows, rest.start, rowCount(rows)))
    pending = kept
    pendingSymbols = new Set(runs.slice(first).map((run) => run.symbol))
    if (open !== undefined) pendingSymbols.add(open)
  }

  for await (const portion of portions) {
    if (rowCount(portion) === 0) continue
    let last = ''
    for (const { symbol } of symbolRuns(texts(portion, 'symbol'))) {
      if (handedOn.has(symbol)) {
        throw new LakehouseError(
          'invalid_input',
          `rows of ${symbol} came in two portions, far from each other; nothing was written`,
          { evidence: { symbols: [symbol] } },
        )
      }
      pendingSymbols.add(symbol)
      last = symbol
    }
    pending.push(portion)
    if (pendingSymbols.size > SYMBOLS_PER_FILE) yield* handOn(last)
  }
  yield* handOn(undefined)
}
