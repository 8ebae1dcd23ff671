import type { Bars } from './bars.ts'
import type { ComponentName } from './component-names.ts'
import { componentColumns, copyRows, markMissing, runSeries } from './engine.ts'
import type { Formula } from './formula.ts'
import { createTally, tallyVotes, type Tally } from './kernel/tally.ts'
import type { Ratings } from './rate.ts'

let shared: Tally | undefined

/** What one pass over bars is to fill; columns as long as the bars. */
export interface SeriesWanted {
  ratings?: Ratings
  components?: Partial<Record<ComponentName, Float64Array>>
}

/**
 * Fills columns in one pass over checked bars.
 *
 * @param bars columns, oldest first
 * @param formula of the rating
 * @param wanted columns to fill
 */
export function fillSeries(bars: Bars, formula: Readonly<Formula>, wanted: SeriesWanted): void {
  const { ratings, components } = wanted
  const names = Object.keys(components ?? {}) as ComponentName[]
  const results = names.map((name) => components![name]!)
  let columns: Float64Array[] | undefined
  const engine = runSeries(bars, formula.cci === 'close', (running, from, to, rowOf) => {
    if (ratings !== undefined) {
      const tally = sharedTally(running.memory.capacity)
      tallyVotes(tally, running, formula, from, to)
      copyRows(tally.all, from, to, rowOf, ratings.all)
      copyRows(tally.ma, from, to, rowOf, ratings.ma)
      copyRows(tally.other, from, to, rowOf, ratings.other)
      copyRows(tally.maCount, from, to, rowOf, ratings.maCount)
      copyRows(tally.otherCount, from, to, rowOf, ratings.otherCount)
    }
    if (names.length === 0) return
    if (columns === undefined) {
      const all = componentColumns(running)
      columns = names.map((name) => all[name])
    }
    for (const [i, result] of results.entries()) copyRows(columns[i]!, from, to, rowOf, result)
  })
  if (ratings !== undefined) {
    markMissing(bars, engine.bars, [ratings.all, ratings.ma, ratings.other])
  }
  markMissing(bars, engine.bars, results)
}

/**
 * Hands out the tally that all series share, as they share one engine.
 *
 * @param capacity bars in a block of that engine
 */
export function sharedTally(capacity: number): Tally {
  shared ??= createTally(capacity)
  return shared
}
