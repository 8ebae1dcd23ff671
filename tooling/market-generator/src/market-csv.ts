import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GeneratedSymbol } from './market.ts'

/**
 * Writes a market the way a data vendor hands it over: one `EXCHANGE_TICKER_1d.csv` a symbol (timestamps in Unix seconds,
 * a missing volume is an empty cell) and a `candidates.json` that names all symbols, some with a scanner's ratings.
 *
 * @param folder folder to write into; made when absent, files of the same names are replaced
 * @param market symbols of `generateMarket`
 * @returns paths of the files written, `candidates.json` last
 */
export async function writeMarketCsv(
  folder: string,
  market: readonly GeneratedSymbol[],
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const generated of market) {
    const path = join(folder, `${generated.symbol.replace(':', '_')}_1d.csv`)
    await writeFile(path, formatCsv(generated))
    paths.push(path)
  }
  const candidates = join(folder, 'candidates.json')
  await writeFile(candidates, `${JSON.stringify(market.map(describeCandidate), null, 2)}\n`)
  return [...paths, candidates]
}

function formatCsv({ bars, priceDecimals }: GeneratedSymbol): string {
  const rows = ['timestamp,open,high,low,close,volume']
  const formatPrice = (price: number): string => price.toFixed(priceDecimals)
  for (let bar = 0; bar < bars.timestamp.length; bar++) {
    const prices = [bars.open[bar]!, bars.high[bar]!, bars.low[bar]!, bars.close[bar]!]
    const volume = bars.volume[bar]!
    rows.push(
      `${bars.timestamp[bar]!},${prices.map(formatPrice).join()},${Number.isNaN(volume) ? '' : volume}`,
    )
  }
  return `${rows.join('\n')}\n`
}

// Ratings go to two places, as they do in the wild: beside the symbol when there is only the total, else under `metadata`.
function describeCandidate({ symbol, vendor }: GeneratedSymbol): Record<string, unknown> {
  if (!vendor) return { symbol }
  const { retrievedAt: retrieved_at, all, movingAverages, oscillators } = vendor
  if (movingAverages === undefined || oscillators === undefined) {
    return { symbol, retrieved_at, 'Recommend.All': all }
  }
  const metadata = {
    'Recommend.All': all,
    'Recommend.MA': movingAverages,
    'Recommend.Other': oscillators,
  }
  return { symbol, retrieved_at, metadata }
}
