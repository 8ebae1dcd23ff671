import { createChain, type Chain, type ChainStart, type Place } from './chain.ts'
import { ZERO_HASH, type LedgerEntry } from './entry.ts'
import { LedgerError, type Finding } from './errors.ts'
import { readSegments } from './segments.ts'
import type { LedgerStore } from './store.ts'

/**
 * Reads the entries of a ledger, checking each one and its link to the one before as it goes.
 *
 * @param store the store of the ledger
 * @param options `from`: number of the first entry wanted, 0 unless given
 * @returns the entries in order; none for a ledger that does not exist
 * @throws LedgerError with the finding's code, when the chain breaks; what came before was sound
 */
export async function* entries(
  store: LedgerStore,
  options: { readonly from?: number } = {},
): AsyncGenerator<LedgerEntry, void, undefined> {
  let batch: LedgerEntry[] = []
  for await (const _bytes of readSound(store, options, (entry) => batch.push(entry))) {
    yield* batch
    batch = []
  }
}

/**
 * Reads a ledger file by file, checking it.
 *
 * @param store the store of the ledger
 * @param options `from`: number of the first entry wanted
 * @param onEntry takes each sound entry, before the bytes of its file are given
 * @throws LedgerError at the first finding, after the bytes with the entries before it
 */
export async function* readSound(
  store: LedgerStore,
  options: { readonly from?: number },
  onEntry: (entry: LedgerEntry, place: Place) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const from = options.from ?? 0
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new RangeError(`from must be the number of an entry, was ${String(from)}`)
  }
  let found: Finding | undefined
  let chain: Chain | undefined
  for await (const file of readSegments(store, from, () => chain?.next ?? from)) {
    if ('foreign' in file) {
      throw failureOf({
        code: 'bad_segment',
        seq: chain?.next ?? from,
        segment: file.foreign,
        line: 1,
        offset: 0,
      })
    }
    chain ??= createChain(
      {
        entry(entry, place) {
          if (found === undefined && entry.seq >= from) onEntry(entry, place)
        },
        finding(finding) {
          found ??= finding
        },
      },
      startAt(file.frame.first, from),
    )
    chain.read(file.frame, file.bytes)
    yield file.bytes
    if (found !== undefined) throw failureOf(found)
  }
}

function startAt(first: number, from: number): ChainStart {
  if (first === 0) return { next: 0, hash: ZERO_HASH, ts: '' }
  return { next: Math.min(first, from), hash: null, ts: '' }
}

/** Says what a finding means, as a person needs it. */
export function describeFinding({ code, seq, segment, line, offset, subject }: Finding): string {
  const where =
    segment === null || line === null ? '' : ` in ${segment}, line ${line}, byte ${offset}`
  const about = subject === undefined ? '' : ` (${subject})`
  return `entry ${seq}: ${MEANINGS[code]}${about}${where}`
}

const MEANINGS: Readonly<Record<Finding['code'], string>> = {
  bad_line: 'this line is no entry',
  bad_utf8: 'the record is not valid UTF-8',
  not_canonical: 'the record is not canonical JSON',
  hash_mismatch: 'the record is not what was hashed',
  prev_mismatch: 'it is not chained on the entry before it',
  seq_gap: 'it is missing or stands in the wrong place',
  fork: 'a second copy differs',
  time_backwards: 'it is older than the entry before it',
  record_too_large: 'the record is larger than 65,535 bytes',
  bad_genesis: 'the first entry, and only the first, must be a genesis',
  bad_segment: 'the file is damaged, or its name contradicts its lines',
  checkpoint_mismatch: 'a checkpoint names another entry',
  tail_missing: 'a checkpoint is larger than the ledger: its end was cut',
  bad_signature: 'a checkpoint is not signed by whom it should be',
  digest_mismatch: 'an artefact is not the one that was recorded',
}

/** Makes the error that a finding is where work cannot go on. */
export function failureOf(finding: Finding): LedgerError {
  return new LedgerError(
    finding.code,
    `the ledger is damaged: ${describeFinding(finding)}. Nothing was written: run "fs-ledger verify", and restore ` +
      'the file from a copy.',
    { finding },
  )
}
