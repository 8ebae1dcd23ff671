import { hash } from 'node:crypto'
import { canonicalizeData, parseCanonical, type Json } from './canonical-json.ts'
import type { FindingCode } from './errors.ts'

/** Who appended an entry, by its own account. */
export interface Actor {
  readonly kind: 'human' | 'service' | 'ci'
  readonly id: string
}

/** An artefact that an entry cites, with what it must be. */
export interface ArtefactRef {
  readonly name: string
  /** `runs/<RUN_ID>/<file>` or `lakehouse/<path>`: never an absolute path. */
  readonly uri: string
  readonly digest: { readonly sha256: string }
  /** Bytes. */
  readonly size: number
  readonly mediaType?: string
}

/** What an entry records. */
export interface LedgerRecord {
  readonly v: 1
  /** 0, 1, 2 … without gap. */
  readonly seq: number
  /** Hash of the entry before; 64 zeros for the first. */
  readonly prev: string
  /** 32 random hex digits, by which a writer knows its own entry again. */
  readonly id: string
  /** RFC 3339 UTC with milliseconds; never before the previous entry's. */
  readonly ts: string
  readonly type: string
  readonly body: { readonly [key: string]: Json }
  readonly actor: Actor
  /** On every entry that belongs to a run. */
  readonly run_id?: string
  readonly refs?: readonly ArtefactRef[]
}

/** One entry of a ledger. */
export interface LedgerEntry {
  readonly seq: number
  /** SHA-256 over a zero byte and the record's bytes, lower-case hex: the entry's id. */
  readonly hash: string
  readonly record: LedgerRecord
}

/** The `prev` of the first entry. */
export const ZERO_HASH: string = '0'.repeat(64)

/** The largest record, in bytes of its canonical JSON. */
export const MAXIMUM_RECORD_BYTES = 65_535

const PREFIX = '{"hash":"'
const MIDDLE = '","record":'
const HASH_END = PREFIX.length + 64
/** Byte of a line at which the record begins. */
const RECORD_START = HASH_END + MIDDLE.length

const encoder = new TextEncoder()
// With the mark kept, a byte order mark is a fault of the line and not silently swallowed.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// A leaf of the hash: a zero byte, then the record.
const scratch = new Uint8Array(MAXIMUM_RECORD_BYTES + 1)
const leaf = scratch.subarray(1)

/** What a line of a segment is. */
export type LineCheck =
  | { readonly code: null; readonly hash: string; readonly record: LedgerRecord }
  | { readonly code: FindingCode }

/**
 * Builds the line of a record.
 *
 * @param record the record, made of JSON data; fastest with its keys in order
 * @returns hash and line, with the line feed
 * @throws LedgerError `not_canonical`
 */
export function formatEntry(record: LedgerRecord): {
  hash: string
  line: string
  recordBytes: number
} {
  const text = canonicalizeData(record as unknown as Json)
  const { read, written } = encoder.encodeInto(text, leaf)
  // What does not fit is too large for a record: its caller refuses it by its length.
  const recordBytes = read < text.length ? encoder.encode(text).length : written
  const digest = hash('sha256', scratch.subarray(0, written + 1), 'hex')
  return {
    hash: digest,
    line: `${PREFIX}${digest}${MIDDLE}${text}}\n`,
    recordBytes,
  }
}

/**
 * Checks one line by itself: its frame, its hash over the raw bytes, its encoding, spelling and keys.
 *
 * @param bytes the segment
 * @param start byte at which the line begins
 * @param end byte behind its last one, without the line feed
 * @returns hash and record, or the code of the first thing that is wrong
 */
export function checkLine(bytes: Uint8Array, start: number, end: number): LineCheck {
  if (!hasFrame(bytes, start, end)) return { code: 'bad_line' }
  const length = end - 1 - (start + RECORD_START)
  if (length > MAXIMUM_RECORD_BYTES) return { code: 'record_too_large' }
  const raw = bytes.subarray(start + RECORD_START, end - 1)
  scratch.set(raw, 1)
  const digest = hash('sha256', scratch.subarray(0, length + 1), 'hex')
  const stated = start + PREFIX.length
  for (let index = 0; index < 64; index++) {
    if (bytes[stated + index] !== digest.charCodeAt(index)) return { code: 'hash_mismatch' }
  }
  let text: string
  try {
    text = decoder.decode(raw)
  } catch {
    return { code: 'bad_utf8' }
  }
  let value: Json | undefined
  try {
    value = parseCanonical(text)
  } catch {
    return { code: 'bad_line' }
  }
  if (value === undefined) return { code: 'not_canonical' }
  return isRecord(value) ? { code: null, hash: digest, record: value } : { code: 'bad_line' }
}

