import { writeFile } from 'node:fs/promises'
import { writeCheckpoint } from '../checkpoint.ts'
import { formatCount } from './output.ts'
import type { Command } from './command.ts'
import { pathOf, readSettings } from './settings.ts'

/** `fs-ledger checkpoint`. */
export const checkpointCommand: Command = {
  usage: '[--fold] [--out FILE]',
  summary: 'pins the end of the ledger; with --fold, brings old segments together',
  example: 'fs-ledger checkpoint --fold --out checkpoint.txt',
  options: { fold: { type: 'boolean' }, out: { type: 'string' } },
  async run({ io, values, isJson, store: openStore }) {
    const settings = await readSettings(io, values)
    await openStore(settings.store)
    const result = await writeCheckpoint(settings.store, {
      clock: io.clock,
      origin: undefined,
      signingKey: await settings.readSigningKey(),
      fold: values.fold ?? false,
    })
    if (values.out !== undefined) await writeFile(pathOf(io, values.out), result.text)
    const { size, name, text, folded } = result
    await io.write(isJson ? `${JSON.stringify(result, undefined, 2)}\n` : text)
    if (!isJson && !values.quiet) {
      io.say(`${name} pins ${formatCount(size, 'entry', 'entries')}; keep a copy elsewhere`)
      for (const bundle of folded) io.say(`folded into ${bundle}`)
    }
    return 0
  },
}
