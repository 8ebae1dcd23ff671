import { expect, test } from 'vitest'
import { LedgerError, openNote, parseCheckpoint, signNote } from '../src/index.ts'
import { readVectorJson, vectors, withoutVectors } from './shared-data.ts'

const withVectors = test.skipIf(vectors === undefined)

interface Notes {
  vectors: { name: string; skey?: string; vkey: string; note: string; valid: boolean }[]
  checkpointBodies: { text: string; valid: boolean; why: string }[]
}

const SKEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof LedgerError ? error.code : String(error)
  }
}

withVectors(`notes of other implementations open as they should${withoutVectors}`, () => {
  const { vectors: notes } = readVectorJson<Notes>('signed-note/notes.json')
  expect(notes.length).toBe(6)
  for (const { name, vkey, skey, note, valid } of notes) {
    let isValid = false
    try {
      const { text, signatures } = openNote(note, [vkey])
      isValid = signatures.some(({ state }) => state === 'valid')
      // Ed25519 has one signature for a text and a key.
      if (skey !== undefined) expect(signNote(text, skey), name).toBe(note)
    } catch (error) {
      expect(
        codeOf(() => openNote(note, [vkey])),
        String(error),
      ).toBe('bad_note')
    }
    expect(isValid, name).toBe(valid)
  }
})

withVectors(`checkpoint bodies are read, or refused${withoutVectors}`, () => {
  const { checkpointBodies } = readVectorJson<Notes>('signed-note/notes.json')
  expect(checkpointBodies.length).toBe(14)
  for (const { text, valid, why } of checkpointBodies) {
    expect(codeOf(() => parseCheckpoint(text)) === 'none', why).toBe(valid)
  }
})

test('a signature is valid, invalid, or of a key that is not known', () => {
  const note = signNote('text\n\nmore text\n', SKEY)
  const states = (text: string, keys: string[]) =>
    openNote(text, keys).signatures.map(({ state }) => state)
  expect(states(note, [VKEY])).toEqual(['valid'])
  expect(states(note, [])).toEqual(['unknown'])
  expect(states(note.replace('more', 'less'), [VKEY])).toEqual(['invalid'])
  expect(openNote(note, []).text).toBe('text\n\nmore text\n')
})

test('malformed notes and keys are refused, and a secret never gets into the message', () => {
  for (const note of [
    '',
    'text\n',
    'text\n\n',
    'text\n\n— a b c\n',
    'text\n\n— a AAAA\n',
    'a\tb\n\n— a x\n',
  ]) {
    expect(
      codeOf(() => openNote(note, [])),
      JSON.stringify(note),
    ).toBe('bad_note')
  }
  const withoutFeed = signNote('text\n', SKEY).slice(0, -1)
  expect(codeOf(() => openNote(withoutFeed, []))).toBe('bad_note')
  for (const key of ['', VKEY, SKEY.replace('c74f20a3', 'c74f20a4'), SKEY.slice(0, -4)]) {
    expect(
      codeOf(() => signNote('text\n', key)),
      key,
    ).toBe('bad_key')
  }
  expect(codeOf(() => openNote('a\n\n— a AAAAAAAA\n', ['nonsense']))).toBe('bad_key')
  expect(() => signNote('text\n', SKEY.replace('c74f20a3', 'c74f20a4'))).toThrow(/^(?!.*AYEKF)/)
  expect(codeOf(() => signNote('no feed', SKEY))).toBe('bad_note')
})
