import { compareText } from './report.ts'
import type { Column, Table, TableRole } from './table.ts'

/** Rows of a table by symbol: those of symbol s are `rows[starts[s]]` up to `rows[starts[s + 1] - 1]`, in table order. */
export interface View {
  readonly frame: Frame
  readonly starts: Int32Array
  readonly rows: Int32Array
}

/** A table made ready for loops: rows grouped by symbol, "no value" as `NaN` or `null` throughout. */
export interface Frame {
  readonly role: TableRole
  readonly table: Table
  readonly rowCount: number
  /** Whether columns differ in length; nothing else is then to be trusted. */
  readonly isRagged: boolean
  /** Sorted; `null`, when it is there, comes first and holds the rows without a symbol. */
  readonly symbols: readonly (string | null)[]
  /** All rows by symbol, laid out as in a {@link View}. */
  readonly starts: Int32Array
  readonly rows: Int32Array
  /** Values of a numeric column; `undefined` when it is absent or text. */
  readonly numbers: (name: string) => Float64Array | undefined
  /** Values of a text column; `undefined` when it is absent or numeric. */
  readonly texts: (name: string) => readonly (string | null)[] | undefined
  /** A text column as numbers: equal text has equal codes, `null` is -1. */
  readonly codes: (name: string) => Codes | undefined
}

/** A text column with a number for each distinct text. */
export interface Codes {
  readonly codeOfRow: Int32Array
  readonly codeOf: ReadonlyMap<string | null, number>
}

/** Groups a table's rows by symbol. A symbol whose rows lie together costs one map access, one whose rows do not, many. */
export function createFrame(role: TableRole, table: Table): Frame {
  const lengths = table.columns.flatMap(({ values, valid }) =>
    valid ? [values.length, valid.length] : [values.length],
  )
  const rowCount = lengths.length === 0 ? 0 : Math.min(...lengths)
  const columns = new Map(table.columns.map((column) => [column.name, column]))
  const memory = new Map<string, Float64Array | readonly (string | null)[] | undefined>()
  const values = (name: string): Float64Array | readonly (string | null)[] | undefined => {
    if (!memory.has(name)) memory.set(name, withoutInvalid(columns.get(name)))
    return memory.get(name)
  }
  const encoded = new Map<string, Codes>()
  const texts = (name: string): readonly (string | null)[] | undefined => {
    const found = values(name)
    return found instanceof Float64Array ? undefined : found
  }
  return {
    role,
    table,
    rowCount,
    isRagged: lengths.some((length) => length !== rowCount),
    ...groupRows(texts('symbol'), rowCount),
    numbers: (name) => {
      const found = values(name)
      return found instanceof Float64Array ? found : undefined
    },
    texts,
    codes: (name) => {
      const found = texts(name)
      if (found && !encoded.has(name)) encoded.set(name, encode(found))
      return encoded.get(name)
    },
  }
}

function encode(texts: readonly (string | null)[]): Codes {
  const codeOfRow = new Int32Array(texts.length)
  const codeOf = new Map<string | null, number>([[null, -1]])
  let text: string | null = null
  let code = -1
  for (let row = 0; row < texts.length; row++) {
    if (texts[row] !== text) {
      text = texts[row]!
      code = codeOf.get(text) ?? codeOf.size - 1
      codeOf.set(text, code)
    }
    codeOfRow[row] = code
  }
  return { codeOfRow, codeOf }
}

function withoutInvalid(
  column: Column | undefined,
): Float64Array | readonly (string | null)[] | undefined {
  if (!column?.valid?.includes(0)) return column?.values
  const { values, valid } = column
  return values instanceof Float64Array
    ? values.map((value, row) => (valid[row] === 0 ? Number.NaN : value))
    : values.map((value, row) => (valid[row] === 0 ? null : value))
}

