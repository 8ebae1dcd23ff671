import type { AsOfOptions } from '../as-of-options.ts'
import { LakehouseError } from '../errors.ts'
import { countFlag, type Flags, listFlag, parseTime, textFlag, usageError } from './command.ts'

/**
 * Reads the options of a point-in-time read; the read itself checks what they mean.
 *
 * @throws LakehouseError `unsupported_option` for `--promoted`, `invalid_input` for what cannot be read
 */
export function readOptions(flags: Flags): Omit<AsOfOptions, 'columns'> {
  if (flags['promoted'] !== undefined) {
    throw new LakehouseError(
      'unsupported_option',
      'no profile can be promoted yet, so there is nothing --promoted could read. Nothing was touched: leave it out, or name a table version with --version',
      { evidence: { option: 'promoted' } },
    )
  }
  const ttl = countFlag(flags, 'ttl')
  const embargo = countFlag(flags, 'embargo')
  const version = countFlag(flags, 'version')
  const source = textFlag(flags, 'source')
  const knownAt = textFlag(flags, 'known-at')
  const onDuplicate = textFlag(flags, 'on-duplicate')
  if (onDuplicate !== undefined && onDuplicate !== 'latest' && onDuplicate !== 'error') {
    throw usageError(`--on-duplicate must be latest or error, was '${onDuplicate}'`)
  }
  const carry = listFlag(flags, 'carry')
  return {
    ...(ttl !== undefined && { ttl }),
    ...(embargo !== undefined && { embargo }),
    ...(version !== undefined && { version }),
    ...(source !== undefined && { source }),
    ...(knownAt !== undefined && { knownAt: parseTime(knownAt, '--known-at') }),
    ...(onDuplicate !== undefined && { onDuplicate }),
    ...(carry !== undefined && { carry: Object.fromEntries(carry.map(parseCarry)) }),
    ...(flags['strict'] === true && { strict: true }),
    ...(flags['hindsight'] === true && { hindsight: true }),
    ...(flags['provenance'] === true && { provenance: true }),
  }
}

function parseCarry(text: string): [column: string, seconds: number] {
  const [, column, seconds] = /^(.+)=(\d+)$/.exec(text) ?? []
  if (column !== undefined) return [column, Number(seconds)]
  throw usageError(`--carry must be COLUMN=SECONDS, was '${text}'`)
}
