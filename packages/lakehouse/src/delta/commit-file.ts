import { LakehouseError } from '../errors.ts'
import type { Action } from './actions.ts'
import { isJsonObject } from './json-object.ts'

type FieldKind = 'string' | 'integer' | 'boolean' | 'object' | 'strings' | 'map'

// The fields this package relies on, in the order in which the kinds are written; `?` marks those others may leave out.
const FIELDS: Readonly<Record<string, Readonly<Record<string, FieldKind | `${FieldKind}?`>>>> = {
  commitInfo: {},
  protocol: {
    minReaderVersion: 'integer',
    minWriterVersion: 'integer',
    readerFeatures: 'strings?',
    writerFeatures: 'strings?',
  },
  metaData: {
    id: 'string',
    format: 'object',
    schemaString: 'string',
    partitionColumns: 'strings',
    configuration: 'map?',
    createdTime: 'integer?',
  },
  txn: { appId: 'string', version: 'integer', lastUpdated: 'integer?' },
  remove: {
    path: 'string',
    deletionTimestamp: 'integer?',
    dataChange: 'boolean',
    partitionValues: 'map?',
    size: 'integer?',
  },
  add: {
    path: 'string',
    partitionValues: 'map',
    size: 'integer',
    modificationTime: 'integer',
    dataChange: 'boolean',
    stats: 'string?',
    tags: 'map?',
    deletionVector: 'object?',
  },
}

/**
 * Reads the actions of a commit. Unknown actions are left out and unknown fields kept, so tables of newer and other
 * engines stay readable and what they noted survives. A null field counts as absent.
 *
 * @param bytes the file: one JSON object per line
 * @param version its version, for the error
 * @param file its path, for the error
 * @returns the known actions in the order of the file
 * @throws LakehouseError `corrupt_log` with version and line when a line is no JSON object or a known action lacks a
 *   field, and when the file is empty
 */
export function parseActions(bytes: Uint8Array, version: number, file: string): readonly Action[] {
  const corrupt = (line: number, problem: string, cause?: unknown): LakehouseError =>
    new LakehouseError(
      'corrupt_log',
      `version ${version} of the log is damaged: line ${line} of ${file} ${problem}. Nothing was changed: restore ` +
        'that file, or read an earlier version',
      { cause, evidence: { file, version, line } },
    )
  const actions: Action[] = []
  let lines = 0
  for (const [index, line] of decode(bytes, corrupt).split('\n').entries()) {
    if (line.trim() === '') continue
    lines++
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (cause) {
      throw corrupt(index + 1, 'is not JSON', cause)
    }
    if (!isJsonObject(value)) throw corrupt(index + 1, 'is not a JSON object')
    for (const [kind, fields] of Object.entries(value)) {
      const wanted = Object.hasOwn(FIELDS, kind) ? FIELDS[kind] : undefined
      if (wanted === undefined || fields === null) continue
      const problem = problemOf(fields, wanted)
      if (problem !== null) throw corrupt(index + 1, `holds a bad ${kind} action: ${problem}`)
      // The fields were checked one line above; the compiler cannot follow a table of kinds.
      actions.push({ [kind]: withoutNulls(fields as object) } as unknown as Action)
    }
  }
  if (lines === 0) throw corrupt(1, 'is missing, the file is empty')
  return actions
}

/**
 * Writes the actions of a commit: commitInfo, protocol, metaData, txn, remove, add, and each kind in the order given.
 *
 * @param actions the actions, in any order
 * @returns the bytes of the file, one JSON object per line
 */
export function formatActions(actions: readonly Action[]): Uint8Array {
  const sorted = Object.keys(FIELDS).flatMap((kind) => actions.filter((action) => kind in action))
  return new TextEncoder().encode(sorted.map((action) => `${JSON.stringify(action)}\n`).join(''))
}

function decode(
  bytes: Uint8Array,
  corrupt: (line: number, problem: string, cause?: unknown) => LakehouseError,
): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw corrupt(1, 'or a later one is not UTF-8', cause)
  }
}

/**
 * Checks the fields of one action.
 *
 * @param kind such as `add`
 * @param fields as they were read
 * @returns what is wrong, or null
 */
export function actionProblem(kind: string, fields: unknown): string | null {
  return problemOf(fields, FIELDS[kind]!)
}

function problemOf(
  fields: unknown,
  wanted: Readonly<Record<string, FieldKind | `${FieldKind}?`>>,
): string | null {
  if (!isJsonObject(fields)) return 'it is not an object'
  for (const [name, rule] of Object.entries(wanted)) {
    const optional = rule.endsWith('?')
    const kind = (optional ? rule.slice(0, -1) : rule) as FieldKind
    const value = fields[name] ?? null
    if (value === null) {
      if (!optional) return `${name} is missing`
    } else if (!isKind(value, kind)) {
      return `${name} must be ${NOUNS[kind]}, was ${JSON.stringify(value)}`
    }
  }
  return null
}

const NOUNS: Readonly<Record<FieldKind, string>> = {
  string: 'a string',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  strings: 'a list of strings',
  map: 'an object of strings',
}

function isKind(value: unknown, kind: FieldKind): boolean {
  switch (kind) {
    case 'integer':
      return Number.isInteger(value)
    case 'object':
      return isJsonObject(value)
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
    case 'map':
      return (
        isJsonObject(value) &&
        Object.values(value).every((v) => v === null || typeof v === 'string')
      )
    default:
      return typeof value === kind
  }
}

function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}
