import { CommandError, readInputFile } from '@fs/cli'
import { POLICIES, type Policy, PolicyError, resolvePolicy } from '@fs/validator'

/** A policy as a backfill applies it. */
export interface BackfillPolicy {
  readonly policy: Policy
  /** What identifies it: the name, or the SHA-256 of its file. */
  readonly identity: string
}

/**
 * Finds the policy that a backfill is judged by. Freshness is a promise of promotion, not of computing history: a
 * backfill of old bars only warns of it, whatever the policy says.
 *
 * @param given name of a policy, or path of a JSON file
 * @param cwd where relative paths start
 * @throws CommandError (exit 2) when it is neither, or cannot be used
 */
export async function backfillPolicy(given: string, cwd: string): Promise<BackfillPolicy> {
  if (Object.hasOwn(POLICIES, given)) {
    const name = given as keyof typeof POLICIES
    const { id, version } = POLICIES[name]
    return { policy: forgiveStaleness({ id, version, extends: name }), identity: id }
  }
  const file = await readInputFile(given, { what: 'policy', cwd }).catch((error: unknown) => {
    if (!(error instanceof CommandError) || error.code !== 'missing_file') throw error
    throw unusable(
      `'${given}' is no policy and no file`,
      `Choose one of ${Object.keys(POLICIES).join(', ')}, or give a file.`,
    )
  })
  try {
    return { policy: forgiveStaleness(JSON.parse(file.text) as Policy), identity: file.sha256 }
  } catch (error) {
    if (!(error instanceof PolicyError || error instanceof SyntaxError)) throw error
    throw unusable(`${file.path}: ${error.message}`, 'Correct the file.')
  }
}

function forgiveStaleness(policy: Policy): Policy {
  const stale = Object.entries(resolvePolicy(policy).checks).filter(
    ([id, { severity }]) => id.startsWith('FRESH-') && severity === 'E',
  )
  const forgiven = stale.map(([id]) => [id, { ...policy.checks?.[id], severity: 'W' }])
  return { ...policy, checks: { ...policy.checks, ...Object.fromEntries(forgiven) } }
}

function unusable(message: string, next: string): CommandError {
  return new CommandError('invalid_input', message, { unchanged: 'Nothing was touched.', next })
}
