import { type Columns, openLakehouse, type TableSchema } from '@fs/lakehouse'
import { type GeneratedSymbol, generateMarket, type MarketOptions } from '@fs/market-generator'

const DAY = 86_400

const BARS: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    ...['open', 'high', 'low', 'close', 'volume'].map((name) => ({
      name,
      type: 'double' as const,
      nullable: true,
    })),
    { name: 'run_id', type: 'string', nullable: false },
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp'],
}

/** Commits a generated market to `bars_1d`, as an import does. */
export async function importMarket(
  lakehouse: string,
  options: MarketOptions,
): Promise<{ symbols: number; bars: number }> {
  const market = generateMarket(options).toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1))
  await using lake = openLakehouse(lakehouse)
  const { added } = await lake
    .table('bars_1d', { schema: BARS })
    .upsertSymbols(market.map(barRows), { runId: 'import' })
  return { symbols: market.length, bars: added }
}

/** Rows of `bars_1d` for a generated symbol, known at their close. */
export function barRows({ symbol, bars }: GeneratedSymbol): Columns {
  const { length } = bars.timestamp
  return {
    symbol: Array.from<string>({ length }).fill(symbol),
    ...bars,
    known_at: bars.timestamp.map((open) => open + DAY),
    run_id: Array.from<string>({ length }).fill('import'),
  }
}

/** The schema of `bars_1d`. */
export const BARS_SCHEMA: TableSchema = BARS
