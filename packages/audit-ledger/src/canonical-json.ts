import { LedgerError } from './errors.ts'

/** A value that canonical JSON can carry. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

// Deeper values would exhaust the stack of some reader; no record of 65,535 bytes has a use for them.
const MAXIMUM_DEPTH = 256

/** One step of the way to a value, for messages. */
interface Path {
  readonly parent: Path | undefined
  readonly key: string | number
  readonly depth: number
  /** The object or list that holds the value. */
  readonly holder: object
}

/**
 * Writes a value as canonical JSON: RFC 8785, refusing whatever would not come back as it was.
 *
 * Integers beyond 2^53 - 1 that JSON would spell with all their digits are refused, since readers round them
 * differently; numbers from 1e21 on are spelled with an exponent and pass.
 *
 * @param value plain objects, lists, strings, numbers, booleans and null, at most 256 deep
 * @returns one line of JSON without blanks, keys in the order of their UTF-16 code units
 * @throws LedgerError `not_canonical` (exit 2) with the path of a value that has no canonical form
 * @see https://www.rfc-editor.org/rfc/rfc8785
 * @example canonicalize({ b: 1e3, a: [-0, 'é'] }) // '{"a":[0,"é"],"b":1000}'
 */
export function canonicalize(value: unknown): string {
  return write(value, undefined)
}

/**
 * Reads canonical JSON, refusing any other spelling of the same value.
 *
 * @param text one JSON value; decoded from UTF-8 that was valid
 * @returns the value, or undefined when the text is JSON that is not canonical
 * @throws SyntaxError when the text is no JSON at all
 */
export function parseCanonical(text: string): Json | undefined {
  const value = JSON.parse(text) as Json
  // Parsing keeps the order of keys, so writing the value again compares the spelling at native speed. Surrogates
  // and keys like "10", which objects reorder, take the slow way.
  if (!text.includes('\\ud') && isOrdered(value, 0) && JSON.stringify(value) === text) return value
  try {
    return canonicalize(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Writes JSON data as canonical JSON, at native speed where its keys are in order already.
 *
 * @param value what came out of `JSON.parse`, or was built of such parts
 * @returns the same text as `canonicalize`
 * @throws LedgerError `not_canonical`
 */
export function canonicalizeData(value: Json): string {
  const text = JSON.stringify(value)
  return !text.includes('\\ud') && isOrdered(value, 0) ? text : canonicalize(value)
}

function isOrdered(value: Json, depth: number): boolean {
  if (typeof value === 'number') return !isUnsafe(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth === MAXIMUM_DEPTH) return false
  if (isList(value)) {
    for (let index = 0; index < value.length; index++) {
      if (!isOrdered(value[index]!, depth + 1)) return false
    }
    return true
  }
  let before: string | undefined
  for (const key in value) {
    if (before !== undefined && before >= key) return false
    before = key
    if (!isOrdered(value[key]!, depth + 1)) return false
  }
  return true
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value)
}

function isUnsafe(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21
}

function write(value: unknown, path: Path | undefined): string {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw refusal('a lone surrogate', path)
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw refusal(String(value), path)
      if (isUnsafe(value)) {
        throw refusal(`${value}, an integer beyond 2^53 - 1 (write it as a string)`, path)
      }
      return String(value)
    case 'boolean':
      return String(value)
    case 'object':
      break
    default:
      throw refusal(typeof value, path)
  }
  if (value === null) return 'null'
  const depth = (path?.depth ?? 0) + 1
  if (depth > MAXIMUM_DEPTH) throw refusal(`a value more than ${MAXIMUM_DEPTH} deep`, path)
  for (let above = path; above !== undefined; above = above.parent) {
    if (above.holder === value) throw refusal('a cycle', path)
  }
  if (Array.isArray(value)) {
    const items: string[] = []
    for (let index = 0; index < value.length; index++) {
      const place = { parent: path, key: index, depth, holder: value }
      if (!(index in value)) throw refusal('a hole in a list', place)
      items.push(write(value[index], place))
    }
    return `[${items.join(',')}]`
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  // The prototype of every plain object, whichever realm made it, is the end of the chain.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw refusal(`an object that is not plain (${nameOf(value)})`, path)
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw refusal('a symbol as a key', path)
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const place = { parent: path, key, depth, holder: value }
    if (!key.isWellFormed()) throw refusal('a lone surrogate in a key', place)
    members.push(`${JSON.stringify(key)}:${write((value as Record<string, unknown>)[key], place)}`)
  }
  return `{${members.join(',')}}`
}

function refusal(what: string, path: Path | undefined): LedgerError {
  let text = ''
  for (let step = path; step !== undefined; step = step.parent) {
    text =
      typeof step.key === 'number'
        ? `[${step.key}]${text}`
        : `${/^[A-Za-z_]\w*$/.test(step.key) ? `.${step.key}` : `[${JSON.stringify(step.key)}]`}${text}`
  }
  return new LedgerError(
    'not_canonical',
    `$${text} has no canonical JSON: it was ${what}. Nothing was written.`,
    { exit: 2 },
  )
}

function nameOf(value: object): string {
  const maker: unknown = (value as { constructor?: unknown }).constructor
  return typeof maker === 'function' ? maker.name : 'of an unknown class'
}
