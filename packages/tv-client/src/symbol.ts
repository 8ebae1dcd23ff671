/** A symbol in TradingView's notation, taken apart. */
export interface SymbolParts {
  /** Exchange code, upper case: `BINANCE`, `CME_MINI`. */
  exchange: string
  /** Ticker: `BTCUSDT.P`, `ES1!`, `BRK.A`, `BAC/PL`. */
  ticker: string
}

const EXCHANGE = /^[A-Z0-9_]+$/
// Separators (blanks included) and control characters never occur in a ticker; everything else has been seen.
const TICKER = /^[^\p{Z}\p{C}]+$/u

/**
 * Reads a symbol in TradingView's notation. Letter case is repaired where it can only be a matter of typing: the
 * exchange always, the ticker when it holds no capital at all. A ticker in mixed case is kept as written.
 *
 * @param text `EXCHANGE:TICKER`; blanks around it are ignored, the first colon divides
 * @returns exchange and ticker
 * @throws RangeError naming the text when it is no symbol
 * @example parseSymbol('binance:btcusdt') // { exchange: 'BINANCE', ticker: 'BTCUSDT' }
 */
export function parseSymbol(text: string): SymbolParts {
  const trimmed = text.trim()
  const colon = trimmed.indexOf(':')
  if (colon === -1) {
    throw new RangeError(`symbol must be written EXCHANGE:TICKER, was ${JSON.stringify(text)}`)
  }
  return checkedParts(trimmed.slice(0, colon), trimmed.slice(colon + 1), text)
}

/**
 * Writes a symbol in TradingView's notation, with the letter case that `parseSymbol` gives it.
 *
 * @param parts exchange and ticker
 * @returns `EXCHANGE:TICKER`
 * @throws RangeError naming the text when a part is not what its place allows
 */
export function formatSymbol(parts: SymbolParts): string {
  const text = `${parts.exchange}:${parts.ticker}`
  const { exchange, ticker } = checkedParts(parts.exchange, parts.ticker, text)
  return `${exchange}:${ticker}`
}

function checkedParts(writtenExchange: string, writtenTicker: string, text: string): SymbolParts {
  const exchange = writtenExchange.toUpperCase()
  if (!EXCHANGE.test(exchange)) {
    throw new RangeError(
      `exchange of a symbol must be letters, digits and _, was ${JSON.stringify(writtenExchange)} in ${JSON.stringify(text)}`,
    )
  }
  if (!TICKER.test(writtenTicker)) {
    throw new RangeError(
      `ticker of a symbol must be printable and without blanks, was ${JSON.stringify(writtenTicker)} in ${JSON.stringify(text)}`,
    )
  }
  const ticker = /\p{Lu}/u.test(writtenTicker) ? writtenTicker : writtenTicker.toUpperCase()
  return { exchange, ticker }
}
