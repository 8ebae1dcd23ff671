import { createChain, type Chain } from './chain.ts'
import { checkLine, ZERO_HASH, type LedgerEntry } from './entry.ts'
import { failureOf } from './entries.ts'
import { LedgerError, type Finding } from './errors.ts'
import { findHolder } from './segments.ts'
import {
  formatSegmentName,
  LEDGER_FOLDER,
  parseSegmentName,
  type SegmentName,
} from './segment-name.ts'
import type { LedgerStore } from './store.ts'

/** The last entry of a ledger, as far as a writer knows. */
export interface Head {
  /** Number of the next entry. */
  readonly next: number
  /** Hash of the last entry. */
  readonly hash: string
  /** Time of the last entry. */
  readonly ts: string
  /** Name of the segment that holds it; null in an empty ledger. */
  readonly segment: string | null
  /** When the folder was last listed, milliseconds of the caller's clock. */
  readonly listedAtMs: number
}

// A writer that fell behind further reads the end of the ledger anew instead of everything it missed.
const CATCH_UP_SEGMENTS = 64
const ATTEMPTS = 20

/**
 * Finds the end of a ledger by listing it, and checks the last segment and its link to the entry before.
 *
 * @param store the store
 * @param clock milliseconds
 * @returns the head
 * @throws LedgerError with the finding's code (exit 3) when the end is damaged
 */
export async function readHead(store: LedgerStore, clock: () => number): Promise<Head> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const listedAtMs = clock()
    const segments = parseNames(await store.list(LEDGER_FOLDER))
    const newest = newestOf(segments)
    if (newest === undefined) {
      return { next: 0, hash: ZERO_HASH, ts: '', segment: null, listedAtMs }
    }
    const before = newest.first === 0 ? undefined : findHolder(segments, newest.first - 1)
    const previous = before === undefined ? null : await store.get(before.name)
    const bytes = await store.get(newest.name)
    // A name may go between listing and reading, when somebody folds.
    if (bytes === null || (before !== undefined && previous === null)) continue
    const chain = createEnd(newest, before, previous)
    return { ...readEnd(chain, newest, bytes), listedAtMs }
  }
  throw new LedgerError(
    'store_failed',
    'the end of the ledger is listed, but cannot be read. Nothing was written: check the store, then run again.',
  )
}

/**
 * Follows what other writers have appended behind a head.
 *
 * @param store the store
 * @param head where to begin
 * @returns the new head, or null when it is too far away, or folded: then `readHead` finds it
 * @throws LedgerError with the finding's code (exit 3) when what was appended is damaged
 */
export async function followHead(store: LedgerStore, head: Head): Promise<Head | null> {
  let reached = head
  for (let count = 0; count < CATCH_UP_SEGMENTS; count++) {
    const name = formatSegmentName(reached.next)
    const bytes = await store.get(name)
    if (bytes === null) return count === 0 ? null : reached
    const segment: SegmentName = { name, first: reached.next, last: null }
    const chain = createStrictChain(reached.next, reached.hash, reached.ts)
    reached = { ...readEnd(chain, segment, bytes), listedAtMs: head.listedAtMs }
  }
  return null
}

/** Parses the names of a listing, leaving out what is none: `verify` reports those. */
export function parseNames(names: readonly string[]): SegmentName[] {
  return names.map((name) => parseSegmentName(name)).filter((segment) => segment !== null)
}

/** Finds the file that holds the last entry. */
function newestOf(segments: readonly SegmentName[]): SegmentName | undefined {
  let newest: SegmentName | undefined
  for (const segment of segments) {
    const end = newest === undefined ? -1 : (newest.last ?? newest.first)
    if ((segment.last ?? segment.first) > end) newest = segment
  }
  return newest
}

/** Makes a chain that throws at the first finding. */
export function createStrictChain(
  next: number,
  hash: string | null,
  ts: string,
  onEntry: (entry: LedgerEntry) => void = () => undefined,
): Chain {
  return createChain(
    {
      entry: onEntry,
      finding(finding) {
        throw failureOf(finding)
      },
    },
    { next, hash, ts },
  )
}

function createEnd(
  newest: SegmentName,
  before: SegmentName | undefined,
  previous: Uint8Array | null,
): Chain {
  if (newest.first === 0) return createStrictChain(0, ZERO_HASH, '')
  const fail = (code: Finding['code'], seq: number, segment: string, offset: number): never => {
    throw failureOf({ code, seq, segment, line: 1, offset })
  }
  if (before === undefined || previous === null) {
    return fail('seq_gap', newest.first - 1, newest.name, 0)
  }
  const end = previous.length - 1
  const start = end < 1 ? 0 : previous.lastIndexOf(0x0a, end - 1) + 1
  const seq = newest.first - 1
  if (previous[end] !== 0x0a) return fail('bad_segment', seq, before.name, start)
  const line = checkLine(previous, start, end)
  if (line.code !== null) return fail(line.code, seq, before.name, start)
  if (line.record.seq !== seq) return fail('seq_gap', seq, newest.name, 0)
  return createStrictChain(newest.first, line.hash, line.record.ts)
}

function readEnd(chain: Chain, segment: SegmentName, bytes: Uint8Array): Omit<Head, 'listedAtMs'> {
  chain.read({ ...segment, limit: Number.POSITIVE_INFINITY }, bytes)
  return { next: chain.next, hash: chain.hash ?? ZERO_HASH, ts: chain.ts, segment: segment.name }
}
