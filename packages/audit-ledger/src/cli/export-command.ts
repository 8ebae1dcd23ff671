import { readBatches, type EntryBatch } from '../entries.ts'
import { LedgerError } from '../errors.ts'
import type { Command } from './command.ts'
import { readSettings } from './settings.ts'

/** `fs-ledger export`. */
export const exportCommand: Command = {
  usage: '[--from SEQ] [--to SEQ]',
  summary: 'prints the lines as they are stored, each entry once',
  example: 'fs-ledger export > ledger.jsonl',
  options: { from: { type: 'string' }, to: { type: 'string' } },
  async run({ io, values, integer, store: openStore }) {
    const from = integer('from') ?? 0
    const to = integer('to') ?? Number.MAX_SAFE_INTEGER
    if (to < from) {
      throw new LedgerError('invalid_input', `--to must not be before --from ${from}, was ${to}`)
    }
    const { store } = await readSettings(io, values)
    await openStore(store)
    for await (const batch of readBatches(store, { from })) {
      const lines = linesUpTo(batch, to)
      if (lines.length > 0) await io.write(lines)
      if (batch.entries.at(-1)!.seq >= to) break
    }
    return 0
  },
}

/** The bytes of a batch's entries, up to one: they stand behind each other in the file. */
function linesUpTo({ bytes, entries, places }: EntryBatch, to: number): Uint8Array {
  const count = Math.min(entries.length, to - entries[0]!.seq + 1)
  if (count <= 0) return new Uint8Array()
  const feed = bytes.indexOf(0x0a, places[count - 1]!.offset)
  return bytes.subarray(places[0]!.offset, feed < 0 ? bytes.length : feed + 1)
}
