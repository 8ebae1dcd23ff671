import { join } from 'node:path'
import { openLakehouse, upsertMatrix } from '../src/index.ts'
import { bar, BARS, barsOf } from './bars.ts'

// A process that writes until it is killed: node endless-writer.ts FOLDER WRITER. It says what was acknowledged.
const [folder, writer] = process.argv.slice(2) as [string, string]
const lake = openLakehouse(folder, { workers: 1 })
const table = lake.table('bars_1d', { schema: BARS })
process.stdout.write('ready\n')
for (let step = 0; ; step++) {
  const rows = barsOf([bar(`OWN:${writer}`, step * 60, step), bar('SHARED', step * 60, step)])
  const { version } = await table.upsertSymbols([rows], { runId: `${writer}-${step}` })
  process.stdout.write(`table ${step} ${version}\n`)
  const written = await upsertMatrix(lake.workers, join(folder, 'features_matrix.parquet'), {
    symbols: [
      {
        symbol: `OWN:${writer}`,
        timestamps: Float64Array.from({ length: step + 1 }, (_, i) => i * 60),
        values: { step: Float64Array.from({ length: step + 1 }, (_, i) => i) },
      },
    ],
    description: { formula: 'f', table: 'bars_1d', runId: writer, retrieved: {}, filled: {} },
    runFile: join(folder, `runs/${writer}/features_matrix.parquet`),
  })
  if (written !== null) process.stdout.write(`matrix ${step}\n`)
}
