import type { Json } from './canonical-json.ts'
import { trackIntents, type DanglingIntent } from './completeness.ts'
import { isObject, type LedgerEntry } from './entry.ts'

/** What became of a run. */
export interface RunState {
  readonly run_id: string
  readonly profile: string | null
  /** Its last step. */
  readonly step: string
  /** `open` until that step's outcome, then what the outcome says. */
  readonly status: string
  /** Share of the requested symbols that the last snapshot covered, 0 to 1; null when nothing says it. */
  readonly coverage: number | null
  /** Time of its last entry. */
  readonly ts: string
}

/** Whether a grant counts. */
export type GrantStanding = 'active' | 'expired' | 'revoked' | 'not_yet_valid'

/** A waiver or a standing exclusion. */
export interface GrantState {
  readonly id: string
  /** Hash of the entry that granted it. */
  readonly hash: string
  readonly seq: number
  readonly profile: string | null
  readonly run_id: string | null
  /** What a waiver waives; null for an exclusion. */
  readonly requirement: string | null
  readonly symbols: readonly string[]
  readonly standing: GrantStanding
  readonly granted_at: string
  readonly expires_at: string
  /** When a waiver's follow-up is due. */
  readonly due: string | null
  /** True when that time has passed and no later decision of the profile passed without a waiver. */
  readonly overdue: boolean
}

/** What is in force for a profile. */
export interface PromotionState {
  readonly run_id: string | null
  readonly decision: string
  /** Version of the manifest; null until the outcome that names it. */
  readonly manifest: number | null
  /** Hashes of waivers it rests on that were revoked since: the decision stands, and is flagged. */
  readonly revoked_waivers?: readonly string[]
}

/** A rollback decision. */
export interface RollbackState {
  readonly seq: number
  readonly ts: string
  readonly profile: string
  readonly from: number | null
  readonly to: number | null
  readonly decision: string
  readonly reason: string
}

/** What a ledger says at a moment. */
export interface LedgerState {
  readonly as_of: string
  readonly runs: readonly RunState[]
  readonly open_intents: readonly DanglingIntent[]
  /** Ids. */
  readonly waivers_active: readonly string[]
  /** Ids. */
  readonly exclusions_active: readonly string[]
  readonly waivers: readonly GrantState[]
  readonly exclusions: readonly GrantState[]
  readonly promotions: Readonly<Record<string, PromotionState>>
  readonly rollbacks: readonly RollbackState[]
}

/** Which part of a state is wanted. */
export interface StateOptions {
  /** RFC 3339 time: later entries are not looked at. */
  readonly as_of: string
  /** Only this run. */
  readonly run_id?: string | undefined
  /** Only this profile. */
  readonly profile?: string | undefined
}

interface Promotion {
  readonly run_id: string | null
  readonly decision: string
  readonly hash: string
  readonly waivers: readonly string[]
  readonly op_id: Json | undefined
  manifest: number | null
}

interface Grant {
  readonly entry: LedgerEntry
  readonly profile: string | null
  isFollowedUp: boolean
}

/**
 * Says what a ledger's entries amount to at a moment: runs, open intents, grants, promotions.
 *
 * @param entries the entries from the first on, in order
 * @param options the moment, and a run or a profile to look at
 * @returns the state
 * @throws RangeError when `as_of` is no time
 */
