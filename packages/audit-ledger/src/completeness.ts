import type { LedgerEntry } from './entry.ts'
import { isKnownType } from './record-check.ts'

/** An intent without an outcome. */
export interface DanglingIntent {
  readonly seq: number
  readonly hash: string
  readonly ts: string
  readonly type: string
  readonly run_id?: string
  readonly profile?: string
  readonly op_id?: string
}

/** A type that this version does not know. */
export interface UnknownType {
  readonly type: string
  readonly count: number
  /** Number of the first such entry. */
  readonly first_seq: number
}

/** Follows intents until their outcomes come. */
export interface IntentTracker {
  add(entry: LedgerEntry): void
  /** Those still open, in the order of the ledger. */
  open(): DanglingIntent[]
}

/**
 * Follows intents: one is closed by its own outcome (its hash or `op_id`), or by a later one of the same run and step.
 *
 * @returns a tracker that holds the open intents only
 */
export function trackIntents(): IntentTracker {
  const byStep = new Map<string, DanglingIntent[]>()
  return {
    add({ seq, hash, record }) {
      const { type, body, run_id, ts } = record
      if (type.endsWith('.intent')) {
        const key = keyOf(run_id, type.slice(0, -'.intent'.length))
        const { profile, op_id } = body
        const intent = {
          seq,
          hash,
          ts,
          type,
          ...(run_id === undefined ? {} : { run_id }),
          ...(typeof profile === 'string' ? { profile } : {}),
          ...(typeof op_id === 'string' ? { op_id } : {}),
        }
        const open = byStep.get(key)
        if (open === undefined) byStep.set(key, [intent])
        else open.push(intent)
      } else if (type.endsWith('.outcome')) {
        const key = keyOf(run_id, type.slice(0, -'.outcome'.length))
        const open = byStep.get(key)
        // Without a run, only its own outcome can close an intent.
        const left =
          run_id === undefined
            ? open?.filter(
                (intent) => intent.hash !== body['intent'] && intent.op_id !== body['op_id'],
              )
            : []
        if (left === undefined || left.length === 0) byStep.delete(key)
        else byStep.set(key, left)
      }
    },
    open: () => [...byStep.values()].flat().sort((left, right) => left.seq - right.seq),
  }
}

/** Counts the types that are not known. */
export function countUnknownTypes(): {
  add(entry: LedgerEntry): void
  found(): UnknownType[]
} {
  const unknown = new Map<string, UnknownType>()
  return {
    add({ seq, record: { type } }) {
      if (isKnownType(type)) return
      const before = unknown.get(type)
      unknown.set(type, {
        type,
        count: (before?.count ?? 0) + 1,
        first_seq: before?.first_seq ?? seq,
      })
    },
    found: () => [...unknown.values()],
  }
}

function keyOf(runId: string | undefined, step: string): string {
  return `${runId ?? ''}/${step}`
}
