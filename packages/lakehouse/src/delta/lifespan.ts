import type { Commit } from './actions.ts'
import { decodePath } from './layout.ts'
import type { Snapshot } from './snapshot.ts'

/** The versions a data file belongs to: from `since` on, up to but not including `until`. */
export interface FileLifespan {
  /** Path inside the table as the store has it. */
  readonly path: string
  readonly since: number
  /** The version that removed it, or null while it is live. */
  readonly until: number | null
}

/**
 * Works out which versions need which data files.
 *
 * @param commits all commits, oldest first
 * @param base the state they follow on, where they do not begin at version 0
 * @returns one lifespan for each time a file was added, in log order
 */
export function fileLifespans(
  commits: readonly Commit[],
  base: Snapshot | null = null,
): readonly FileLifespan[] {
  const lifespans: FileLifespan[] = []
  const live = new Map<string, number>()
  for (const file of base?.files ?? []) {
    const path = decodePath(file.path)
    live.set(path, lifespans.length)
    lifespans.push({ path, since: base!.version, until: null })
  }
  for (const { version, actions } of commits) {
    for (const action of actions) {
      if ('add' in action) {
        const path = decodePath(action.add.path)
        if (live.has(path)) continue
        live.set(path, lifespans.length)
        lifespans.push({ path, since: version, until: null })
      } else if ('remove' in action) {
        const path = decodePath(action.remove.path)
        const index = live.get(path)
        if (index === undefined) continue
        lifespans[index] = { ...lifespans[index]!, until: version }
        live.delete(path)
      }
    }
  }
  return lifespans
}

/**
 * Finds from which version on a table can still be read.
 *
 * @param lifespans the files of every version
 * @param isThere tells whether the store holds a path
 * @param newest the newest version
 * @param first the oldest version the log still has
 * @returns the first version that is whole together with all after it, or null when the newest is not
 */
export function oldestWholeVersion(
  lifespans: readonly FileLifespan[],
  isThere: (path: string) => boolean,
  newest: number,
  first = 0,
): number | null {
  let oldest = first
  for (const { path, since, until } of lifespans) {
    if (since === until || isThere(path)) continue
    if (until === null) return null
    oldest = Math.max(oldest, until)
  }
  return Math.min(oldest, newest)
}
