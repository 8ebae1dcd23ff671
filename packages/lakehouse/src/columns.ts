/**
 * One column in memory. Whole numbers, floats and booleans (0 or 1) are a `Float64Array` in which `NaN` means "no
 * value"; text is an array in which `null` means the same.
 */
export type Column = Float64Array | readonly (string | null)[]

/** Rows as named columns of one length. */
export type Columns = Readonly<Record<string, Column>>

/** Counts the rows, taking the first column's length. */
export function rowCount(rows: Columns): number {
  for (const name in rows) return rows[name]!.length
  return 0
}

/** Gives a column that must hold numbers; throws a `RangeError` naming it otherwise. */
export function numbers(rows: Columns, name: string): Float64Array {
  const column = rows[name]
  if (column instanceof Float64Array) return column
  throw new RangeError(`column '${name}' must hold numbers, was ${column ? 'text' : 'absent'}`)
}

/** Gives a column that must hold text; throws a `RangeError` naming it otherwise. */
export function texts(rows: Columns, name: string): readonly (string | null)[] {
  const column = rows[name]
  if (column !== undefined && !(column instanceof Float64Array)) return column
  throw new RangeError(`column '${name}' must hold text, was ${column ? 'numbers' : 'absent'}`)
}

/** Takes the rows at the given positions, in that order. */
export function takeRows(rows: Columns, positions: ArrayLike<number>): Columns {
  const taken: Record<string, Column> = {}
  for (const name in rows) {
    const column = rows[name]!
    if (column instanceof Float64Array) {
      const values = new Float64Array(positions.length)
      for (let i = 0; i < positions.length; i++) values[i] = column[positions[i]!]!
      taken[name] = values
    } else {
      const values = Array.from<string | null>({ length: positions.length })
      for (let i = 0; i < positions.length; i++) values[i] = column[positions[i]!]!
      taken[name] = values
    }
  }
  return taken
}

/** Takes the rows from `start` up to, not including, `end`; numbers are views on the same memory. */
export function sliceRows(rows: Columns, start: number, end: number): Columns {
  const slice: Record<string, Column> = {}
  for (const name in rows) {
    const column = rows[name]!
    slice[name] =
      column instanceof Float64Array ? column.subarray(start, end) : column.slice(start, end)
  }
  return slice
}

/**
 * Puts batches one below the other, with the columns of all of them; a column that a batch lacks is filled with "no
 * value" there.
 *
 * @throws RangeError when a column holds text in one batch and numbers in another
 */
export function concatRows(batches: readonly Columns[]): Columns {
  const [first, ...others] = batches
  if (first === undefined || others.length === 0) return first ?? {}
  const total = batches.reduce((sum, batch) => sum + rowCount(batch), 0)
  const joined: Record<string, Column> = {}
  const samples = new Map(batches.toReversed().flatMap((batch) => Object.entries(batch)))
  for (const name of new Set(batches.flatMap((batch) => Object.keys(batch)))) {
    if (samples.get(name) instanceof Float64Array) {
      const values = new Float64Array(total)
      let at = 0
      for (const batch of batches) {
        const length = rowCount(batch)
        if (batch[name] === undefined) values.fill(Number.NaN, at, at + length)
        else values.set(numbers(batch, name), at)
        at += length
      }
      joined[name] = values
    } else {
      const parts = batches.map((batch): readonly (string | null)[] =>
        batch[name] === undefined
          ? Array.from<null>({ length: rowCount(batch) }).fill(null)
          : texts(batch, name),
      )
      // Several times as fast as `flatMap`: whole arrays are copied.
      joined[name] = ([] as (string | null)[]).concat(...parts)
    }
  }
  return joined
}

/**
 * Finds the stretches of rows that share one symbol.
 *
 * @param symbols the symbol column; a symbol's rows need not lie together, but each stretch is reported by itself
 * @returns the stretches in row order, `end` exclusive
 */
export function symbolRuns(
  symbols: readonly (string | null)[],
): { symbol: string; start: number; end: number }[] {
  const runs: { symbol: string; start: number; end: number }[] = []
  let start = 0
  for (let i = 1; i <= symbols.length; i++) {
    if (i < symbols.length && symbols[i] === symbols[start]) continue
    const symbol = symbols[start]
    if (typeof symbol !== 'string')
      throw new RangeError(`row ${start}: the symbol must not be null`)
    runs.push({ symbol, start, end: i })
    start = i
  }
  return runs
}