function hasFrame(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= RECORD_START + 1) return false
  for (let index = 0; index < PREFIX.length; index++) {
    if (bytes[start + index] !== PREFIX.charCodeAt(index)) return false
  }
  for (let index = PREFIX.length; index < HASH_END; index++) {
    const byte = bytes[start + index]!
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false
  }
  for (let index = 0; index < MIDDLE.length; index++) {
    if (bytes[start + HASH_END + index] !== MIDDLE.charCodeAt(index)) return false
  }
  return bytes[end - 1] === 0x7d
}

const HASH = /^[0-9a-f]{64}$/
const ID = /^[0-9a-f]{32}$/
const RUN_ID = /^[A-Za-z0-9_-]+$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Tells whether a text is a SHA-256 in lower-case hex. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

/** Tells whether a text can be a run id. */
export function isRunId(value: unknown): value is string {
  return typeof value === 'string' && RUN_ID.test(value)
}

/** Tells whether a text is a time of the ledger: RFC 3339 UTC with milliseconds. */
export function isTime(value: unknown): value is string {
  if (typeof value !== 'string' || !TIME.test(value)) return false
  const milliseconds = Date.parse(value)
  // Some parsers turn 30 February into March; only a real day comes back as it was.
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === value
}

/** Tells whether a URI of an artefact is portable: below a run or the lakehouse, without ways out. */
export function isArtefactUri(value: unknown): value is string {
  if (typeof value !== 'string' || /[\\\0]/.test(value)) return false
  const [root, ...parts] = value.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return false
  if (root === 'runs') return parts.length >= 2 && isRunId(parts[0])
  return root === 'lakehouse' && parts.length >= 1
}

let latestTime = ''

function isRecord(value: Json): value is Json & LedgerRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const record = value as Partial<Record<keyof LedgerRecord, Json>>
  const { v, seq, prev, id, ts, type, body, actor, run_id, refs } = record
  let keys = 8
  if (run_id !== undefined) keys++
  if (refs !== undefined) keys++
  if (ts !== latestTime) {
    if (!isTime(ts)) return false
    latestTime = ts
  }
  return (
    Object.keys(record).length === keys &&
    v === 1 &&
    Number.isSafeInteger(seq) &&
    (seq as number) >= 0 &&
    isHash(prev) &&
    typeof id === 'string' &&
    ID.test(id) &&
    typeof type === 'string' &&
    type !== '' &&
    isObject(body) &&
    isActor(actor) &&
    (run_id === undefined || isRunId(run_id)) &&
    (refs === undefined || (Array.isArray(refs) && refs.every((ref: Json) => isRef(ref))))
  )
}

/** Tells whether a value is a JSON object. */
export function isObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Tells whether a value names who appended an entry. */
export function isActor(value: unknown): value is Actor {
  return (
    isObject(value) &&
    Object.keys(value).length === 2 &&
    (value['kind'] === 'human' || value['kind'] === 'service' || value['kind'] === 'ci') &&
    typeof value['id'] === 'string' &&
    value['id'] !== ''
  )
}

/** Tells whether a value cites an artefact. */
export function isRef(value: unknown): value is ArtefactRef {
  if (!isObject(value)) return false
  const { name, uri, digest, size, mediaType } = value
  return (
    Object.keys(value).length === (mediaType === undefined ? 4 : 5) &&
    typeof name === 'string' &&
    name !== '' &&
    isArtefactUri(uri) &&
    isObject(digest) &&
    Object.keys(digest).length === 1 &&
    isHash(digest['sha256']) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    (mediaType === undefined || typeof mediaType === 'string')
  )
}
