import { collectArtefacts, type MissingArtefact, type ReadArtefact } from './artefacts.ts'
import { createChain, type Chain, type Place } from './chain.ts'
import {
  countUnknownTypes,
  trackIntents,
  type DanglingIntent,
  type UnknownType,
} from './completeness.ts'
import type { LedgerEntry } from './entry.ts'
import type { Finding } from './errors.ts'
import { readPins, type Pins, type SignatureState, type Tail } from './pins.ts'
import { readSegments } from './segments.ts'
import type { LedgerStore } from './store.ts'

/** What to verify a ledger against. */
export interface VerifyOptions {
  /** Texts of checkpoints kept elsewhere. */
  readonly checkpoints?: readonly string[] | undefined
  /** Texts of the keys that sign checkpoints. */
  readonly verifierKeys?: readonly string[] | undefined
  /** Reads artefacts, to compare them with what entries cite. */
  readonly readFile?: ReadArtefact | undefined
}

/** What verification has to say; the parts do not depend on each other. */
export interface VerifyReport {
  /** What the ledger calls itself; null when its first entry cannot be read. */
  readonly origin: string | null
  /** Entries, bad ones included. */
  readonly size: number
  /** Files that hold them. */
  readonly segments: number
  readonly bytes: number
  /** Hash of the last entry; null when it is bad, or there is none. */
  readonly last_hash: string | null
  readonly first_bad_seq: number | null
  readonly integrity: {
    readonly status: 'ok' | 'violated'
    /** All findings. */
    readonly count: number
    /** The first 1,000 of them, in the order of the ledger; artefacts last. */
    readonly findings: readonly Finding[]
  }
  readonly completeness: {
    /** Everything that is missing or not understood. */
    readonly count: number
    readonly dangling_intents: readonly DanglingIntent[]
    readonly unknown_types: readonly UnknownType[]
    readonly unreadable_checkpoints: readonly string[]
    /** Null when artefacts were not looked at. */
    readonly missing_artefacts: readonly MissingArtefact[] | null
  }
  readonly tail: Tail
  readonly signature: SignatureState
}

const LISTED_FINDINGS = 1000
// A line of an export that is longer than this is no entry; it is dropped instead of kept in memory.
const LONGEST_LINE = 1024 * 1024

/**
 * Verifies a ledger: reads every byte of it once, and reports integrity, completeness, tail and signature separately.
 *
 * @param store the store of the ledger; nothing is written to it
 * @param options checkpoints kept elsewhere, verifier keys, a reader of artefacts
 * @returns the report; violations are part of it
 * @throws LedgerError `bad_note` or `bad_key` for options that are none, `store_failed`
 * @example (await verifyLedger(fileStore('data/lakehouse/audit'))).integrity.status // 'ok'
 */
export async function verifyLedger(
  store: LedgerStore,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  // Checkpoints first: one that is written while the segments are read must not seem larger than the ledger.
  const pins = await readPins(store, options.checkpoints ?? [], options.verifierKeys ?? [])
  const check = createCheck(pins, options)
  for await (const file of readSegments(store, 0, () => check.chain.next)) {
    if ('foreign' in file) {
      check.report({
        code: 'bad_segment',
        seq: check.chain.size,
        segment: file.foreign,
        line: 1,
        offset: 0,
      })
    } else check.chain.read(file.frame, file.bytes)
    check.count('foreign' in file ? 0 : file.bytes.length)
  }
  return check.finish()
}

/**
 * Verifies an export: one stream of lines.
 *
 * @param chunks the bytes, cut anywhere; a chunk is not looked at again once the next one was asked for
 * @param options as for a ledger; `from`: number of the first entry exported; `name`: what findings call the stream
 * @returns the report
 * @throws LedgerError `bad_note` or `bad_key` for options that are none
 */
