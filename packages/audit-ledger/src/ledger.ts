import { randomBytes, randomUUID } from 'node:crypto'
import { canonicalize } from './canonical-json.ts'
import { writeCheckpoint, type CheckpointResult } from './checkpoint.ts'
import {
  formatEntry,
  isActor,
  MAXIMUM_RECORD_BYTES,
  type Actor,
  type LedgerEntry,
  type LedgerRecord,
} from './entry.ts'
import { LedgerError } from './errors.ts'
import { followHead, parseNames, readHead, type Head } from './head.ts'
import { parseSigningKey } from './note.ts'
import { checkInput, type AppendInput } from './record-check.ts'
import { formatSegmentName, isBundleWith, LEDGER_FOLDER } from './segment-name.ts'
import type { LedgerStore } from './store.ts'
import { surroundings } from './surroundings.ts'

/** An entry to append, or how to make it from the ones before it in the same append. */
export type Appendable = AppendInput | ((earlier: readonly LedgerEntry[]) => AppendInput)

/** Settings of a writer. */
export interface LedgerOptions {
  /** Who appends. */
  readonly actor: Actor
  /** Name of the ledger, written once, with the first entry; the signing key's name or a new one unless given. */
  readonly origin?: string | undefined
  /** Milliseconds since 1970 UTC; the machine's clock unless given. */
  readonly clock?: (() => number) | undefined
  /** How long an append tries while others win, in milliseconds; 30,000 unless given. */
  readonly timeoutMs?: number | undefined
  /** Signs checkpoints: the text of a note signing key, whose name is the origin. */
  readonly signingKey?: string | undefined
  /** What the first entry says of its surroundings; the version of Node unless given. */
  readonly env?:
    | {
        readonly node: string
        readonly git_commit?: string
        readonly lockfile_sha256?: string
        readonly config_sha256?: string
      }
    | undefined
  /** From 0 up to 1: spreads the attempts of writers that collide. */
  readonly random?: (() => number) | undefined
  /** Waits, milliseconds. */
  readonly sleep?: ((milliseconds: number) => Promise<void>) | undefined
}

/** A ledger that can be written. */
export interface Ledger {
  /**
   * Appends one entry; the promise is fulfilled when it is durable.
   *
   * @throws LedgerError `invalid_record` or `not_canonical` (2), a finding at the ledger's end (3), `contention` or
   * `store_failed` (5)
   */
  append(input: Appendable): Promise<LedgerEntry>
  /** Appends several entries, all or none. */
  append(inputs: readonly Appendable[]): Promise<LedgerEntry[]>
  /**
   * Writes a checkpoint of all entries and, with `fold`, brings old segments together in bundles.
   *
   * @throws LedgerError exit 3 where an earlier checkpoint is contradicted; nothing is written then
   */
  checkpoint(options?: { readonly fold?: boolean }): Promise<CheckpointResult>
}

/** The largest append, in bytes. */
const MAXIMUM_APPEND_BYTES = 8 * 1024 * 1024
/** A listing older than this may miss a bundle: only segments older than an hour are folded. */
const LISTING_LIFETIME_MS = 10 * 60 * 1000
const TIMEOUT_MS = 30_000
const PUT_ATTEMPTS = 3

/**
 * Opens a ledger for writing. Nothing is read or written yet; the first append creates the ledger if there is none.
 *
 * @param store where it lies
 * @param options who appends, and how
 * @returns the ledger; its appends queue up
 * @throws LedgerError `invalid_input`, `bad_key` or `origin_mismatch` for options that can never work
 * @example const ledger = await openLedger(fileStore('data/lakehouse/audit'), { actor: { kind: 'service', id: 'etl' } })
 */
