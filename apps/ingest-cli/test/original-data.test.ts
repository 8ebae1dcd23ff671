import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLakehouse } from '@fs/lakehouse'
import { expect, test } from 'vitest'
import { findBarFiles } from '../src/find-bar-files.ts'
import { importBars } from '../src/import-bars.ts'
import { noSharedData, sharedData } from './shared-data.ts'

const note = noSharedData || ''
const utc = (text: string) => Date.parse(text) / 1000

async function importFolder(folder: string, exchange?: string) {
  const root = await mkdtemp(join(tmpdir(), 'fs-original-'))
  const lake = openLakehouse(root, { workers: 2 })
  try {
    const { files } = await findBarFiles(folder, exchange === undefined ? {} : { exchange })
    const outcome = await importBars(lake, files, {
      runId: 'r1',
      knownAt: { from: 'close', delaySeconds: 0 },
      now: utc('2026-01-01'),
      signal: new AbortController().signal,
    })
    let stored = 0
    for await (const rows of lake.table('bars_1d').scan({ columns: ['symbol'] })) {
      stored += rows['symbol']?.length ?? 0
    }
    return { ...outcome, stored }
  } finally {
    await lake.close()
    await rm(root, { recursive: true })
  }
}

test.skipIf(noSharedData)(
  `a folder of the original system is imported, its traps named ${note}`,
  async () => {
    const { symbols, rejected, left_out } = await importFolder(sharedData('original'))
    expect(symbols.map((one) => [one.symbol, one.rows, one.imported, one.first, one.last])).toEqual(
      [
        ['BINANCE:X_1dUSDT', 4, 2, utc('2024-01-01'), utc('2024-01-02')],
        ['CME_MINI:ES1!', 3, 3, utc('2024-01-01'), utc('2024-01-03')],
        ['OHLCV:DTINDEX', 1, 1, utc('2024-01-01'), utc('2024-01-01')],
        ['OHLCV:TS_SECONDS', 1, 1, utc('2024-01-01'), utc('2024-01-01')],
      ],
    )
    expect(rejected.map(({ symbol, row, reason }) => [symbol, row, reason])).toEqual([
      ['BINANCE:X_1dUSDT', 1, 'duplicate'],
      ['BINANCE:X_1dUSDT', 4, 'missing_price'],
    ])
    expect(left_out.every(({ reason }) => reason.startsWith('no column high, low, close'))).toBe(
      true,
    )
  },
)

test.skipIf(noSharedData)(
  `sixty real stocks are imported in one go, row for row ${note}`,
  async () => {
    const { symbols, rejected, version, stored } = await importFolder(
      sharedData('ohlcv', 'sp500'),
      'NASDAQ',
    )
    expect(symbols).toHaveLength(60)
    expect(new Set(symbols.map((one) => one.imported))).toEqual(new Set([1260]))
    expect({ rejected, version, stored }).toEqual({ rejected: [], version: 0, stored: 75_600 })
  },
)