function groupRows(
  symbolOfRow: readonly (string | null)[] | undefined,
  rowCount: number,
): Pick<Frame, 'symbols' | 'starts' | 'rows'> {
  // Stretches of rows with one symbol; a well-ordered table has one a symbol.
  const stretches = new Map<string | null, number[]>()
  for (let row = 0; row < rowCount;) {
    const symbol = symbolOfRow ? symbolOfRow[row]! : null
    let end = row + 1
    while (end < rowCount && (!symbolOfRow || symbolOfRow[end] === symbol)) end += 1
    const known = stretches.get(symbol)
    if (known) known.push(row, end)
    else stretches.set(symbol, [row, end])
    row = end
  }
  const symbols = [...stretches.keys()].sort(compareText)
  const starts = new Int32Array(symbols.length + 1)
  const rows = new Int32Array(rowCount)
  let next = 0
  for (const [index, symbol] of symbols.entries()) {
    const bounds = stretches.get(symbol)!
    for (let pair = 0; pair < bounds.length; pair += 2) {
      for (let row = bounds[pair]!; row < bounds[pair + 1]!; row++) rows[next++] = row
    }
    starts[index + 1] = next
  }
  return { symbols, starts, rows }
}

/** Tells which of its symbol's rows a row is, from 0. */
export function positionInSymbol(frame: Frame, symbolIndex: number, row: number): number {
  const first = frame.starts[symbolIndex]!
  let low = first
  let high = frame.starts[symbolIndex + 1]!
  while (low < high) {
    const middle = (low + high) >>> 1
    if (frame.rows[middle]! < row) low = middle + 1
    else high = middle
  }
  return low - first
}

/**
 * Resolves a table as of a moment: of the rows with one symbol, timestamp and source (in snapshots run), the one known last
 * but not after that moment, in the place of the first one. Rows that lack a part of the key are left out; of rows that
 * are equally late the first stays.
 *
 * @param frame grouped table
 * @param asOf Unix seconds
 */
export function resolveView(frame: Frame, asOf: number): View {
  const timestamps = frame.numbers('timestamp')
  const knownAt = frame.numbers('known_at')
  const symbolCount = frame.symbols.length
  const starts = new Int32Array(symbolCount + 1)
  if (!timestamps || !knownAt) return { frame, starts, rows: new Int32Array() }
  const tags = frame.codes(frame.role === 'snapshot' ? 'run_id' : 'source')?.codeOfRow
  const rows = new Int32Array(frame.rowCount)
  let length = 0
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    starts[symbol] = length
    if (frame.symbols[symbol] === null) continue
    const first = length
    // The last timestamp of each tag: while they only grow, no row replaces another and no map is needed.
    const newest = new Map<number, number>()
    let tag = -1
    let newestOfTag = Number.NEGATIVE_INFINITY
    let needsMap = false
    for (let at = frame.starts[symbol]!; at < frame.starts[symbol + 1]!; at++) {
      const row = frame.rows[at]!
      const timestamp = timestamps[row]!
      if (tags && tags[row] !== tag) {
        newest.set(tag, newestOfTag)
        tag = tags[row]!
        newestOfTag = newest.get(tag) ?? Number.NEGATIVE_INFINITY
      }
      // False for NaN, in either.
      if (!(knownAt[row]! <= asOf) || Number.isNaN(timestamp)) continue
      if (timestamp <= newestOfTag) needsMap = true
      newestOfTag = Math.max(newestOfTag, timestamp)
      rows[length++] = row
    }
    if (needsMap)
      length = first + keepLatest(rows.subarray(first, length), timestamps, knownAt, tags)
  }
  starts[symbolCount] = length
  return { frame, starts, rows: rows.subarray(0, length) }
}

// Compacts the rows in place and returns how many stay.
function keepLatest(
  rows: Int32Array,
  timestamps: Float64Array,
  knownAt: Float64Array,
  tags: Int32Array | undefined,
): number {
  const placesByTag = new Map<number, Map<number, number>>()
  let kept = 0
  for (const row of rows) {
    const tag = tags ? tags[row]! : -1
    let places = placesByTag.get(tag)
    if (!places) placesByTag.set(tag, (places = new Map()))
    const place = places.get(timestamps[row]!)
    if (place === undefined) {
      places.set(timestamps[row]!, kept)
      rows[kept++] = row
    } else if (knownAt[row]! > knownAt[rows[place]!]!) {
      rows[place] = row
    }
  }
  return kept
}
