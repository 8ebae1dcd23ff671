// A writer as its own process: appends to a ledger until it is done or killed, and says what was acknowledged.
import { writeSync } from 'node:fs'
import { fileStore, openLedger } from '@fs/audit-ledger'

const [folder = '', writer = '', count = '0', foldEvery = '0'] = process.argv.slice(2)
const ledger = await openLedger(fileStore(folder), {
  actor: { kind: 'service', id: writer },
  timeoutMs: 120_000,
  // Two hours back: what it appends is old enough to be folded at once by a process with the real time.
  clock: foldEvery === '0' ? () => Date.now() - 7_200_000 : Date.now,
})
for (let index = 0; index < Number(count); index++) {
  if (foldEvery === '0') {
    const { seq } = await ledger.append({ type: 'note', body: { text: `${writer}-${index}` } })
    writeSync(1, `${seq} ${writer}-${index}\n`)
  } else {
    const { folded } = await ledger.checkpoint({ fold: true })
    writeSync(1, `folded ${folded.length}\n`)
  }
}
