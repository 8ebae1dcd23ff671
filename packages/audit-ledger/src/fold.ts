import { hash } from 'node:crypto'
import type { LedgerEntry } from './entry.ts'
import { checkLine, ZERO_HASH } from './entry.ts'
import { failureOf } from './entries.ts'
import { LedgerError } from './errors.ts'
import { createStrictChain, parseNames, type Head } from './head.ts'
import { planSegments } from './segments.ts'
import { formatSegmentName, isBundleWith, LEDGER_FOLDER, type SegmentName } from './segment-name.ts'
import type { LedgerStore } from './store.ts'

/** Entries that make a bundle worth its name. */
const BUNDLE_ENTRIES = 1024
/** Younger segments stay: a writer that sleeps may still believe that their numbers are free. */
const FOLD_AGE_MS = 60 * 60 * 1000

/** A segment that was read and verified in this call. */
interface VerifiedSegment {
  readonly name: string
  readonly first: number
  readonly last: number
  /** SHA-256 of its bytes: they are read again when the bundle is made, one bundle at a time. */
  readonly sha256: string
}

/**
 * Brings segments together in bundles: the same bytes one after the other, then the segments are deleted.
 *
 * Everything between the last bundle and the head is verified first, with the link to the bundle and up to the hash
 * that the checkpoint just written names. A crash leaves segments beside their bundle; the next call deletes them.
 *
 * @param store the store
 * @param settings `head`: what the checkpoint covers; `clock`: milliseconds
 * @returns names of the bundles made
 * @throws LedgerError with the finding's code; nothing was folded that was not sound
 */
export async function foldSegments(
  store: LedgerStore,
  { head, clock }: { readonly head: Head; readonly clock: () => number },
): Promise<string[]> {
  const listing = await store.list(LEDGER_FOLDER)
  const segments = parseNames(listing)
  const bundle = segments.findLast((segment) => segment.last !== null)
  await deleteLeftovers(store, segments)
  const start = await endOfBundle(store, bundle)
  const newest = segments.at(-1)?.first ?? 0
  const groups: VerifiedSegment[][] = []
  let group: VerifiedSegment[] = []
  let isTooYoung = false
  let latest: LedgerEntry | undefined
  const chain = createStrictChain(start.next, start.hash, start.ts, (entry) => {
    latest = entry
  })
  for (const frame of planSegments(listing, start.next)) {
    if ('foreign' in frame || frame.last !== null || frame.first < start.next) continue
    if (frame.first >= head.next) break
    const bytes = await store.get(frame.name)
    // Somebody else folds: it is theirs to finish.
    if (bytes === null) return []
    chain.read(frame, bytes)
    if (latest === undefined || isTooYoung) continue
    const { seq: last, record } = latest
    isTooYoung = frame.first === newest || clock() - Date.parse(record.ts) <= FOLD_AGE_MS
    if (isTooYoung) continue
    group.push({ name: frame.name, first: frame.first, last, sha256: hash('sha256', bytes) })
    if (last - group[0]!.first + 1 < BUNDLE_ENTRIES) continue
    groups.push(group)
    group = []
  }
  if (chain.next !== head.next || chain.hash !== head.hash) {
    const code = chain.next === head.next ? 'checkpoint_mismatch' : 'seq_gap'
    throw failureOf({ code, seq: chain.next, segment: null, line: null, offset: null })
  }
  const folded: string[] = []
  for (const ready of groups) {
    const name = await writeBundle(store, ready)
    if (name === null) break
    folded.push(name)
  }
  return folded
}

/** Makes one bundle; null when somebody else is making it. */
async function writeBundle(
  store: LedgerStore,
  group: readonly VerifiedSegment[],
): Promise<string | null> {
  const parts: Uint8Array[] = []
  for (const { name, first, sha256 } of group) {
    const bytes = await store.get(name)
    if (bytes === null) return null
    if (hash('sha256', bytes) !== sha256) {
      throw failureOf({ code: 'hash_mismatch', seq: first, segment: name, line: 1, offset: 0 })
    }
    parts.push(bytes)
  }
  const { first } = group[0]!
  const name = formatSegmentName(first, group.at(-1)!.last)
  let failure: unknown
  try {
    await store.putIfAbsent(name, concat(parts))
  } catch (error) {
    failure = error
  }
  // Whatever the store said, the segments go only when the bundle can be read back whole.
  const found = await store.get(name)
  if (found === null) {
    const detail = failure instanceof Error ? failure.message : String(failure)
    throw new LedgerError(
      'store_failed',
      `${name} was not written (${detail}). The segments are as they were: run again.`,
      { cause: failure },
    )
  }
  for (const [index, segment] of group.entries()) {
    await deleteCopy(store, { ...segment, bytes: parts[index]! }, found, first)
  }
  return name
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Deletes a segment whose bytes the bundle holds at its place. */
async function deleteCopy(
  store: LedgerStore,
  segment: { readonly name: string; readonly first: number; readonly bytes: Uint8Array },
  bundle: Uint8Array,
  bundleFirst: number,
): Promise<void> {
  const start = offsetOfLine(bundle, segment.first - bundleFirst)
  const { bytes } = segment
  const isSame =
    bytes.length > 0 &&
    start + bytes.length <= bundle.length &&
    bytes.every((byte, index) => byte === bundle[start + index])
  if (!isSame) {
    const at = { seq: segment.first, segment: segment.name, line: 1, offset: 0 }
    throw failureOf({ code: 'fork', ...at })
  }
  await store.delete(segment.name)
}

/** Deletes what a fold that died left beside its bundle. */
async function deleteLeftovers(
  store: LedgerStore,
  segments: readonly SegmentName[],
): Promise<void> {
  let open: { readonly segment: SegmentName; readonly bytes: Uint8Array | null } | undefined
  for (const segment of segments) {
    if (segment.last !== null) continue
    const bundle = segments.find((each) => isBundleWith(each, segment.first))
    if (bundle === undefined) continue
    if (open?.segment !== bundle) open = { segment: bundle, bytes: await store.get(bundle.name) }
    const bytes = await store.get(segment.name)
    if (bytes === null || open.bytes === null) continue
    await deleteCopy(store, { ...segment, bytes }, open.bytes, bundle.first)
  }
}

async function endOfBundle(
  store: LedgerStore,
  bundle: SegmentName | undefined,
): Promise<{ next: number; hash: string; ts: string }> {
  if (bundle === undefined || bundle.last === null) return { next: 0, hash: ZERO_HASH, ts: '' }
  const bytes = (await store.get(bundle.name)) ?? new Uint8Array()
  const end = bytes.length - 1
  const offset = end < 1 ? 0 : bytes.lastIndexOf(0x0a, end - 1) + 1
  const line = checkLine(bytes, offset, end)
  if (line.code !== null || bytes[end] !== 0x0a || line.record.seq !== bundle.last) {
    const code = line.code ?? 'bad_segment'
    throw failureOf({ code, seq: bundle.last, segment: bundle.name, line: 1, offset })
  }
  return { next: bundle.last + 1, hash: line.hash, ts: line.record.ts }
}

function offsetOfLine(bytes: Uint8Array, line: number): number {
  let offset = 0
  for (let count = 0; count < line; count++) {
    const feed = bytes.indexOf(0x0a, offset)
    if (feed < 0) return bytes.length
    offset = feed + 1
  }
  return offset
}
