import { isKnownExchange } from './exchanges.ts'
import { formatSymbol, parseSymbol } from './symbol.ts'

/** What a file's name says about the symbol inside. */
export interface NamedSymbol {
  /** `EXCHANGE:TICKER`. */
  symbol: string
  /** True when the name was divided at its first `_` although what stands before it is no known exchange. */
  guessed: boolean
}

const ENDING = /\.(?:csv|parquet)$/i
// `_1d` is the store's own ending; `, 1D`, a short code and a copy's number are what TradingView's chart export adds.
const DAILY = /(?:_1d|, 1D(?:_[0-9a-f]+)?(?: ?\(\d+\))?)$/

/**
 * Reads the symbol from the name of a bar file: `EXCHANGE_TICKER_1d.csv`, `EXCHANGE_TICKER.csv`, or `TICKER.csv`
 * together with an exchange; `.parquet` likewise, and TradingView's own `EXCHANGE_TICKER, 1D.csv`.
 *
 * Exchange codes hold underscores too, so the name is divided after the longest known code: `CME_MINI_ES1!_1d` is
 * `CME_MINI:ES1!`. Without a known code the whole name is the ticker when an exchange is given; otherwise the first
 * underscore divides it and `guessed` says so. What a file name cannot hold is percent-encoded: `NYSE_BAC%2FPL_1d.csv`
 * is `NYSE:BAC/PL`.
 *
 * @param name file name or path; folders are ignored
 * @param options `exchange`: the exchange of files that name none
 * @returns the symbol, and whether the division was a guess
 * @throws RangeError naming the file when it yields no symbol
 * @example symbolFromFileName('BINANCE_BTCUSDT_1d.csv').symbol // 'BINANCE:BTCUSDT'
 */
export function symbolFromFileName(name: string, options: { exchange?: string } = {}): NamedSymbol {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  const stem = decoded(base.replace(ENDING, '').replace(DAILY, ''))
  const given = options.exchange?.toUpperCase()
  try {
    if (stem.includes(':')) return { symbol: formatSymbol(parseSymbol(stem)), guessed: false }
    const split = knownSplit(stem, given) ?? (given === undefined ? stem.indexOf('_') : -1)
    if (split > 0) {
      const exchange = stem.slice(0, split).toUpperCase()
      return {
        symbol: formatSymbol({ exchange, ticker: stem.slice(split + 1) }),
        guessed: exchange !== given && !isKnownExchange(exchange),
      }
    }
    if (given !== undefined) {
      return { symbol: formatSymbol({ exchange: given, ticker: stem }), guessed: false }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new RangeError(`file ${JSON.stringify(base)} names no symbol: ${error.message}`, {
      cause: error,
    })
  }
  throw new RangeError(
    `file ${JSON.stringify(base)} names no exchange: call it EXCHANGE_TICKER_1d or give its exchange`,
  )
}

function knownSplit(stem: string, given: string | undefined): number | undefined {
  for (
    let at = stem.lastIndexOf('_', stem.length - 2);
    at > 0;
    at = stem.lastIndexOf('_', at - 1)
  ) {
    const code = stem.slice(0, at).toUpperCase()
    if (code === given || isKnownExchange(code)) return at
  }
  return undefined
}

// Byte by byte, so that a stray percent sign in a ticker is kept instead of failing the whole name.
function decoded(stem: string): string {
  return stem.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes)
    } catch {
      return bytes
    }
  })
}
