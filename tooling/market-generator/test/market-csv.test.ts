import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createProgram } from '../src/program.ts'
import { generateMarket, writeMarketCsv } from '../src/index.ts'

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'market-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a market read back from its files has the same numbers', async () => {
  await inFolder(async (folder) => {
    const market = generateMarket({ seed: 2, symbols: 15, bars: 200 })
    const paths = await writeMarketCsv(join(folder, 'made', 'on the way'), market)
    expect(paths.length).toBe(16)
    for (const [index, { symbol, bars }] of market.entries()) {
      expect(paths[index]!.endsWith(`${symbol.replace(':', '_')}_1d.csv`)).toBe(true)
      const [header, ...lines] = (await readFile(paths[index]!, 'utf8')).trimEnd().split('\n')
      const names = header!.split(',')
      expect(names).toEqual(['timestamp', 'open', 'high', 'low', 'close', 'volume'])
      for (const [column, name] of names.entries()) {
        const values = lines.map((line) => line.split(',')[column]!)
        const numbers = values.map((value) => (value === '' ? Number.NaN : Number(value)))
        expect(numbers, `${symbol} ${name}`).toEqual([...bars[name as 'open']])
      }
    }
  })
})

test('candidates name every symbol; ratings of some are beside it, of others under metadata', async () => {
  await inFolder(async (folder) => {
    const market = generateMarket({ seed: 2, symbols: 60, bars: 50 })
    const paths = await writeMarketCsv(folder, market)
    const candidates = JSON.parse(await readFile(paths.at(-1)!, 'utf8')) as Record<
      string,
      unknown
    >[]
    expect(candidates.map(({ symbol }) => symbol)).toEqual(market.map(({ symbol }) => symbol))
    const shapes = new Set(candidates.map((candidate) => Object.keys(candidate).join()))
    expect([...shapes].sort()).toEqual([
      'symbol',
      'symbol,retrieved_at,Recommend.All',
      'symbol,retrieved_at,metadata',
    ])
    const lastClose = Date.UTC(2026, 0, 1) / 1_000
    for (const { vendor } of market) {
      if (vendor) expect(vendor.retrievedAt).toBeGreaterThan(lastClose)
    }
  })
})

test('the command line writes the market it was asked for and says what it wrote', async () => {
  await inFolder(async (folder) => {
    let said = ''
    const program = createProgram((text) => {
      said += text
    })
    await program.parseAsync(
      [
        '--out',
        folder,
        '--symbols',
        '5',
        '--bars',
        '30',
        '--seed',
        '9',
        '--end',
        '2024-05-31',
        '--clean',
      ],
      { from: 'user' },
    )
    expect(await readdir(folder)).toHaveLength(6)
    expect(said).toMatch(/^5 symbols, 142 bars and 1 planted events in /)
    const bitcoin = await readFile(join(folder, 'BINANCE_BTCUSDT_1d.csv'), 'utf8')
    expect(bitcoin.trimEnd().split('\n').at(-1)).toMatch(`${Date.UTC(2024, 4, 31) / 1_000},`)
  })
})
