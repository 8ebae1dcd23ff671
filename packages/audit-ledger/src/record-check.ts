import { isArtefactUri, isHash, isObject, isRef, isRunId, isTime } from './entry.ts'
import type { ArtefactRef } from './entry.ts'
import { LedgerError } from './errors.ts'
import type { Json } from './canonical-json.ts'

/** What a caller records; the ledger adds number, link, id, time and actor. */
export interface AppendInput {
  /** One of the known types, whose bodies are checked, or any other. */
  readonly type: string
  /** Plain JSON; keys beyond the known ones are kept. */
  readonly body: object
  /** The run it belongs to; never repeated in `body`. */
  readonly run_id?: string | undefined
  readonly refs?: readonly ArtefactRef[] | undefined
}

/** The steps whose intents and outcomes are known. */
export const STEPS: readonly string[] =
  'discover bars symbols features backfill validate parity prove backtest compact vacuum promote rollback exclude'.split(
    ' ',
  )

type Check = (value: Json | undefined) => boolean
type Shape = Readonly<Record<string, readonly [expectation: string, check: Check]>>

const text: readonly [string, Check] = ['a text', (v) => typeof v === 'string' && v !== '']
const time: readonly [string, Check] = ['a time like 2026-01-29T01:15:26.000Z', isTime]
const object: readonly [string, Check] = ['an object', isObject]
const list: readonly [string, Check] = ['a list', Array.isArray]
const hash: readonly [string, Check] = ['64 lower-case hex digits', isHash]
const texts: readonly [string, Check] = [
  'a list of texts that is not empty',
  (v) => Array.isArray(v) && v.length > 0 && v.every((each) => text[1](each as Json)),
]
const optional = ([expectation, check]: readonly [string, Check]): readonly [string, Check] => [
  `${expectation}, or absent`,
  (v) => v === undefined || check(v),
]
const oneOf = (...words: string[]): readonly [string, Check] => [
  words.join(' or '),
  (v) => words.includes(v as string),
]
const version = (v: Json | undefined): boolean => Number.isSafeInteger(v) && (v as number) >= 0
const having = (shape: Shape): readonly [string, Check] => [
  `an object with ${Object.keys(shape).join(', ')}`,
  (v) => isObject(v) && Object.entries(shape).every(([key, [, check]]) => check(v[key])),
]

const intent: Shape = { op_id: text, profile: optional(text), params: object, inputs: object }
const outcome: Shape = {
  op_id: text,
  intent: optional(hash),
  profile: optional(text),
  status: oneOf('ok', 'partial', 'failed'),
  tables: [
    'an object of versions by table',
    (v) => isObject(v) && Object.values(v).every((each) => version(each)),
  ],
  left_out: [
    'a list of { symbol, reason }',
    (v) =>
      Array.isArray(v) &&
      v.every((each) => having({ symbol: text, reason: text })[1](each as Json)),
  ],
  message: optional(['a text', (v) => typeof v === 'string']),
}
const policy = having({ id: text, sha256: hash })
const revoke: Shape = { grant: hash, reason: text, requested_by: text }
const grant: Shape = {
  reason: text,
  requested_by: text,
  approved_by: text,
  granted_at: time,
  expires_at: time,
}

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ...STEPS.flatMap((step): [string, Shape][] => [
    [`${step}.intent`, intent],
    [`${step}.outcome`, outcome],
  ]),
  ['validation.report', { profile: optional(text), status: text, policy }],
  [
    'waiver.grant',
    {
      ...grant,
      waiver_id: text,
      scope: having({ profile: text, requirement: text, symbols: texts }),
      subject: having({ sha256: hash }),
      reason_code: text,
      follow_up: having({ kind: text, due: time }),
    },
  ],
  ['waiver.revoke', revoke],
  ['exclusion.grant', { ...grant, exclusion_id: text, profile: text, symbols: texts }],
  ['exclusion.revoke', revoke],
  [
    'promotion.decision',
    {
      op_id: text,
      decision: oneOf('PASSED', 'FAILED', 'WAIVED'),
      subject: having({ profile: text }),
      as_of: time,
      policy,
      evidence: list,
      requirements: list,
      waivers_rejected: list,
      promotes: ['an object or null', (v) => v === null || isObject(v)],
    },
  ],
  [
    'rollback.decision',
    {
      op_id: text,
      profile: text,
      from: ['a version or null', (v) => v === null || version(v)],
      to: ['a version', version],
      entry: hash,
      decision: text,
      reason: text,
    },
  ],
  ['note', { text }],
])

/** Tells whether a type is one whose meaning is known. */
export function isKnownType(type: string): boolean {
  return type === 'genesis' || SHAPES.has(type)
}

const TYPE = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/

/**
 * Checks what a caller wants to append, before anything is read or written.
 *
 * @param input the entry; its body must already be canonical
 * @throws LedgerError `invalid_record` naming the key
 */
export function checkInput(input: AppendInput): void {
  const { type, run_id, refs } = input
  const body = input.body as { readonly [key: string]: Json }
  if (typeof type !== 'string' || !TYPE.test(type) || type === 'genesis') {
    const rule = 'lower-case words with dots between them, and not genesis'
    throw refusal(String(type), 'type', rule, type)
  }
  if (!isObject(body)) throw refusal(type, 'body', 'an object', body)
  if ('run_id' in body) {
    throw refusal(type, 'body.run_id', 'absent: run_id belongs beside the body', body['run_id'])
  }
  if (run_id !== undefined && !isRunId(run_id)) {
    throw refusal(type, 'run_id', 'letters, digits, _ and -', run_id)
  }
  for (const [index, ref] of (refs ?? []).entries()) {
    if (!isRef(ref)) {
      const uri: unknown = isObject(ref) ? ref['uri'] : undefined
      if (!isArtefactUri(uri)) {
        const rule = 'runs/<RUN_ID>/<file> or lakehouse/<path>, without ".."'
        throw refusal(type, `refs[${index}].uri`, rule, uri)
      }
      const rule = '{ name, uri, digest: { sha256 }, size, mediaType? }'
      throw refusal(type, `refs[${index}]`, rule, ref)
    }
  }
  for (const [key, [expectation, check]] of Object.entries(SHAPES.get(type) ?? {})) {
    if (!check(body[key])) throw refusal(type, `body.${key}`, expectation, body[key])
  }
}

function refusal(type: string, key: string, expectation: string, value: unknown): LedgerError {
  const shown = JSON.stringify(value) ?? String(value)
  const was = shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
  return new LedgerError(
    'invalid_record',
    `${key} of an entry ${type} must be ${expectation}, was ${was}. Nothing was written.`,
  )
}