export async function openLedger(store: LedgerStore, options: LedgerOptions): Promise<Ledger> {
  const {
    clock = surroundings.clock,
    timeoutMs = TIMEOUT_MS,
    signingKey,
    random = surroundings.random,
    sleep = surroundings.sleep,
    env = { node: surroundings.node },
  } = options
  if (!isActor(options.actor)) {
    throw new LedgerError(
      'invalid_input',
      `actor must be { kind: human, service or ci, id }, was ${JSON.stringify(options.actor)}`,
    )
  }
  const actor = { id: options.actor.id, kind: options.actor.kind }
  if (!(timeoutMs >= 0)) {
    throw new LedgerError('invalid_input', `timeoutMs must be 0 or more, was ${timeoutMs}`)
  }
  const key = signingKey === undefined ? undefined : parseSigningKey(signingKey)
  if (key !== undefined && options.origin !== undefined && key.name !== options.origin) {
    throw new LedgerError(
      'origin_mismatch',
      `the signing key is for ${key.name}, but the origin is ${options.origin}. Nothing was written.`,
    )
  }
  const ledgerId = randomUUID()
  const origin = options.origin ?? key?.name ?? `feature-store.local/ledger/${ledgerId}`
  if (origin === '' || /[\r\n]/.test(origin) || !origin.isWellFormed()) {
    throw new LedgerError('invalid_input', `origin must be one line, was ${JSON.stringify(origin)}`)
  }
  const genesis: AppendInput = {
    type: 'genesis',
    body: { ledger_id: ledgerId, origin, hash_alg: 'rfc6962-leaf-sha256', env },
  }
  let remembered: Head | undefined

  async function currentHead(): Promise<Head> {
    const age = remembered === undefined ? -1 : clock() - remembered.listedAtMs
    if (remembered !== undefined && age >= 0 && age <= LISTING_LIFETIME_MS) return remembered
    remembered = await asked(() => readHead(store, clock), 'the end of the ledger')
    return remembered
  }

  async function appendAll(inputs: readonly Appendable[]): Promise<LedgerEntry[]> {
    const random128 = randomBytes(16 * (inputs.length + 1)).toString('hex')
    const ids = Array.from({ length: inputs.length + 1 }, (_, index) =>
      random128.slice(32 * index, 32 * index + 32),
    )
    const startedMs = clock()
    for (let attempt = 0; ; attempt++) {
      const head = await currentHead()
      const isNew = head.next === 0
      const built = buildLines(isNew ? [genesis, ...inputs] : inputs, head, {
        ids: isNew ? ids : ids.slice(1),
        actor,
        nowMs: clock(),
      })
      const name = formatSegmentName(head.next)
      const bytes = new TextEncoder().encode(built.text)
      if (bytes.length > MAXIMUM_APPEND_BYTES) {
        throw new LedgerError(
          'invalid_record',
          `an append must be at most ${MAXIMUM_APPEND_BYTES} bytes, was ${bytes.length}. Nothing was written: ` +
            'append in parts, or put long lists into a file and cite it in refs.',
        )
      }
      remembered = undefined
      if (await put(name, bytes)) {
        if (isListingOld(head) && (await wasFolded(name, head.next))) continue
        const last = built.entries.at(-1)!
        const { hash, record } = last
        remembered = { ...head, next: last.seq + 1, hash, ts: record.ts, segment: name }
        return isNew ? built.entries.slice(1) : built.entries
      }
      const followed = isListingOld(head)
        ? null
        : await asked(() => followHead(store, head), 'the end of the ledger')
      if (followed !== null) remembered = followed
      if (clock() - startedMs >= timeoutMs) {
        throw new LedgerError(
          'contention',
          `other writers won every attempt for ${timeoutMs} ms (${attempt + 1} attempts, last at entry ${head.next}). ` +
            'Nothing was written: run again.',
        )
      }
      await sleep(random() * Math.min(2 ** attempt, 64))
    }
  }

  function isListingOld(head: Head): boolean {
    const age = clock() - head.listedAtMs
    return age < 0 || age > LISTING_LIFETIME_MS
  }

  /** A number that a fold has set free can be taken by a writer that slept; the bundle counts, the segment goes. */
  async function wasFolded(name: string, seq: number): Promise<boolean> {
    const segments = await asked(() => store.list(LEDGER_FOLDER), name, 'outcome_unknown')
    if (!parseNames(segments).some((segment) => isBundleWith(segment, seq))) return false
    await asked(() => store.delete(name), name, 'outcome_unknown')
    return true
  }

  /** Creates a name, whatever the store says of it: what lies there afterwards decides. */
  async function put(name: string, bytes: Uint8Array): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      let failure: { readonly cause: unknown } | undefined
      try {
        if (await store.putIfAbsent(name, bytes)) return true
      } catch (cause) {
        failure = { cause }
      }
      const found = await asked(() => store.get(name), name, 'outcome_unknown')
      if (found !== null) return isEqual(found, bytes)
      if (failure !== undefined && attempt >= PUT_ATTEMPTS) {
        throw storeFailure(`${name} could not be written, and is not there`, failure.cause)
      }
      if (failure === undefined && attempt >= PUT_ATTEMPTS) return false
      await sleep(random() * 10 * attempt)
    }
  }

  let queue: Promise<unknown> = Promise.resolve()
  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work)
    queue = result.catch(() => undefined)
    return result
  }

  function append(input: Appendable): Promise<LedgerEntry>
  function append(inputs: readonly Appendable[]): Promise<LedgerEntry[]>
  async function append(
    input: Appendable | readonly Appendable[],
  ): Promise<LedgerEntry | LedgerEntry[]> {
    const inputs: readonly Appendable[] = isMany(input) ? input : [input]
    if (inputs.length === 0) {
      throw new LedgerError('invalid_input', 'an append must have at least one entry, had none')
    }
    // What the caller changes after the call must not change what is written.
    const frozen = inputs.map((each) => (typeof each === 'function' ? each : freeze(each)))
    const written = await enqueue(() => appendAll(frozen))
    return isMany(input) ? written : written[0]!
  }

  return {
    append,
    checkpoint: (request = {}) =>
      enqueue(() =>
        writeCheckpoint(store, {
          clock,
          origin: options.origin,
          signingKey,
          fold: request.fold ?? false,
        }),
      ),
  }
}