export async function verifyStream(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: VerifyOptions & { readonly from?: number; readonly name?: string } = {},
): Promise<VerifyReport> {
  const { from = 0, name = '-' } = options
  const pins = await readPins(null, options.checkpoints ?? [], options.verifierKeys ?? [])
  const check = createCheck(pins, options)
  const { chain } = check
  chain.begin({
    name,
    first: from,
    last: null,
    limit: Number.POSITIVE_INFINITY,
    isStream: true,
  })
  // The beginning of a line whose end has not come yet, and its byte in the stream.
  let rest: Uint8Array = new Uint8Array()
  let offset = 0
  let dropped = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let feed = chunk.indexOf(0x0a); feed >= 0; feed = chunk.indexOf(0x0a, start)) {
      if (rest.length === 0) chain.line(chunk, start, feed, offset, true)
      else {
        const line = concat(rest, chunk.subarray(start, feed))
        chain.line(line, 0, line.length, offset, true)
      }
      offset += rest.length + dropped + feed + 1 - start
      rest = rest.subarray(0, 0)
      dropped = 0
      start = feed + 1
    }
    if (rest.length > LONGEST_LINE) {
      // An endless line is no entry; its first part is kept to say so, the rest only counted.
      dropped += chunk.length - start
    } else if (start < chunk.length) rest = concat(rest, chunk.subarray(start))
    check.count(chunk.length)
  }
  if (rest.length > 0) chain.line(rest, 0, rest.length, offset, false)
  return check.finish()
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  const whole = new Uint8Array(left.length + right.length)
  whole.set(left)
  whole.set(right, left.length)
  return whole
}

/** What a ledger and an export have in common. */
function createCheck(
  pins: Pins,
  options: VerifyOptions & { readonly from?: number },
): {
  readonly chain: Chain
  report(finding: Finding): void
  count(bytes: number): void
  finish(): Promise<VerifyReport>
} {
  const findings: Finding[] = []
  let count = 0
  let firstBad: number | null = null
  let segments = 0
  let bytes = 0
  let origin: string | null = null
  const intents = trackIntents()
  const unknown = countUnknownTypes()
  const artefacts = options.readFile === undefined ? undefined : collectArtefacts()

  const report = (finding: Finding): void => {
    count++
    if (findings.length < LISTED_FINDINGS) findings.push(finding)
    firstBad = firstBad === null ? finding.seq : Math.min(firstBad, finding.seq)
  }
  pins.findings.forEach(report)

  const visitor = {
    finding: report,
    entry(entry: LedgerEntry, place: Place): void {
      const { seq, record } = entry
      if (seq === 0 && typeof record.body['origin'] === 'string') origin = record.body['origin']
      pins.entry(entry, place, origin).forEach(report)
      intents.add(entry)
      unknown.add(entry)
      artefacts?.add(entry, place)
    },
  }
  const { from = 0 } = options
  const chain =
    from === 0 ? createChain(visitor) : createChain(visitor, { next: from, hash: null, ts: '' })

  return {
    chain,
    report,
    count(read) {
      if (read > 0) segments++
      bytes += read
    },
    async finish() {
      const { size, hash } = chain
      pins.end(size).forEach(report)
      const files =
        artefacts === undefined || options.readFile === undefined
          ? null
          : await artefacts.check(options.readFile)
      files?.changed.forEach(report)
      const dangling = intents.open()
      const types = unknown.found()
      const missing = files?.missing ?? null
      return {
        origin,
        size,
        segments,
        bytes,
        last_hash: size === 0 ? null : hash,
        first_bad_seq: firstBad,
        integrity: { status: count === 0 ? 'ok' : 'violated', count, findings },
        completeness: {
          count: dangling.length + types.length + pins.unreadable.length + (missing?.length ?? 0),
          dangling_intents: dangling,
          unknown_types: types,
          unreadable_checkpoints: pins.unreadable,
          missing_artefacts: missing,
        },
        tail: pins.tail(size),
        signature: pins.signature(),
      }
    },
  }
}
