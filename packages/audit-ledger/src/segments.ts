import { LedgerError } from './errors.ts'
import type { SegmentFrame } from './chain.ts'
import { isBundleWith, LEDGER_FOLDER, parseSegmentName, type SegmentName } from './segment-name.ts'
import type { LedgerStore } from './store.ts'

/** A file of the ledger folder: a segment with its bytes, or a name that is none. */
export type SegmentFile =
  | { readonly frame: SegmentFrame; readonly bytes: Uint8Array }
  | { readonly foreign: string }

// A listing and its files disagree while somebody folds; a store that goes on like that is broken.
const RELISTS = 20

/**
 * Reads the files of a ledger in the order of their entries, the next one while the caller works on this one.
 *
 * A file that a fold has deleted meanwhile is found again in its bundle: the folder is listed anew, from the entry the
 * caller has reached. The caller then meets entries twice, and compares them.
 *
 * @param store the store
 * @param from number of an entry: files that end before it are left out
 * @param reached gives the number of the next entry that the caller needs
 */
export async function* readSegments(
  store: LedgerStore,
  from: number,
  reached: () => number,
): AsyncGenerator<SegmentFile, void, undefined> {
  let plan = planSegments(await store.list(LEDGER_FOLDER), from)
  let relists = 0
  let ahead: { name: string; bytes: Promise<Uint8Array | null> } | undefined
  for (let index = 0; index < plan.length;) {
    const step = plan[index]!
    if ('foreign' in step) {
      index++
      yield step
      continue
    }
    const bytes = await (ahead?.name === step.name ? ahead.bytes : store.get(step.name))
    if (bytes === null) {
      if (++relists > RELISTS) {
        throw new LedgerError(
          'store_failed',
          `${step.name} is listed, but cannot be read. Nothing was written: check the store, then run again.`,
        )
      }
      plan = planSegments(await store.list(LEDGER_FOLDER), Math.max(from, reached())).filter(
        (each) => !('foreign' in each),
      )
      index = 0
      ahead = undefined
      continue
    }
    index++
    const following = plan[index]
    if (following !== undefined && !('foreign' in following)) {
      const pending = store.get(following.name)
      // The failure is thrown where it is awaited; until then it must not count as unhandled.
      pending.catch(() => undefined)
      ahead = { name: following.name, bytes: pending }
    }
    yield { frame: step, bytes }
  }
}

/** Tells which files hold the entries from a number on, in order, and where each one must end. */
export function planSegments(
  names: readonly string[],
  from: number,
): (SegmentFrame | { readonly foreign: string })[] {
  const parsed = names.map((name) => parseSegmentName(name) ?? { foreign: name })
  const segments = parsed.filter((each): each is SegmentName => !('foreign' in each))
  const start = findHolder(segments, from)?.first ?? from
  const plan: (SegmentFrame | { readonly foreign: string })[] = []
  let limit = Number.POSITIVE_INFINITY
  let following = Number.POSITIVE_INFINITY
  for (const each of parsed.reverse()) {
    if ('foreign' in each) {
      if (from === 0) plan.push(each)
      continue
    }
    if (each.first < following) {
      limit = following
      following = each.first
    }
    const isBefore = each.last === null ? each.first < start : each.last < from
    if (!isBefore) plan.push({ ...each, limit: each.last === null ? limit : each.last + 1 })
  }
  return plan.reverse()
}

/** Finds the file that holds an entry: the bundle, else the segment that begins nearest before it. */
export function findHolder(segments: readonly SegmentName[], seq: number): SegmentName | undefined {
  let nearest: SegmentName | undefined
  for (const segment of segments) {
    if (isBundleWith(segment, seq)) return segment
    if (segment.last === null && segment.first <= seq) nearest = segment
  }
  return nearest
}