function isMany(input: Appendable | readonly Appendable[]): input is readonly Appendable[] {
  return Array.isArray(input)
}

function freeze(input: AppendInput): AppendInput {
  const { type, body, run_id, refs } = input
  const parts = { body, ...(refs === undefined ? {} : { refs }) }
  const copy = JSON.parse(canonicalize(parts)) as Pick<AppendInput, 'body' | 'refs'>
  const frozen = { type, run_id, ...copy }
  checkInput(frozen)
  return frozen
}

function buildLines(
  inputs: readonly Appendable[],
  head: Head,
  by: { readonly ids: readonly string[]; readonly actor: Actor; readonly nowMs: number },
): { text: string; entries: LedgerEntry[] } {
  const now = new Date(by.nowMs).toISOString()
  const ts = now > head.ts ? now : head.ts
  const entries: LedgerEntry[] = []
  let text = ''
  let prev = head.hash
  for (const [index, each] of inputs.entries()) {
    const input = typeof each === 'function' ? freeze(each(entries)) : each
    const { type, body, run_id, refs } = input
    // In the order of canonical JSON, which saves sorting.
    const record = {
      actor: by.actor,
      body: body as LedgerRecord['body'],
      id: by.ids[index]!,
      prev,
      ...(refs === undefined ? {} : { refs }),
      ...(run_id === undefined ? {} : { run_id }),
      seq: head.next + index,
      ts,
      type,
      v: 1,
    } satisfies LedgerRecord
    const { hash, line, recordBytes } = formatEntry(record)
    if (recordBytes > MAXIMUM_RECORD_BYTES) {
      throw new LedgerError(
        'record_too_large',
        `a record must be at most ${MAXIMUM_RECORD_BYTES} bytes, but this ${type} has ${recordBytes}. Nothing was ` +
          'written: put long lists into a file of the run and cite it in refs.',
        { exit: 2 },
      )
    }
    entries.push({ seq: record.seq, hash, record })
    text += line
    prev = hash
  }
  return { text, entries }
}

async function asked<T>(
  work: () => Promise<T>,
  what: string,
  outcome: 'unchanged' | 'outcome_unknown' = 'unchanged',
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause
    const known =
      outcome === 'unchanged'
        ? 'Nothing was written'
        : 'Whether the entries were written is not known: look with "fs-ledger show"'
    throw storeFailure(`the store failed on ${what}`, cause, known)
  }
}

function storeFailure(what: string, cause: unknown, known = 'Nothing was written'): LedgerError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new LedgerError('store_failed', `${what} (${detail}). ${known}.`, { cause })
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
