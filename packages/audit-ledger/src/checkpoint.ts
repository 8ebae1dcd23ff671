import { entries, failureOf } from './entries.ts'
import { LedgerError } from './errors.ts'
import { foldSegments } from './fold.ts'
import { readHead } from './head.ts'
import { openNote, parseSigningKey, signNote } from './note.ts'
import { CHECKPOINT_FOLDER, formatNumber } from './segment-name.ts'
import type { LedgerStore } from './store.ts'

/** What a checkpoint says: this many entries, and this is the last of them. */
export interface CheckpointBody {
  readonly origin: string
  /** Number of entries. */
  readonly size: number
  /** Hash of entry `size - 1`. */
  readonly hash: string
}

/** A checkpoint that was written, or was there already. */
export interface CheckpointResult {
  readonly size: number
  readonly hash: string
  /** Name of the file, relative to the audit folder. */
  readonly name: string
  /** Its content: what to keep in another place. */
  readonly text: string
  /** Names of the bundles made. */
  readonly folded: readonly string[]
}

/** The three lines of a checkpoint. */
export function formatCheckpoint({ origin, size, hash }: CheckpointBody): string {
  return `${origin}\n${size}\n${hash}\n`
}

/**
 * Reads the three lines of a checkpoint.
 *
 * @param text origin, size and hash, each with a line feed
 * @returns what it says
 * @throws LedgerError `bad_note` when it is anything else
 */
export function parseCheckpoint(text: string): CheckpointBody {
  const [, origin, digits, hash] = /^([^\r\n]+)\n([1-9]\d*)\n([0-9a-f]{64})\n$/.exec(text) ?? []
  const size = Number(digits)
  if (origin === undefined || hash === undefined || !Number.isSafeInteger(size)) {
    throw new LedgerError(
      'bad_note',
      'this text is no checkpoint: it must be origin, size and hash, each on a line of its own',
    )
  }
  return { origin, size, hash }
}

/** Reads a checkpoint, signed or not. */
export function openCheckpoint(
  text: string,
  verifierKeys: readonly string[] = [],
): CheckpointBody & { readonly signatures: ReturnType<typeof openNote>['signatures'] } {
  if (!text.includes('\n\n')) return { ...parseCheckpoint(text), signatures: [] }
  const note = openNote(text, verifierKeys)
  return { ...parseCheckpoint(note.text), signatures: note.signatures }
}

/** Reads size and kind from a checkpoint's name; null when it is none. */
export function parseCheckpointName(name: string): { size: number; isSigned: boolean } | null {
  const [, digits, kind] = /^checkpoints\/(\d{20})\.(note|unsigned)$/.exec(name) ?? []
  const size = Number(digits)
  return digits === undefined || !Number.isSafeInteger(size) || size === 0
    ? null
    : { size, isSigned: kind === 'note' }
}

/** Settings of a checkpoint. */
export interface CheckpointSettings {
  readonly clock: () => number
  /** What the ledger must call itself, when that is known. */
  readonly origin: string | undefined
  readonly signingKey: string | undefined
  readonly fold: boolean
}

/**
 * Writes a checkpoint of all entries, after comparing the newest earlier one with the ledger.
 *
 * @throws LedgerError `no_ledger`, `origin_mismatch`, `checkpoint_mismatch`, `tail_missing`, or a finding's code;
 * nothing is written then
 */
export async function writeCheckpoint(
  store: LedgerStore,
  settings: CheckpointSettings,
): Promise<CheckpointResult> {
  const { clock, signingKey } = settings
  // Checkpoints are listed first: the other way round, one written in between would be larger than the ledger seen.
  const earlier = await newestCheckpoint(store)
  const head = await readHead(store, clock)
  const size = head.next
  if (earlier !== null && earlier.size > size) {
    const at = { seq: size, segment: null, line: null, offset: null, subject: earlier.name }
    throw failureOf({ code: 'tail_missing', ...at })
  }
  if (size === 0) {
    throw new LedgerError('no_ledger', 'there is no entry to make a checkpoint of')
  }
  const origin = await readOrigin(store)
  for (const [what, name] of [
    ['the options name', settings.origin],
    ['the signing key is for', signingKey && parseSigningKey(signingKey).name],
  ] as const) {
    if (name !== undefined && name !== origin) {
      throw new LedgerError(
        'origin_mismatch',
        `the ledger's origin is ${origin}, but ${what} ${name}. No checkpoint was written.`,
      )
    }
  }
  if (earlier !== null) await compare(store, earlier, origin)
  const body = formatCheckpoint({ origin, size, hash: head.hash })
  const text = signingKey === undefined ? body : signNote(body, signingKey)
  const kind = signingKey === undefined ? 'unsigned' : 'note'
  const name = `${CHECKPOINT_FOLDER}/${formatNumber(size)}.${kind}`
  await putCheckpoint(store, name, text, body)
  const folded = settings.fold ? await foldSegments(store, { head, clock }) : []
  return { size, hash: head.hash, name, text, folded }
}

async function readOrigin(store: LedgerStore): Promise<string> {
  for await (const { record } of entries(store)) {
    const { origin } = record.body
    if (typeof origin === 'string') return origin
  }
  throw new LedgerError('no_ledger', 'there is no entry to make a checkpoint of')
}

async function newestCheckpoint(
  store: LedgerStore,
): Promise<(CheckpointBody & { name: string }) | null> {
  const names = await store.list(CHECKPOINT_FOLDER)
  for (const name of names.reverse()) {
    const stated = parseCheckpointName(name)
    const bytes = stated === null ? null : await store.get(name)
    if (stated === null || bytes === null) continue
    const body = readable(new TextDecoder().decode(bytes))
    if (body !== null && body.size === stated.size) return { ...body, name }
  }
  return null
}

// An unreadable checkpoint proves nothing; `verify` lists it.
function readable(text: string): CheckpointBody | null {
  try {
    return openCheckpoint(text)
  } catch {
    return null
  }
}

async function compare(
  store: LedgerStore,
  checkpoint: CheckpointBody & { name: string },
  origin: string,
): Promise<void> {
  const seq = checkpoint.size - 1
  for await (const { hash } of entries(store, { from: seq })) {
    if (hash === checkpoint.hash && checkpoint.origin === origin) return
    break
  }
  const at = { seq, segment: null, line: null, offset: null, subject: checkpoint.name }
  throw failureOf({ code: 'checkpoint_mismatch', ...at })
}

async function putCheckpoint(
  store: LedgerStore,
  name: string,
  text: string,
  body: string,
): Promise<void> {
  let failure: unknown
  try {
    if (await store.putIfAbsent(name, new TextEncoder().encode(text))) return
  } catch (error) {
    failure = error
  }
  const found = await store.get(name)
  if (found === null) {
    const detail = failure instanceof Error ? failure.message : String(failure)
    throw new LedgerError('store_failed', `${name} was not written (${detail}). Run again.`, {
      cause: failure,
    })
  }
  const there = readable(new TextDecoder().decode(found))
  if (there !== null && formatCheckpoint(there) === body) return
  const { size } = parseCheckpoint(body)
  const at = { seq: size - 1, segment: null, line: null, offset: null, subject: name }
  throw failureOf({ code: 'checkpoint_mismatch', ...at })
}
