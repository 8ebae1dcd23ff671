import type { GeneratedSymbol } from '@fs/market-generator'
import type { Bars } from '@fs/ratings'

/** A value of the scanner. */
export type Cell =
  | string
  | number
  | boolean
  | null
  | readonly Cell[]
  | { readonly [key: string]: Cell }

/** A symbol that the simulator knows. */
export interface UniverseEntry {
  /** Daily bars, oldest first; technicals are computed from those up to the simulator's `now`. */
  readonly bars?: Bars
  /** Bars of shorter timeframes by the scanner's suffix without the line: `60`, `240`, … */
  readonly barsBySuffix?: Readonly<Record<string, Bars>>
  /** Values by the scanner's column, suffix included; they win over what bars give. */
  readonly cells?: Readonly<Record<string, Cell>>
  /** Market beside `global` where the symbol is found; absent: every one. */
  readonly market?: string
}

/** What the simulator knows, by symbol (`EXCHANGE:TICKER`). */
export type Universe = Readonly<Record<string, UniverseEntry>>

/**
 * Makes a universe of a generated market.
 *
 * @param market of the market generator
 * @returns an entry a symbol, with its bars and what the scanner says about a listing
 */
export function universeOfMarket(market: readonly GeneratedSymbol[]): Universe {
  return Object.fromEntries(
    market.map(({ symbol, calendar, bars }) => {
      const isCoin = calendar === 'continuous'
      const currency = /(USDT|USDC|BUSD|EUR|BTC|USD)$/.exec(symbol)?.[1] ?? 'USD'
      const cells = {
        description: `${symbol.slice(symbol.indexOf(':') + 1)} of a generated market`,
        type: isCoin ? 'spot' : 'stock',
        currency,
        update_mode: isCoin ? 'streaming' : 'delayed_streaming_900',
      }
      return [symbol, { bars, cells, market: isCoin ? 'crypto' : 'america' }]
    }),
  )
}
