// The exchange codes that TradingView uses for crypto venues and for its own crypto indices. A venue that is missing here is
// taken for one with sessions, which expects fewer bars and allows more age.
const CONTINUOUS_EXCHANGES: ReadonlySet<string> = new Set(
  (
    'BINANCE BINANCEUS BINGX BITAZZA BITBNS BITCOKE BITFINEX BITFLYER BITGET BITHUMB BITKUB BITMART BITMEX ' +
    'BITPANDAPRO BITRUE BITSTAMP BITTREX BITVAVO BLOFIN BTSE BYBIT CEXIO COINBASE COINEX CRYPTO CRYPTOCAP ' +
    'CRYPTOCOM DELTA DERIBIT DYDX EXMO FTX GATEIO GEMINI HITBTC HTX HUOBI KRAKEN KUCOIN MERCADO MEXC OKCOIN OKX ' +
    'OSL PHEMEX PIONEX POLONIEX TIMEX TOKENIZE UPBIT WHITEBIT WOONETWORK XEXCHANGE ZOOMEX'
  ).split(' '),
)

// Decentralised exchanges carry their chain behind their name: UNISWAP3ARBITRUM, PANCAKESWAP3BSC.
const DECENTRALISED =
  /^(?:BASESWAP|BISWAP|CAMELOT|CURVE|HONEYSWAP|KATANA|MMFINANCE|ORCA|PANCAKESWAP|PANGOLIN|PULSEX|QUICKSWAP|RAYDIUM|SPARKS|SPOOKYSWAP|SUSHISWAP|THRUSTER|TRADERJOE|UNISWAP|VELODROME|VERSE|VVSFINANCE|WAGYUSWAP)/

/**
 * Tells when a symbol's market trades.
 *
 * @param symbol `EXCHANGE:TICKER`
 * @returns `continuous` for the known crypto exchanges (every day), else `sessions` (Monday to Friday)
 */
export function marketCalendar(symbol: string): 'continuous' | 'sessions' {
  const exchange = symbol.split(':')[0]!
  return CONTINUOUS_EXCHANGES.has(exchange) || DECENTRALISED.test(exchange)
    ? 'continuous'
    : 'sessions'
}
