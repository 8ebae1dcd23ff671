import { openCheckpoint, parseCheckpointName, type CheckpointBody } from './checkpoint.ts'
import type { Place } from './chain.ts'
import type { LedgerEntry } from './entry.ts'
import { LedgerError, type Finding } from './errors.ts'
import { CHECKPOINT_FOLDER } from './segment-name.ts'
import type { LedgerStore } from './store.ts'

/** How far the end of a ledger is held in place by checkpoints. */
export interface Tail {
  readonly state: 'pinned' | 'unpinned'
  /** Size of the largest checkpoint that matched; null without one. */
  readonly size: number | null
  /** `given`: kept elsewhere; `beside`: in the ledger's own folder, cut as easily as its segments. */
  readonly source: 'given' | 'beside' | null
  /** Entries behind it, which nobody pinned. */
  readonly after: number
}

/** What is known of the signature of the checkpoint that pins the tail. */
export interface SignatureState {
  /** `none`: it is not signed; `unchecked`: it is, but no key was given, or none of its signers. */
  readonly state: 'valid' | 'none' | 'unchecked' | 'invalid'
  /** Name of the key; null without a signature. */
  readonly key: string | null
}

interface Pin extends CheckpointBody {
  readonly name: string
  readonly source: 'given' | 'beside'
  readonly signature: SignatureState
}

/** Checkpoints to compare a ledger with while it is read. */
export interface Pins {
  /** Compares an entry with the checkpoints that end with it. */
  entry(entry: LedgerEntry, place: Place, origin: string | null): Finding[]
  /** Names what is larger than the ledger. */
  end(size: number): Finding[]
  tail(size: number): Tail
  signature(): SignatureState
  /** Found while the checkpoints were read. */
  readonly findings: readonly Finding[]
  readonly unreadable: readonly string[]
  readonly count: number
}

/**
 * Reads the checkpoints beside a ledger and those given, and checks their signatures.
 *
 * @param store the ledger's store; null for an export, which has nothing beside it
 * @param given texts of checkpoints kept elsewhere
 * @param verifierKeys texts of verifier keys
 * @returns the checkpoints, to be compared
 * @throws LedgerError `bad_note` for a given text that is no checkpoint, `bad_key`
 */
export async function readPins(
  store: LedgerStore | null,
  given: readonly string[],
  verifierKeys: readonly string[],
): Promise<Pins> {
  const pins: Pin[] = []
  const findings: Finding[] = []
  const unreadable: string[] = []
  let isInvalid: string | undefined

  const add = (text: string, name: string, source: Pin['source'], size?: number): void => {
    const checkpoint = openCheckpoint(text, verifierKeys)
    if (size !== undefined && size !== checkpoint.size) {
      throw new LedgerError('bad_note', `${name} is a checkpoint of ${checkpoint.size} entries`)
    }
    const { signatures } = checkpoint
    const best =
      signatures.find(({ state }) => state === 'invalid') ??
      signatures.find(({ state }) => state === 'valid')
    const isUnsigned = source === 'given' && verifierKeys.length > 0 && best === undefined
    if (best?.state === 'invalid' || isUnsigned) {
      isInvalid ??= best?.name ?? signatures[0]?.name ?? ''
      const at = { seq: checkpoint.size - 1, segment: null, line: null, offset: null }
      findings.push({ code: 'bad_signature', ...at, subject: name })
    }
    const state = best?.state === 'valid' ? 'valid' : signatures.length > 0 ? 'unchecked' : 'none'
    const signature = { state, key: best?.name ?? signatures[0]?.name ?? null } as const
    const { origin, hash } = checkpoint
    pins.push({ origin, hash, size: checkpoint.size, name, source, signature })
  }

  for (const [index, text] of given.entries()) add(text, `given checkpoint ${index + 1}`, 'given')
  if (store !== null) {
    for (const name of await store.list(CHECKPOINT_FOLDER)) {
      const stated = parseCheckpointName(name)
      const bytes = stated === null ? null : await store.get(name)
      try {
        if (stated === null || bytes === null) throw new LedgerError('bad_note', name)
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
        add(text, name, 'beside', stated.size)
      } catch (error) {
        if (error instanceof LedgerError && error.code === 'bad_key') throw error
        unreadable.push(name)
      }
    }
  }

  pins.sort((left, right) => left.size - right.size)
  let waiting = 0
  let matched: Pin | undefined
  const mismatch = (
    code: 'checkpoint_mismatch' | 'tail_missing',
    pin: Pin,
    at: object,
  ): Finding => ({
    code,
    seq: pin.size - 1,
    segment: null,
    line: null,
    offset: null,
    ...at,
    subject: pin.name,
  })
  return {
    entry({ seq, hash }, place, origin) {
      while (waiting < pins.length && pins[waiting]!.size <= seq) waiting++
      const found: Finding[] = []
      for (; waiting < pins.length && pins[waiting]!.size === seq + 1; waiting++) {
        const pin = pins[waiting]!
        if (pin.hash !== hash || (origin !== null && pin.origin !== origin)) {
          found.push(mismatch('checkpoint_mismatch', pin, place))
        } else if (matched === undefined || rank(pin) >= rank(matched)) matched = pin
      }
      return found
    },
    end: (size) =>
      pins
        .filter((pin) => pin.size > size)
        .map((pin) => mismatch('tail_missing', pin, { seq: size })),
    tail: (size) => ({
      state: matched === undefined ? 'unpinned' : 'pinned',
      size: matched?.size ?? null,
      source: matched?.source ?? null,
      after: size - (matched?.size ?? 0),
    }),
    signature: () =>
      isInvalid === undefined
        ? (matched?.signature ?? { state: 'none', key: null })
        : { state: 'invalid', key: isInvalid || null },
    findings,
    unreadable,
    count: pins.length,
  }
}

const SIGNATURE_RANK = { invalid: 0, none: 1, unchecked: 2, valid: 3 }

/** The larger checkpoint counts; of one size the one kept elsewhere, then the one with the better signature. */
function rank({ size, source, signature }: Pin): number {
  return size * 8 + (source === 'given' ? 4 : 0) + SIGNATURE_RANK[signature.state]
}
