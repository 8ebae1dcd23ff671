import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'
import { LedgerError } from './errors.ts'

/** What became of one signature line of a note. */
export interface NoteSignature {
  /** Name of the key. */
  readonly name: string
  /** `unknown`: none of the given keys made it. */
  readonly state: 'valid' | 'invalid' | 'unknown'
}

/** A signed note, taken apart. */
export interface Note {
  /** What is signed, with the line feed at its end. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A key for signing, or for verifying, notes. */
export interface NoteKey {
  readonly name: string
  /** First four bytes of a hash over name and public key, in hex. */
  readonly id: string
  readonly key: KeyObject
}

const ED25519 = 1
// What DER writes before the 32 bytes of an Ed25519 seed, and before those of a public key.
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex')
const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u

/**
 * Signs a text as a C2SP signed note, Ed25519.
 *
 * @param text ends with a line feed, has no other control characters
 * @param signingKey text of a signing key, `PRIVATE+KEY+<name>+<id>+<base64>`
 * @returns the note
 * @throws LedgerError `bad_key`, `bad_note`
 * @see https://c2sp.org/signed-note
 */
export function signNote(text: string, signingKey: string): string {
  if (!isNoteText(text)) {
    throw new LedgerError('bad_note', 'the text of a note must be lines that end with a line feed')
  }
  const { name, id, key } = parseSigningKey(signingKey)
  const signature = sign(null, Buffer.from(text), key)
  const line = Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64')
  return `${text}\n— ${name} ${line}\n`
}

/**
 * Opens a signed note and checks its signatures.
 *
 * @param note the note
 * @param verifierKeys texts of the keys to check with, `<name>+<id>+<base64>`
 * @returns its text and what became of each signature, in order
 * @throws LedgerError `bad_note` when it is not formed like one, `bad_key`
 * @see https://c2sp.org/signed-note
 */
export function openNote(note: string, verifierKeys: readonly string[]): Note {
  const keys = verifierKeys.map((text) => parseVerifierKey(text))
  const split = note.lastIndexOf('\n\n')
  const text = note.slice(0, split + 1)
  const lines = note.slice(split + 2).split('\n')
  if (split < 0 || !isNoteText(text) || !note.isWellFormed() || lines.pop() !== '' || !lines[0]) {
    throw malformed('it has no text, blank line and signatures')
  }
  const signatures = lines.map((line): NoteSignature => {
    const [, name, base64] = SIGNATURE_LINE.exec(line) ?? []
    const bytes = Buffer.from(base64 ?? '', 'base64')
    if (name === undefined || bytes.length < 5 || bytes.toString('base64') !== base64) {
      throw malformed('a signature line is malformed')
    }
    const id = bytes.toString('hex', 0, 4)
    const known = keys.find((key) => key.name === name && key.id === id)
    if (known === undefined) return { name, state: 'unknown' }
    const isValid =
      bytes.length === 68 && verify(null, Buffer.from(text), known.key, bytes.subarray(4))
    return { name, state: isValid ? 'valid' : 'invalid' }
  })
  return { text, signatures }
}

/** Reads the text of a signing key; `bad_key` when it is none. */
export function parseSigningKey(text: string): NoteKey {
  const key = parseKey(text.trim().replace(/^PRIVATE\+KEY\+/, ''), PRIVATE_DER, createPrivateKey)
  if (!text.trim().startsWith('PRIVATE+KEY+') || key === null) {
    // The text itself is a secret: it must not get into a message.
    throw new LedgerError(
      'bad_key',
      'the signing key must be one line PRIVATE+KEY+<name>+<id>+<base64> for Ed25519, and was not',
    )
  }
  return key
}

function parseVerifierKey(text: string): NoteKey {
  const key = parseKey(text.trim(), PUBLIC_DER, createPublicKey)
  if (key === null) {
    throw new LedgerError(
      'bad_key',
      `a verifier key must be <name>+<id>+<base64> for Ed25519, was ${JSON.stringify(text)}`,
    )
  }
  return key
}

function parseKey(
  text: string,
  prefix: Buffer,
  create: (der: { key: Buffer; format: 'der'; type: 'pkcs8' & 'spki' }) => KeyObject,
): NoteKey | null {
  const [, name, id, base64] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? []
  const bytes = Buffer.from(base64 ?? '', 'base64')
  if (name === undefined || bytes.length !== 33 || bytes[0] !== ED25519) return null
  const type = (prefix === PRIVATE_DER ? 'pkcs8' : 'spki') as 'pkcs8' & 'spki'
  const key = create({ key: Buffer.concat([prefix, bytes.subarray(1)]), format: 'der', type })
  return id === keyId(name, key) ? { name, id, key } : null
}

function keyId(name: string, key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), point])
  return hash('sha256', bytes, 'hex').slice(0, 8)
}

function isNoteText(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.endsWith('\n') && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text)
}

function malformed(why: string): LedgerError {
  return new LedgerError('bad_note', `this text is no signed note: ${why}`)
}
