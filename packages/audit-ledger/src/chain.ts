import {
  checkLine,
  isHash,
  isObject,
  ZERO_HASH,
  type LedgerEntry,
  type LineCheck,
} from './entry.ts'
import type { Finding, FindingCode } from './errors.ts'

/** Where a line stands. */
export interface Place {
  readonly segment: string
  /** From 1. */
  readonly line: number
  /** Byte in the segment, from 0. */
  readonly offset: number
}

/** What a file of the ledger says before it is read. */
export interface SegmentFrame {
  readonly name: string
  /** Number of its first entry. */
  readonly first: number
  /** Number of its last entry in a bundle, else null. */
  readonly last: number | null
  /** First number of the file behind it: a line that claims this or more is not believed. */
  readonly limit: number
  /** True for an export: its name promises nothing. */
  readonly isStream?: boolean
}

/** Takes what a chain of entries turns out to be. */
export interface ChainVisitor {
  /** An entry that is sound by itself, once, in order. */
  entry(entry: LedgerEntry, place: Place): void
  finding(finding: Finding): void
}

/** The entry behind which a chain goes on. */
export interface ChainStart {
  /** Number of the next entry. */
  readonly next: number
  /** Hash of the entry before it, or null when it is not known. */
  readonly hash: string | null
  /** Time of that entry, or an empty text. */
  readonly ts: string
}

/** The state of a check over lines in order. */
export interface Chain {
  /** Number of the next entry that is expected. */
  readonly next: number
  /** Number of entries and of lines that stand for one. */
  readonly size: number
  /** Hash of the last entry, or null when the last line was bad. */
  readonly hash: string | null
  /** Time of the last good entry. */
  readonly ts: string
  /** Checks all lines of a segment. */
  read(frame: SegmentFrame, bytes: Uint8Array): void
  begin(frame: SegmentFrame): void
  /** Checks the bytes from `start` to `end` (without the line feed) as the next line. */
  line(bytes: Uint8Array, start: number, end: number, offset: number, isEnded: boolean): void
  end(bytes: number): void
}

/**
 * Checks lines one after the other: each by itself, its link to the one before, its number, its time.
 *
 * A bad line or a missing file is one finding, not one for everything behind it: a bad line may stand for an entry
 * (`slack` counts them), and the check goes on at the next number that a sound line or the name of the next file gives.
 *
 * @param visitor takes entries and findings
 * @param start where to begin; the first entry unless given
 * @returns the check
 */
export function createChain(
  visitor: ChainVisitor,
  start: ChainStart = { next: 0, hash: ZERO_HASH, ts: '' },
): Chain {
  let next = start.next
  let slack = 0
  let hash = start.hash
  let ts = start.ts
  // Hashes by number of the last file that was not a copy, to compare copies with.
  const seen = new Map<number, string>()

  let frame: SegmentFrame = { name: '', first: 0, last: null, limit: 0 }
  let cursor = 0 // lowest number that the next line may have; below `next` in a second copy
  let copyHash: string | null = null
  let lines = 0
  let isStopped = false

  const report = (code: FindingCode, seq: number, line: number, offset: number): void =>
    visitor.finding({ code, seq, segment: frame.name, line, offset })

  function begin(opened: SegmentFrame): void {
    frame = opened
    lines = 0
    isStopped = false
    copyHash = null
    if (frame.first < next) {
      cursor = frame.first
      return
    }
    if (frame.first > next + slack) report('seq_gap', next + slack, 1, 0)
    if (frame.first > next) hash = null
    next = frame.first
    cursor = next
    slack = 0
    seen.clear()
  }

  function line(
    bytes: Uint8Array,
    from: number,
    to: number,
    offset: number,
    isEnded: boolean,
  ): void {
    if (isStopped) return
    lines++
    const isCopy = cursor < next
    const expected = isCopy ? cursor : next + slack
    if (frame.last !== null && expected > frame.last) {
      report('bad_segment', expected, lines, offset)
      isStopped = true
      return
    }
    const checked = checkLine(bytes, from, to)
    if (!isEnded) report('bad_segment', expected, lines, offset)
    if (isCopy) compare(checked, expected, offset, isEnded)
    else if (checked.code === null) accept(checked, expected, offset)
    else {
      if (isEnded) report(checked.code, expected, lines, offset)
      slack++
    }
  }

  /** A second copy, left behind by a fold: equal to what was read before, or a fork. */
  function compare(checked: LineCheck, seq: number, offset: number, isEnded: boolean): void {
    cursor++
    if (checked.code !== null && !isEnded) return
    const known = seen.get(seq)
    const isSame =
      checked.code === null &&
      checked.record.seq === seq &&
      (known === undefined || known === checked.hash) &&
      (copyHash === null || checked.record.prev === copyHash)
    if (!isSame) report('fork', seq, lines, offset)
    copyHash = checked.code === null && isSame ? checked.hash : null
    if (copyHash !== null) seen.set(seq, copyHash)
  }

  function accept(
    checked: LineCheck & { readonly code: null },
    expected: number,
    offset: number,
  ): void {
    const { record } = checked
    const { seq } = record
    if (lines === 1 && seq !== expected && frame.isStream !== true) {
      report('bad_segment', expected, lines, offset)
      slack++
      return
    }
    if (seq < next || seq > expected) {
      report('seq_gap', expected, lines, offset)
      if (seq < next) return
      if (seq >= frame.limit) {
        slack++
        return
      }
    }
    if (seq === next && hash !== null && record.prev !== hash) {
      report('prev_mismatch', seq, lines, offset)
    }
    if (record.ts < ts) report('time_backwards', seq, lines, offset)
    if ((seq === 0 || record.type === 'genesis') && !(seq === 0 && isGenesis(record))) {
      report('bad_genesis', seq, lines, offset)
    }
    if (frame.isStream !== true) seen.set(seq, checked.hash)
    next = seq + 1
    cursor = next
    slack = 0
    hash = checked.hash
    ts = record.ts
    visitor.entry({ seq, hash: checked.hash, record }, { segment: frame.name, line: lines, offset })
  }

  function end(bytes: number): void {
    if (lines === 0 && frame.isStream !== true) {
      report('bad_segment', frame.first, 1, 0)
      if (cursor >= next) slack++
    }
    if (frame.last !== null && !isStopped) {
      const reached = cursor < next ? cursor : next + slack
      if (reached <= frame.last) {
        if (lines > 0) report('bad_segment', reached, lines + 1, bytes)
        if (frame.last >= next) {
          next = frame.last + 1
          slack = 0
          hash = null
        }
      }
    }
  }

  return {
    get next() {
      return next
    },
    get size() {
      return next + slack
    },
    get hash() {
      return slack === 0 ? hash : null
    },
    get ts() {
      return ts
    },
    read(opened, bytes) {
      begin(opened)
      let from = 0
      while (from < bytes.length) {
        const feed = bytes.indexOf(0x0a, from)
        const to = feed < 0 ? bytes.length : feed
        line(bytes, from, to, from, feed >= 0)
        from = to + 1
      }
      end(bytes.length)
    },
    begin,
    line,
    end,
  }
}

function isGenesis({ body, prev }: LedgerEntry['record']): boolean {
  return (
    isHash(prev) &&
    typeof body['ledger_id'] === 'string' &&
    typeof body['origin'] === 'string' &&
    body['origin'] !== '' &&
    body['hash_alg'] === 'rfc6962-leaf-sha256' &&
    isObject(body['env'])
  )
}
