// A process that commits to table `t`: node writer.ts FOLDER NAME COMMITS. Every third commit appends rows of its own
// symbol; the others read the highest number of the shared symbol COUNTER and add the next one. Each acknowledged
// commit is one line on stdout.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import {
  commitActions,
  fileStats,
  fileStore,
  PROTOCOL,
  type AddFile,
  type Snapshot,
} from '../src/index.ts'
import { makeAdd, makeMetaData } from './delta-table.ts'

const [folder = '', name = '', commits = '0'] = process.argv.slice(2)
const store = fileStore(folder)
let base: Snapshot | null = null

/** Writes a data file whose name is the hash of its bytes, so a torn one shows. */
async function writeFile(symbol: string, rows: number): Promise<AddFile> {
  const bytes = new TextEncoder().encode(
    `${name} ${symbol} ${rows} ${'x'.repeat(20_000)} ${Math.random()}`,
  )
  const path = `${createHash('sha256').update(bytes).digest('hex')}.parquet`
  await store.putIfAbsent(`t/${path}`, bytes)
  return { ...makeAdd(path, symbol, symbol, rows), size: bytes.length }
}

function highest(snapshot: Snapshot | null): number {
  const numbers = (snapshot?.files ?? [])
    .map(fileStats)
    .filter((stats) => stats.minValues?.['symbol'] === 'COUNTER')
    .map((stats) => stats.numRecords ?? 0)
  return Math.max(0, ...numbers)
}

for (let index = 0; index < Number(commits); index++) {
  const counts = index % 3 !== 0
  const result = await commitActions(store, 't', {
    base,
    transaction: { appId: `${name}-${index}`, version: 0 },
    build: async ({ snapshot }) => {
      const add = counts
        ? await writeFile('COUNTER', highest(snapshot) + 1)
        : await writeFile(name, 1)
      return {
        operation: counts ? { kind: 'upsertSymbols', symbols: ['COUNTER'] } : { kind: 'append' },
        actions:
          snapshot === null
            ? [{ protocol: PROTOCOL }, { metaData: makeMetaData() }, { add }]
            : [{ add }],
      }
    },
  })
  base = result.snapshot
  writeSync(
    1,
    `${JSON.stringify({ run: `${name}-${index}`, version: result.version, attempts: result.attempts })}\n`,
  )
}
