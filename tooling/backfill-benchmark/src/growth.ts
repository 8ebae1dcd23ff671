import { openLakehouse } from '@fs/lakehouse'
import { generateMarket } from '@fs/market-generator'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { median } from './median.ts'
import { barRows, BARS_SCHEMA, importMarket } from './store.ts'

const STORE_SYMBOLS = [150, 1_200, 5_000]
const STORE_BARS = 60
const NEW_SYMBOLS = 10
const NEW_BARS = 500

/** Measures what committing ten new symbols costs in stores of growing size: one line a size. */
export async function measureGrowth(folder: string, rounds: number): Promise<string[]> {
  const fresh = generateMarket({ seed: 11, symbols: NEW_SYMBOLS, bars: NEW_BARS })
  const lines: string[] = []
  let smallest: number | undefined
  for (const symbols of STORE_SYMBOLS) {
    const lakehouse = join(folder, `growth_${symbols}`)
    await importMarket(lakehouse, { seed: 7, symbols, bars: STORE_BARS })
    const before = await folderSize(join(lakehouse, 'bars_1d'))
    const times: number[] = []
    await using lake = openLakehouse(lakehouse)
    // The first commit also warms the threads up; it is not counted.
    for (let round = 0; round <= rounds; round++) {
      const rows = fresh.map((generated) =>
        barRows({ ...generated, symbol: `NEW:R${round}${generated.symbol.split(':')[1]}` }),
      )
      const start = performance.now()
      await lake
        .table('bars_1d', { schema: BARS_SCHEMA })
        .upsertSymbols(rows, { runId: `round-${round}` })
      if (round > 0) times.push(performance.now() - start)
    }
    const after = await folderSize(join(lakehouse, 'bars_1d'))
    const milliseconds = median(times)
    smallest ??= milliseconds
    lines.push(
      `${String(symbols).padStart(5)} symbols: ${milliseconds.toFixed(0)} ms, ${(milliseconds / smallest).toFixed(2)} of the smallest store's; ` +
        `${(after.files - before.files) / (rounds + 1)} files, ${((after.bytes - before.bytes) / (rounds + 1) / 1e6).toFixed(2)} MB a commit`,
    )
  }
  return lines
}

async function folderSize(folder: string): Promise<{ files: number; bytes: number }> {
  let files = 0
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    files += 1
    bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return { files, bytes }
}
