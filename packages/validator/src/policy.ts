import type { Severity } from './check.ts'
import { CHECKS } from './checks.ts'
import { digestOf } from './digest.ts'
import { TABLE_ROLES } from './table.ts'

/** Names of the policies that come with the package. */
export type PolicyName = 'strict' | 'research' | 'compat'

/** What a policy says about one check: its severity, whether it runs, and its thresholds by their names. */
export interface CheckPolicy {
  readonly severity?: Severity
  readonly enabled?: boolean
  readonly [threshold: string]: number | Severity | boolean | undefined
}

/** A policy as it is written: what it does not say it takes from the one it extends. */
export interface Policy {
  readonly id: string
  readonly version: number
  /** Default `strict`. */
  readonly extends?: PolicyName
  /** Tables that must be there. */
  readonly require?: readonly string[]
  /** Failures kept for each check and table; items of a table are all kept. */
  readonly sample_limit?: number
  /** Failures kept in the whole report. */
  readonly sample_total?: number
  /** What an error check that came to no verdict (inconclusive or errored) does to the report. */
  readonly no_verdict?: 'fail' | 'warn'
  readonly checks?: Readonly<Record<string, CheckPolicy>>
}

/** A policy with everything said. */
export interface ResolvedPolicy {
  readonly id: string
  readonly version: number
  readonly require: readonly string[]
  readonly sample_limit: number
  readonly sample_total: number
  readonly no_verdict: 'fail' | 'warn'
  readonly checks: Readonly<
    Record<
      string,
      {
        readonly severity: Severity
        readonly enabled: boolean
        readonly thresholds: Readonly<Record<string, number>>
      }
    >
  >
}

/** A policy that cannot be used; nothing was judged. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly code = 'unusable_policy'
  /** Where in the policy the fault is, such as `checks.NULL-01.max_missing`. */
  readonly path: string

  constructor(path: string, fault: string) {
    super(`policy: ${path} ${fault}; nothing was judged, correct the policy`)
    this.path = path
  }
}

const COMPATIBLE: readonly string[] = ['NULL-01', 'FRESH-01', 'RANGE-01']

/**
 * The policies that come with the package. `strict`, for promotion: every check as listed, and no verdict is a failure.
 * `research`: only the checks that no policy may soften fail, the rest warn. `compat`: the rules of the original alone, to
 * compare old runs.
 */
export const POLICIES: Readonly<Record<PolicyName, Policy>> = {
  strict: { id: 'strict', version: 1, require: ['bars', 'local'], no_verdict: 'fail' },
  research: {
    id: 'research',
    version: 1,
    require: [],
    no_verdict: 'warn',
    checks: Object.fromEntries(
      CHECKS.flatMap(({ id, severity, fixed }) =>
        severity === 'E' && !fixed ? [[id, { severity: 'W' }]] : [],
      ),
    ),
  },
  compat: {
    id: 'compat',
    version: 1,
    require: [],
    no_verdict: 'warn',
    checks: Object.fromEntries(CHECKS.map(({ id }) => [id, { enabled: COMPATIBLE.includes(id) }])),
  },
}

const STRICT: ResolvedPolicy = {
  id: 'strict',
  version: 1,
  require: [],
  sample_limit: 20,
  sample_total: 10_000,
  no_verdict: 'fail',
  checks: Object.fromEntries(
    CHECKS.map(({ id, severity, thresholds }) => [id, { severity, enabled: true, thresholds }]),
  ),
}

/**
 * Completes a policy and refuses one that says what it cannot mean.
 *
 * @param policy name of a policy of this package, or a policy, such as a file's content
 * @throws PolicyError when a key, check or threshold is unknown, a value has the wrong type, or a fixed check is softened
 */
export function resolvePolicy(policy: Policy | PolicyName): ResolvedPolicy {
  if (typeof policy === 'string') {
    if (!Object.hasOwn(POLICIES, policy)) {
      throw new PolicyError(
        'name',
        `must be one of ${Object.keys(POLICIES).join(', ')}, was ${policy}`,
      )
    }
    return layer(STRICT, POLICIES[policy], true)
  }
  requireObject('', policy)
  const { extends: base = 'strict' } = policy
  const foundation = typeof base === 'string' && Object.hasOwn(POLICIES, base)
  if (!foundation) fault('extends', `one of ${Object.keys(POLICIES).join(', ')}`, base)
  return layer(resolvePolicy(base), policy, false)
}