export async function foldState(
  entries: AsyncIterable<LedgerEntry> | Iterable<LedgerEntry>,
  options: StateOptions,
): Promise<LedgerState> {
  const asOfMs = Date.parse(options.as_of)
  if (Number.isNaN(asOfMs)) {
    throw new RangeError(`as_of must be an RFC 3339 time, was ${JSON.stringify(options.as_of)}`)
  }
  const asOf = new Date(asOfMs).toISOString()
  const intents = trackIntents()
  const runs = new Map<string, RunState & { requested: number | null }>()
  const waivers: Grant[] = []
  const exclusions: Grant[] = []
  const revoked = new Set<string>()
  const promotions = new Map<string, Promotion>()
  const byHash = new Map<string, Promotion>()
  const rollbacks: RollbackState[] = []

  for await (const entry of entries) {
    const { hash, record, seq } = entry
    const { type, body, ts, run_id } = record
    if (ts > asOf) break
    intents.add(entry)
    if (run_id !== undefined) runs.set(run_id, follow(runs.get(run_id), entry, run_id))
    const profile = textOf(body['profile'])
    if (type === 'waiver.grant') {
      waivers.push({ entry, profile: textOf(at(body, 'scope', 'profile')), isFollowedUp: false })
    } else if (type === 'exclusion.grant') {
      exclusions.push({ entry, profile, isFollowedUp: false })
    } else if (type === 'waiver.revoke' || type === 'exclusion.revoke') {
      revoked.add(String(textOf(body['grant'])))
    } else if (type === 'promotion.decision') {
      const subject = textOf(at(body, 'subject', 'profile')) ?? ''
      const decision = textOf(body['decision']) ?? ''
      if (decision === 'PASSED') {
        for (const grant of waivers) if (grant.profile === subject) grant.isFollowedUp = true
      }
      if (decision === 'PASSED' || decision === 'WAIVED') {
        const promotion = {
          run_id: run_id ?? null,
          decision,
          hash,
          waivers: waiversOf(body['requirements']),
          op_id: body['op_id'],
          manifest: null,
        }
        byHash.set(hash, promotion)
        promotions.set(subject, promotion)
      }
    } else if (type === 'rollback.decision' && profile !== null) {
      const to = numberOf(body['to'])
      rollbacks.push({
        seq,
        ts,
        profile,
        from: numberOf(body['from']),
        to,
        decision: textOf(body['decision']) ?? '',
        reason: textOf(body['reason']) ?? '',
      })
      const back = byHash.get(textOf(body['entry']) ?? '')
      if (back !== undefined && body['decision'] !== 'FAILED') {
        promotions.set(profile, { ...back, op_id: body['op_id'], manifest: null })
      }
    } else if (type === 'promote.outcome' || type === 'rollback.outcome') {
      const promotion = profile === null ? undefined : promotions.get(profile)
      const manifest = numberOf(body['manifest'])
      if (promotion !== undefined && manifest !== null && promotion.op_id === body['op_id']) {
        promotion.manifest = manifest
      }
    }
  }

  const isWanted = (each: { profile?: string | null; run_id?: string | null }): boolean =>
    (options.profile === undefined || each.profile === options.profile) &&
    (options.run_id === undefined || each.run_id === options.run_id)
  const waiverStates = waivers.map((grant) => standingOf(grant, revoked, asOfMs)).filter(isWanted)
  // An exclusion belongs to a profile, never to a run.
  const exclusionStates = exclusions
    .map((grant) => standingOf(grant, revoked, asOfMs))
    .filter(({ profile }) => isWanted({ profile, run_id: options.run_id ?? null }))
  return {
    as_of: asOf,
    runs: [...runs.values()]
      .map(({ requested: _requested, ...run }) => run)
      .filter((run) => isWanted(run)),
    open_intents: intents.open().filter((intent) => isWanted(intent)),
    waivers_active: activeIds(waiverStates),
    exclusions_active: activeIds(exclusionStates),
    waivers: waiverStates,
    exclusions: exclusionStates,
    promotions: Object.fromEntries(
      [...promotions]
        .filter(([profile, { run_id }]) => isWanted({ profile, run_id }))
        .map(([profile, { run_id, decision, manifest, waivers: used }]) => {
          const flagged = used.filter((grant) => revoked.has(grant))
          const flags = flagged.length === 0 ? {} : { revoked_waivers: flagged }
          return [profile, { run_id, decision, manifest, ...flags }]
        }),
    ),
    rollbacks: rollbacks.filter(({ profile }) =>
      isWanted({ profile, run_id: options.run_id ?? null }),
    ),
  }
}

function follow(
  before: (RunState & { requested: number | null }) | undefined,
  { record }: LedgerEntry,
  run_id: string,
): RunState & { requested: number | null } {
  const { type, body, ts } = record
  const [, step, part] = /^(.+)\.(intent|outcome)$/.exec(type) ?? []
  const profile = textOf(body['profile']) ?? before?.profile ?? null
  let { requested, coverage } = before ?? { requested: null, coverage: null }
  if (type === 'features.intent') requested = numberOf(at(body, 'inputs', 'requested'))
  if (type === 'features.outcome') {
    const leftOut = body['left_out']
    coverage =
      numberOf(body['coverage']) ??
      (requested !== null && requested > 0 && Array.isArray(leftOut)
        ? 1 - leftOut.length / requested
        : null)
  }
  return {
    run_id,
    profile,
    step: step ?? before?.step ?? type,
    status:
      part === 'intent' ? 'open' : ((step && textOf(body['status'])) ?? before?.status ?? 'open'),
    coverage,
    ts,
    requested,
  }
}

function standingOf(
  { entry, profile, isFollowedUp }: Grant,
  revoked: ReadonlySet<string>,
  asOfMs: number,
): GrantState {
  const { body, run_id } = entry.record
  const grantedAt = textOf(body['granted_at']) ?? ''
  const expiresAt = textOf(body['expires_at']) ?? ''
  const due = textOf(at(body, 'follow_up', 'due'))
  const symbols = at(body, 'scope', 'symbols') ?? body['symbols']
  let standing: GrantStanding = 'expired'
  if (revoked.has(entry.hash)) standing = 'revoked'
  else if (asOfMs < Date.parse(grantedAt)) standing = 'not_yet_valid'
  else if (asOfMs < Date.parse(expiresAt)) standing = 'active'
  return {
    id: textOf(body['waiver_id']) ?? textOf(body['exclusion_id']) ?? '',
    hash: entry.hash,
    seq: entry.seq,
    profile,
    run_id: run_id ?? null,
    requirement: textOf(at(body, 'scope', 'requirement')),
    symbols: Array.isArray(symbols) ? symbols.map(String) : [],
    standing,
    granted_at: grantedAt,
    expires_at: expiresAt,
    due,
    overdue: due !== null && standing !== 'revoked' && !isFollowedUp && asOfMs > Date.parse(due),
  }
}

function activeIds(grants: readonly GrantState[]): string[] {
  return grants.filter(({ standing }) => standing === 'active').map(({ id }) => id)
}

function waiversOf(requirements: Json | undefined): string[] {
  if (!Array.isArray(requirements)) return []
  return requirements
    .map((each: Json) => (isObject(each) ? textOf(each['waiver']) : null))
    .filter((hash) => hash !== null)
}

function at(body: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let value = body
  for (const key of keys) value = isObject(value) ? value[key] : undefined
  return value
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null
}
