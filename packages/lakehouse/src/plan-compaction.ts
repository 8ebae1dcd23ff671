import { compareCodePoints } from './delta/stats.ts'
import type { IndexedRun } from './row-index.ts'

/** A data file and the symbols in it. */
export interface IndexedFile {
  readonly path: string
  readonly runs: readonly IndexedRun[]
}

/** Files that are rewritten together, as they share symbols or are small. */
export interface CompactionGroup {
  readonly paths: readonly string[]
  /** Symbols of each file that takes their place, ascending. */
  readonly files: readonly (readonly string[])[]
  readonly rows: number
}

/**
 * Decides which files of a table to rewrite. Pure. Files that share a symbol belong together: all rows of a symbol end
 * up in one file, in the order of the log. A file alone with its symbols stays unless there are other small ones.
 *
 * @param files the table's files in the order of the log
 * @param symbolsPerFile most symbols a file
 * @param rowsPerFile most rows a file; one symbol is never cut
 */
export function planCompaction(
  files: readonly IndexedFile[],
  symbolsPerFile: number,
  rowsPerFile: number,
): readonly CompactionGroup[] {
  const groups = sharingSymbols(files)
  const isSmall = (group: readonly IndexedFile[]) =>
    group.length === 1 && group[0]!.runs.length * 2 <= symbolsPerFile
  const small = groups.filter(isSmall)
  const together = groups.filter((group) => group.length > 1)
  if (small.length > 1) together.push(small.flat())
  return together.map((group) => cutGroup(group, symbolsPerFile, rowsPerFile))
}

function sharingSymbols(files: readonly IndexedFile[]): IndexedFile[][] {
  // Each file points towards the one its group is named after.
  const parents = files.map((_, at) => at)
  const find = (at: number): number => {
    let root = at
    while (parents[root] !== root) root = parents[root]!
    while (parents[at] !== root) {
      const next = parents[at]!
      parents[at] = root
      at = next
    }
    return root
  }
  const holder = new Map<string, number>()
  for (const [at, { runs }] of files.entries()) {
    for (const { symbol } of runs) {
      const other = holder.get(symbol)
      if (other === undefined) holder.set(symbol, at)
      else parents[find(at)] = find(other)
    }
  }
  const groups = new Map<number, IndexedFile[]>()
  for (const [at, file] of files.entries()) {
    const root = find(at)
    const group = groups.get(root)
    if (group === undefined) groups.set(root, [file])
    else group.push(file)
  }
  return [...groups.values()]
}

function cutGroup(
  group: readonly IndexedFile[],
  symbolsPerFile: number,
  rowsPerFile: number,
): CompactionGroup {
  const rows = new Map<string, number>()
  for (const run of group.flatMap((file) => file.runs)) {
    rows.set(run.symbol, (rows.get(run.symbol) ?? 0) + run.rows)
  }
  const files: string[][] = []
  let room = 0
  for (const [symbol, own] of [...rows].toSorted(([a], [b]) => compareCodePoints(a, b))) {
    const last = files.at(-1)
    if (last === undefined || last.length >= symbolsPerFile || own > room) {
      files.push([symbol])
      room = rowsPerFile - own
    } else {
      last.push(symbol)
      room -= own
    }
  }
  return {
    paths: group.map((file) => file.path),
    files,
    rows: [...rows.values()].reduce((sum, each) => sum + each, 0),
  }
}
