import type { Calendar } from './calendar.ts'
import type { Random } from './random.ts'

/** What is fixed about a symbol before its first bar. */
export interface Listing {
  /** `EXCHANGE:TICKER`. */
  readonly symbol: string
  readonly calendar: Calendar
  /** Price before the first bar, in the quote currency. */
  readonly startPrice: number
  /** Decimals of a quoted price: the tick is 10 to the power of −`priceDecimals`. */
  readonly priceDecimals: number
  /** Decimals of a volume, in base units or shares. */
  readonly volumeDecimals: number
  /** Return of the symbol for a market return of 1. */
  readonly beta: number
  /** Standard deviation of the daily return that is the symbol's own. */
  readonly deviation: number
  /** Typical traded value a day, in the quote currency. */
  readonly turnover: number
  /** Whether the source never reports volume. */
  readonly withoutVolume: boolean
  /** Calendar days of history at the end date, at least 3 so that a weekend leaves a bar; `undefined` means all days. */
  readonly ageDays: number | undefined
}

// Start prices are invented; the well-known tickers only make output easier to read.
const COINS: readonly (readonly [ticker: string, startPrice: number])[] = [
  ['BTC', 43_250],
  ['ETH', 2_310],
  ['SOL', 98.4],
  ['PEPE', 0.000_000_94],
  ['XRP', 0.617],
  ['ADA', 0.482],
  ['UNI', 6.13],
  ['BONK', 0.000_012_8],
  ['LINK', 14.2],
  ['MOG', 0.000_000_31],
  ['LTC', 71.6],
  ['YFI', 8_120],
]
const SHARES: readonly (readonly [exchange: string, ticker: string, startPrice: number])[] = [
  ['NASDAQ', 'AAPL', 186.4],
  ['NYSE', 'BRK.A', 546_000],
  ['NASDAQ', 'MSFT', 372.1],
  ['NYSE', 'KO', 59.8],
  ['NASDAQ', 'NVDA', 48.9],
  ['NYSE', 'F', 11.7],
]
const CONSONANTS = 'BCDFGHKLMNRSTVZ'
const VOWELS = 'AEIOU'
const POWERS = [0.001, 0.01, 0.1, 1, 10, 100, 1_000] as const

/**
 * Invents the listing with a number: four of five are coins quoted in USDT, the fifth is a share. Every twelfth is a young
 * listing, and some never report volume.
 *
 * @param random stream of this listing alone
 * @param index number of the listing, from 0; a symbol depends on its number only, so no two are equal
 */
export function inventListing(random: Random, index: number): Listing {
  const isShare = index % 5 === 4
  const withinKind = isShare ? Math.floor(index / 5) : index - Math.floor((index + 1) / 5)
  const { symbol, startPrice } = isShare
    ? inventShare(random, withinKind)
    : inventCoin(random, withinKind)
  const beta = isShare ? 0.3 + 0.35 * random.uniform() : 0.8 + 0.6 * random.uniform()
  const deviation = isShare ? 0.008 + 0.01 * random.uniform() : 0.012 + 0.018 * random.uniform()
  const turnover = (isShare ? 8e8 : 5e7) * (0.05 + random.uniform())
  return {
    symbol,
    calendar: isShare ? 'sessions' : 'continuous',
    startPrice,
    priceDecimals: isShare && startPrice >= 1 ? 2 : decimalsFor(startPrice),
    volumeDecimals: isShare || startPrice < 1 ? 0 : startPrice < 1_000 ? 2 : 5,
    beta,
    deviation,
    turnover,
    withoutVolume: index % 23 === 11,
    ageDays: index % 12 === 7 ? random.integer(3, 60) : undefined,
  }
}

function inventCoin(random: Random, number: number): { symbol: string; startPrice: number } {
  const known = COINS[number]
  if (known) return { symbol: `BINANCE:${known[0]}USDT`, startPrice: known[1] }
  const isTiny = number % 19 === 0
  const power = isTiny ? 1e-7 : POWERS[random.integer(0, POWERS.length - 1)]!
  return {
    symbol: `BINANCE:${inventTicker(number)}USDT`,
    startPrice: (1 + 8 * random.uniform()) * power,
  }
}

function inventShare(random: Random, number: number): { symbol: string; startPrice: number } {
  const known = SHARES[number]
  if (known) return { symbol: `${known[0]}:${known[1]}`, startPrice: known[2] }
  return {
    symbol: `${number % 2 === 0 ? 'NASDAQ' : 'NYSE'}:${inventTicker(number)}`,
    startPrice: (1 + 8 * random.uniform()) * (random.uniform() < 0.3 ? 100 : 10),
  }
}

// A number in a mixed base of syllables, at least two of them: pronounceable and unique. Without P it never says PEPE.
function inventTicker(number: number): string {
  let rest = scatter(number)
  let ticker = ''
  for (let syllable = 0; syllable < 2 || rest > 0; syllable++) {
    ticker += CONSONANTS[rest % CONSONANTS.length]!
    rest = Math.floor(rest / CONSONANTS.length)
    ticker += VOWELS[rest % VOWELS.length]!
    rest = Math.floor(rest / VOWELS.length)
  }
  return ticker
}

// Permutes the two-syllable numbers among themselves, so that neighbours do not look alike.
function scatter(number: number): number {
  const twoSyllables = (CONSONANTS.length * VOWELS.length) ** 2
  return (
    (((number % twoSyllables) * 1717) % twoSyllables) +
    Math.floor(number / twoSyllables) * twoSyllables
  )
}

// Six significant digits at the start, so that a fall to a hundredth still leaves a price of four.
function decimalsFor(price: number): number {
  let decimals = 1
  for (let scaled = price * 10; scaled < 100_000; scaled *= 10) decimals += 1
  return decimals
}
