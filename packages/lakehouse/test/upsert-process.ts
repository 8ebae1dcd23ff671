import { openLakehouse } from '../src/index.ts'
import { bar, BARS, barsOf } from './bars.ts'

// A process of its own that imports bars: node upsert-process.ts FOLDER WRITER COMMITS
const [folder, writer, commits] = process.argv.slice(2) as [string, string, string]
const clock = 1_000_000 + Number(writer)
const lake = openLakehouse(folder, { workers: 1, now: () => clock })
const table = lake.table('bars_1d', { schema: BARS })
for (let commit = 0; commit < Number(commits); commit++) {
  const rows = barsOf([
    // One symbol of its own, and one that every writer restates.
    bar(`OWN:${writer}`, commit * 60, commit),
    bar('SHARED', commit * 60, Number(writer)),
    bar('SAME', commit * 60, commit),
  ])
  const { version } = await table.upsertSymbols([rows], {
    runId: `writer-${writer}`,
    restatedAt: clock,
  })
  process.stdout.write(`${commit} ${version}\n`)
}
await lake.close()
