import { readSound } from '../entries.ts'
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
    // The entries of a file stand behind each other: from the first wanted byte to the end of the last wanted line.
    let start: number | undefined
    let lastLine = 0
    let isBeyond = false
    const bytesOfFiles = readSound(store, { from }, ({ seq }, { offset }) => {
      isBeyond = seq >= to
      if (seq > to) return
      start ??= offset
      lastLine = offset
    })
    for await (const bytes of bytesOfFiles) {
      if (start !== undefined) {
        const feed = bytes.indexOf(0x0a, lastLine)
        await io.write(bytes.subarray(start, feed < 0 ? bytes.length : feed + 1))
      }
      if (isBeyond) break
      start = undefined
    }
    return 0
  },
}
