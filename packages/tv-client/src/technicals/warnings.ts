import { byCodeUnit } from './outcome.ts'

/**
 * What a warning is about.
 *
 * - `unknown_column`: the scanner does not know a column, which was left out
 * - `all_null_column`: a column was null in every row although the scanner lists it, or could not be asked
 * - `unrequested_row`: a row of a symbol that nobody asked for, such as one renamed; ignored
 * - `duplicate_row`: two different rows of one symbol; the first was kept
 * - `out_of_bounds`: a value that its indicator cannot have; kept
 */
export type WarningCode =
  | 'unknown_column'
  | 'all_null_column'
  | 'unrequested_row'
  | 'duplicate_row'
  | 'out_of_bounds'

/** Something that does not stop a fetch and should be looked at. */
export interface FetchWarning {
  readonly code: WarningCode
  readonly message: string
  readonly column?: string
  /** Symbols concerned, sorted, at most 20; `count` says how many there are. */
  readonly symbols: readonly string[]
  readonly count: number
}

const SYMBOLS_NAMED = 20

/** Gathers warnings of one kind under one head. */
export interface WarningList {
  /** Notes one case. `message` says what it means for the whole column, or for such symbols. */
  add(code: WarningCode, message: string, about: { column?: string; symbol?: string }): void
  /** Lists what was noted, in an order that does not depend on that of the cases. */
  list(): FetchWarning[]
}

/**
 * Makes an empty list.
 *
 * @param onFirst is told the first case of every kind
 */
export function createWarningList(onFirst: (warning: FetchWarning) => void): WarningList {
  const heads = new Map<
    string,
    { code: WarningCode; message: string; column: string | undefined; symbols: Set<string> }
  >()
  const format = (head: NonNullable<ReturnType<typeof heads.get>>): FetchWarning => {
    const symbols = [...head.symbols].sort(byCodeUnit)
    return {
      code: head.code,
      message: head.message,
      ...(head.column !== undefined && { column: head.column }),
      symbols: symbols.slice(0, SYMBOLS_NAMED),
      count: symbols.length,
    }
  }
  return {
    add(code, message, { column, symbol }) {
      const key = `${code} ${column ?? ''}`
      let head = heads.get(key)
      const isFirst = head === undefined
      head ??= { code, message, column, symbols: new Set() }
      heads.set(key, head)
      if (symbol !== undefined) head.symbols.add(symbol)
      if (isFirst) onFirst(format(head))
    },
    list: () => [...heads.keys()].sort(byCodeUnit).map((key) => format(heads.get(key)!)),
  }
}
