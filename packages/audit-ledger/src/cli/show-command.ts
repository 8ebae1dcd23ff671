import { entries } from '../entries.ts'
import type { LedgerEntry } from '../entry.ts'
import { LedgerError } from '../errors.ts'
import type { Command } from './command.ts'
import type { LedgerIo } from './io.ts'
import { printable } from './output.ts'
import { readSettings } from './settings.ts'

/** `fs-ledger show`. */
export const showCommand: Command = {
  usage: '[SEQ|HASH] [--type TYPE] [--run RUN_ID] [--since TIME] [--failed]',
  summary: 'lists entries, or prints one whole',
  example: 'fs-ledger show --type promotion.decision --since 2026-01-01',
  options: {
    type: { type: 'string' },
    run: { type: 'string' },
    since: { type: 'string' },
    failed: { type: 'boolean' },
  },
  async run({ io, values, positionals, isJson, time, store: openStore }) {
    const [wanted] = positionals
    const since = time('since')
    const { store } = await readSettings(io, values)
    await openStore(store)
    const seq = wanted !== undefined && /^\d{1,16}$/.test(wanted) ? Number(wanted) : undefined
    if (wanted !== undefined && seq === undefined && !/^[0-9a-f]{8,64}$/.test(wanted)) {
      throw new LedgerError(
        'invalid_input',
        `SEQ|HASH must be a number, or 8 to 64 hex digits of a hash, was ${wanted}`,
      )
    }
    const found: LedgerEntry[] = []
    let shown = 0
    for await (const entry of entries(store, { from: seq ?? 0 })) {
      const { type, run_id, ts } = entry.record
      if (seq !== undefined && entry.seq > seq) break
      if (seq === undefined && wanted !== undefined && !entry.hash.startsWith(wanted)) continue
      if (values.type !== undefined && type !== values.type) continue
      if (values.run !== undefined && run_id !== values.run) continue
      if (since !== undefined && ts < since) continue
      if (values.failed && !hasFailed(entry)) continue
      shown++
      if (isJson) found.push(entry)
      else if (wanted === undefined) await io.write(`${formatLine(entry)}\n`)
      else await io.write(`${formatWhole(entry)}\n`)
    }
    // Only now: had the chain broken, the error would be the one object on stdout.
    if (isJson) await writeJson(io, found)
    if (shown > 0) return 0
    io.say(wanted === undefined ? 'no entry matches' : `there is no entry ${wanted}`)
    return 1
  },
}

/** Writes the entries one by one: as one text they may exceed what a string can hold. */
async function writeJson(io: LedgerIo, found: readonly LedgerEntry[]): Promise<void> {
  await io.write('{"entries":[')
  for (const [index, entry] of found.entries()) {
    await io.write(`${index === 0 ? '' : ','}\n${JSON.stringify(entry)}`)
  }
  await io.write(`${found.length === 0 ? '' : '\n'}]}\n`)
}

/** Tells whether an entry records a failure: of a step, a check or a gate. */
function hasFailed({ record: { type, body } }: LedgerEntry): boolean {
  const verdict = type === 'promotion.decision' ? body['decision'] : body['status']
  return verdict === 'failed' || verdict === 'FAILED'
}

// Widths are fixed, so that a long ledger is printed as it is read.
function formatLine({ seq, hash, record }: LedgerEntry): string {
  const { ts, type, run_id, actor, body } = record
  const verdict = body['decision'] ?? body['status'] ?? body['text'] ?? ''
  const about = typeof verdict === 'string' ? verdict : ''
  return [
    String(seq).padStart(7),
    hash.slice(0, 12),
    ts,
    printable(type).padEnd(20),
    printable(run_id ?? '-').padEnd(20),
    printable(actor.id).padEnd(16),
    printable(about.length > 60 ? `${about.slice(0, 60)}…` : about),
  ]
    .join('  ')
    .trimEnd()
}

function formatWhole({ hash, record }: LedgerEntry): string {
  // JSON escapes line feeds and the like; the rest of the control characters a terminal must not see either.
  return JSON.stringify({ hash, record }, undefined, 2)
    .split('\n')
    .map((line) => printable(line))
    .join('\n')
}