/** Hashes a completed policy: SHA-256 of its canonical JSON, hexadecimal. */
export function policyDigest(policy: ResolvedPolicy): string {
  return digestOf(policy)
}

function layer(base: ResolvedPolicy, policy: Policy, isOwn: boolean): ResolvedPolicy {
  const { id, version, extends: _, require: required, checks = {}, ...rest } = policy
  const { sample_limit, sample_total, no_verdict, ...unknown } = rest
  for (const key of Object.keys(unknown)) throw new PolicyError(key, 'is not known')
  if (typeof id !== 'string' || id === '') fault('id', 'a name', id)
  requireCount('version', version, 1)
  if (sample_limit !== undefined) requireCount('sample_limit', sample_limit, 0)
  if (sample_total !== undefined) requireCount('sample_total', sample_total, 0)
  if (no_verdict !== undefined && no_verdict !== 'fail' && no_verdict !== 'warn') {
    fault('no_verdict', 'fail or warn', no_verdict)
  }
  if (required !== undefined) {
    if (!Array.isArray(required)) fault('require', 'a list', required)
    for (const [index, name] of required.entries()) {
      const isKnown = TABLE_ROLES.some((role) => role === name)
      if (!isKnown) fault(`require[${index}]`, `one of ${TABLE_ROLES.join(', ')}`, name)
    }
  }
  requireObject('checks', checks)
  const layered = { ...base.checks }
  for (const [check, settings] of Object.entries(checks)) {
    layered[check] = layerCheck(check, base.checks[check], settings, isOwn)
  }
  return {
    id,
    version,
    require: required ?? base.require,
    sample_limit: sample_limit ?? base.sample_limit,
    sample_total: sample_total ?? base.sample_total,
    no_verdict: no_verdict ?? base.no_verdict,
    checks: layered,
  }
}

type ResolvedCheck = ResolvedPolicy['checks'][string]

function layerCheck(
  id: string,
  base: ResolvedCheck | undefined,
  settings: CheckPolicy,
  isOwn: boolean,
): ResolvedCheck {
  const path = `checks.${id}`
  if (!base) throw new PolicyError(path, 'is not a check')
  requireObject(path, settings)
  const { severity, enabled, ...thresholds } = settings
  const isFixed = CHECKS.some((check) => check.id === id && check.fixed)
  if (severity !== undefined) {
    if (severity !== 'E' && severity !== 'W' && severity !== 'I') {
      fault(`${path}.severity`, 'E, W or I', severity)
    }
    if (isFixed && severity !== 'E') {
      throw new PolicyError(`${path}.severity`, 'stays E: this check is never softened')
    }
  }
  if (enabled !== undefined) {
    if (typeof enabled !== 'boolean') fault(`${path}.enabled`, 'true or false', enabled)
    if (isFixed && !enabled && !isOwn) {
      throw new PolicyError(`${path}.enabled`, 'stays true: this check is never left out')
    }
  }
  const merged: Record<string, number> = { ...base.thresholds }
  for (const [name, value] of Object.entries(thresholds)) {
    if (!Object.hasOwn(base.thresholds, name))
      throw new PolicyError(`${path}.${name}`, 'is not known')
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      fault(`${path}.${name}`, 'a finite number', value)
    }
    merged[name] = value
  }
  return {
    severity: severity ?? base.severity,
    enabled: enabled ?? base.enabled,
    thresholds: merged,
  }
}

function requireObject(path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fault(path === '' ? 'itself' : path, 'an object', value)
  }
}

function requireCount(path: string, value: unknown, lowest: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < lowest) {
    fault(path, `an integer of at least ${lowest}`, value)
  }
}

function fault(path: string, expected: string, value: unknown): never {
  throw new PolicyError(path, `must be ${expected}, was ${JSON.stringify(value)}`)
}
