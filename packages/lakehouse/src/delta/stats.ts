import type { AddFile } from './actions.ts'
import { isJsonObject } from './json-object.ts'

/** What a writer noted about the rows of a data file; bounds may be missing, and those of strings cut short. */
export interface FileStats {
  readonly numRecords?: number
  readonly minValues?: Readonly<Record<string, unknown>>
  readonly maxValues?: Readonly<Record<string, unknown>>
  readonly nullCount?: Readonly<Record<string, unknown>>
}

// Parsing is most of the cost of pruning a long file list, and a snapshot hands the same objects out again.
const parsed = new WeakMap<AddFile, FileStats>()

/**
 * Reads the statistics of a data file.
 *
 * @param file the add action
 * @returns its statistics; empty when there are none or they cannot be read, so that the file is never pruned
 */
export function fileStats(file: AddFile): FileStats {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const stats = parse(file.stats)
  parsed.set(file, stats)
  return stats
}

function parse(text: string | undefined): FileStats {
  if (text === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Statistics only save reading: without them the file is read, which is always right.
    return {}
  }
  if (!isJsonObject(value)) return {}
  const { numRecords, minValues, maxValues, nullCount } = value
  return {
    ...(typeof numRecords === 'number' && { numRecords }),
    ...(isJsonObject(minValues) && { minValues }),
    ...(isJsonObject(maxValues) && { maxValues }),
    ...(isJsonObject(nullCount) && { nullCount }),
  }
}

/**
 * Writes statistics as the log holds them. A bound that JSON cannot hold (NaN, infinity) is left out, together with
 * its partner, since half a range would prune rows wrongly in some engines.
 *
 * @param stats the statistics
 * @returns JSON text for `add.stats`
 */
export function formatStats(stats: FileStats): string {
  const { minValues, maxValues } = stats
  if (minValues === undefined || maxValues === undefined) return JSON.stringify(stats)
  const safe = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(values).filter(
        ([column]) => isJson(minValues[column]) && isJson(maxValues[column]),
      ),
    )
  return JSON.stringify({ ...stats, minValues: safe(minValues), maxValues: safe(maxValues) })
}

function isJson(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : value !== undefined
}

/**
 * Tells whether a data file may hold rows of some symbols. Never says no wrongly: without statistics, and where a
 * maximum may have been cut to a prefix, the answer is yes.
 *
 * @param file the add action
 * @param symbols the symbols, sorted by `compareCodePoints`
 * @param column name of the symbol column
 * @returns false when no row of the file can be of any of the symbols
 */
export function mayHoldSymbols(
  file: AddFile,
  symbols: readonly string[],
  column = 'symbol',
): boolean {
  if (symbols.length === 0) return false
  const partition = file.partitionValues[column]
  if (partition !== undefined) {
    return partition !== null && symbols[firstNotBelow(symbols, partition)] === partition
  }
  const stats = fileStats(file)
  const min = stats.minValues?.[column]
  const max = stats.maxValues?.[column]
  const first = typeof min === 'string' ? firstNotBelow(symbols, min) : 0
  const candidate = symbols[first]
  if (candidate === undefined) return false
  // The smallest candidate decides: what starts with `max` follows right after it, so a larger one cannot fit if this does not.
  return (
    typeof max !== 'string' || compareCodePoints(candidate, max) <= 0 || candidate.startsWith(max)
  )
}

function firstNotBelow(sorted: readonly string[], value: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareCodePoints(sorted[middle]!, value) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Orders strings as Parquet and Delta do, by UTF-8 bytes, which is the order of code points. JavaScript's own order
 * differs for characters beyond U+FFFF.
 *
 * @param a one string
 * @param b the other
 * @returns below, equal to or above zero
 */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

// Surrogates stand for code points above all other units, though their own numbers lie below U+E000.
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}
