import type { AddFile } from './delta/actions.ts'
import { compareCodePoints, fileStats } from './delta/stats.ts'

/**
 * Cuts symbols into groups that are read together, along the borders of the files where those do not overlap, so that
 * a file is decoded once and not by two groups in part.
 *
 * @param symbols ascending by code point
 * @param files the table's files
 * @param most symbols a group at most
 * @returns for each group its first symbol's position and the position behind its last
 */
export function cutSymbols(
  symbols: readonly string[],
  files: readonly AddFile[],
  most: number,
): readonly { readonly first: number; readonly end: number }[] {
  const borders = bordersOf(files)
  const groups: { first: number; end: number }[] = []
  let border = 0
  for (let first = 0; first < symbols.length;) {
    while (border < borders.length && compareCodePoints(borders[border]!, symbols[first]!) <= 0) {
      border++
    }
    const next = borders[border]
    let end = first + 1
    while (
      end < symbols.length &&
      end - first < most &&
      (next === undefined || compareCodePoints(symbols[end]!, next) < 0)
    ) {
      end++
    }
    groups.push({ first, end })
    first = end
  }
  return groups
}

// The first symbols of files of which none overlaps another; else none, as every group then needs several files anyway.
function bordersOf(files: readonly AddFile[]): readonly string[] {
  const ranges: { min: string; max: string }[] = []
  for (const file of files) {
    const { minValues, maxValues } = fileStats(file)
    const min = minValues?.['symbol']
    const max = maxValues?.['symbol']
    if (typeof min !== 'string' || typeof max !== 'string') return []
    ranges.push({ min, max })
  }
  ranges.sort((a, b) => compareCodePoints(a.min, b.min))
  const overlap = ranges.some(
    ({ min }, at) => at > 0 && compareCodePoints(ranges[at - 1]!.max, min) >= 0,
  )
  return overlap ? [] : ranges.map(({ min }) => min)
}
