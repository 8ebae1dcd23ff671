import type { AddFile } from './delta/actions.ts'
import { fileStats } from './delta/stats.ts'

/** Which rows a read can use at all, inclusive, Unix seconds. */
export interface TimeBounds {
  readonly from: number
  readonly to: number
  /** Latest `known_at` that counts; `Infinity` when all do, unknown ones too. */
  readonly knownTo: number
}

/** What is left of a table's files for a read. */
export interface PrunedFiles {
  readonly files: readonly AddFile[]
  /** True when most of their rows lie beyond the bounds, so that it pays to leave those out one by one. */
  readonly mostlyBeyond: boolean
}

/**
 * Leaves out the files that hold no row a read can use, by their statistics. A file without statistics stays.
 *
 * @param time name of the table's time column
 */
export function pruneFiles(
  files: readonly AddFile[],
  time: string,
  { from, to, knownTo }: TimeBounds,
): PrunedFiles {
  let rows = 0
  let rowsWithin = 0
  const kept = files.filter((file) => {
    const { numRecords = 0, minValues, maxValues } = fileStats(file)
    const min = minValues?.[time]
    const max = maxValues?.[time]
    const known = minValues?.['known_at']
    if (typeof min === 'number' && min > to) return false
    if (typeof max === 'number' && max < from) return false
    if (typeof known === 'number' && known > knownTo) return false
    rows += numRecords
    if (typeof min !== 'number' || typeof max !== 'number') return true
    const span = Math.min(max, to) - Math.max(min, from) + 1
    // As if rows were spread evenly: this only decides about speed.
    rowsWithin += (numRecords * span) / (max - min + 1)
    return true
  })
  return { files: kept, mostlyBeyond: rowsWithin < rows / 2 }
}
