import type { Lakehouse } from '@fs/lakehouse'
import { parseSymbol } from '@fs/tv-client'
import { SYMBOLS } from './schemas.ts'

/** The table of the symbol registry. */
const SYMBOLS_TABLE = 'symbols'

/**
 * Opens a minimal registry record for every symbol that has none, so that the registry exists without a scanner.
 *
 * @param lake the store
 * @param symbols with the open of their earliest bar, Unix seconds
 * @param options run, and since when the records are known, Unix seconds
 * @returns the version that was committed, null when every symbol had a record, and how many were opened
 */
export async function registerSymbols(
  lake: Lakehouse,
  symbols: readonly { symbol: string; firstBar: number }[],
  options: { runId: string; now: number },
): Promise<{ version: number | null; opened: number }> {
  if (symbols.length === 0) return { version: null, opened: 0 }
  const { length } = symbols
  const unknown = Array.from<null>({ length }).fill(null)
  const noNumber = () => new Float64Array(length).fill(Number.NaN)
  const { version, added } = await lake.table(SYMBOLS_TABLE, { schema: SYMBOLS }).upsertSymbols(
    [
      {
        symbol: symbols.map(({ symbol }) => symbol),
        exchange: symbols.map(({ symbol }) => parseSymbol(symbol).exchange),
        base: unknown,
        quote: unknown,
        type: unknown,
        description: unknown,
        sector: unknown,
        pricescale: noNumber(),
        minmov: noNumber(),
        tick_size: noNumber(),
        timezone: unknown,
        active: new Float64Array(length).fill(1),
        valid_from: Float64Array.from(symbols, ({ firstBar }) => firstBar),
        valid_until: noNumber(),
        known_at: new Float64Array(length).fill(options.now),
      },
    ],
    { runId: options.runId, onlyNewSymbols: true, operation: 'REGISTER SYMBOLS' },
  )
  return { version, opened: added }
}
