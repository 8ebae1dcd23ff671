import { DEFAULT_FORMULA, formulaOf, type FormulaId } from '../formula.ts'

/** What one needs to know about a feature without computing it. */
export interface Feature {
  /** Column name. */
  name: string
  /** Unit of the values. */
  unit: 'rating' | 'price' | 'percent' | 'fraction' | 'index'
  /** Smallest possible value, inclusive; absent when there is none. */
  min?: number
  /** Largest possible value, inclusive; absent when there is none. */
  max?: number
  /** Number of the bar, counted from 1, that carries the first value. */
  firstValue: number
  /** Bars after which where a history begins no longer shows: ratings are complete, seeds of averages below 1e-6. */
  stable: number
  /** TradingView's scanner column with the same meaning; absent when there is none. */
  column?: string
  /** Definition in one line. */
  formula: string
  /** Where the definition comes from. */
  source: string
}

const RATING = { unit: 'rating', min: -1, max: 1, stable: 200 } as const
const PERCENT = { unit: 'percent', min: 0, max: 100 } as const
const FRACTION = { unit: 'fraction', min: 0, max: 1 } as const
const AVERAGE = { unit: 'price', min: 0 } as const

const RATINGS_SOURCE = 'TradingView, Technical Ratings'
const RETURNS = 'simple close-to-close returns'
const WILDER = 'J. Welles Wilder, New Concepts in Technical Trading Systems (1978)'

/** Bars until the seed of an exponential average weighs less than 1e-6, counted from its first value. */
function settled(firstValue: number, alpha: number): number {
  return firstValue + Math.ceil(Math.log(1e-6) / Math.log(1 - alpha))
}

function simpleAverage(length: number): Omit<Feature, 'name'> {
  return {
    ...AVERAGE,
    firstValue: length,
    stable: length,
    column: `SMA${length}`,
    formula: `mean of the last ${length} closes`,
    source: 'simple moving average',
  }
}

function exponentialAverage(length: number): Omit<Feature, 'name'> {
  return {
    ...AVERAGE,
    firstValue: length,
    stable: settled(length, 2 / (length + 1)),
    column: `EMA${length}`,
    formula: `s += 2 / ${length + 1} · (close − s), seeded with the mean of the first ${length} closes`,
    source: 'exponential moving average',
  }
}

/** Every feature but its name; the name is the key. The kernel of the same name stands in `kernels.ts`. */
export const ENTRIES: Readonly<Record<string, Omit<Feature, 'name'>>> = {
  recommend_ma: {
    ...RATING,
    firstValue: 10,
    column: 'Recommend.MA',
    formula: 'mean of the counted votes of 15 moving averages',
    source: RATINGS_SOURCE,
  },
  recommend_other: {
    ...RATING,
    firstValue: 12,
    column: 'Recommend.Other',
    formula: 'mean of the counted votes of 11 oscillators',
    source: RATINGS_SOURCE,
  },
  recommend_all: {
    ...RATING,
    firstValue: 12,
    column: 'Recommend.All',
    formula: 'recommend_ma and recommend_other, combined by the rating formula',
    source: RATINGS_SOURCE,
  },
  returns_1d: {
    unit: 'fraction',
    min: -1,
    firstValue: 2,
    stable: 2,
    formula: 'close / close[1] − 1',
    source: RETURNS,
  },
  volatility_20d: {
    unit: 'fraction',
    min: 0,
    firstValue: 21,
    stable: 21,
    formula: 'standard deviation (n − 1) of the last 20 returns · √periodsPerYear',
    source: RETURNS,
  },
  momentum_60d: {
    unit: 'fraction',
    min: -1,
    firstValue: 61,
    stable: 61,
    formula: 'close / close[60] − 1',
    source: RETURNS,
  },
  momentum: {
    unit: 'fraction',
    firstValue: 253,
    stable: 253,
    formula: 'mean of the last 252 returns · periodsPerYear',
    source: RETURNS,
  },
  stability: {
    unit: 'index',
    min: 0,
    firstValue: 253,
    stable: 253,
    formula: '1 / (standard deviation (n − 1) of the last 252 returns · √periodsPerYear + 1e-9)',
    source: RETURNS,
  },
  efficiency: {
    ...FRACTION,
    firstValue: 121,
    stable: 121,
    formula: 'abs(Σr) / Σabs(r) over the last 120 returns; 0 without movement',
    source: 'Perry J. Kaufman, Trading Systems and Methods (1995)',
  },
  entropy: {
    ...FRACTION,
    firstValue: 1,
    stable: 121,
    formula:
      'permutation entropy, order 5, of the last 120 returns over ln(120); 1 while there are fewer',
    source: 'Christoph Bandt and Bernd Pompe, Permutation Entropy (2002)',
  },
  hurst: {
    ...FRACTION,
    firstValue: 120,
    stable: 120,
    formula:
      'slope of ln(R/S) on ln(lag), lags 8, 16 and 32, over the last 120 closes; 0.5 with fewer than two lags',
    source: 'Harold E. Hurst, Long-Term Storage Capacity of Reservoirs (1951)',
  },
  hurst_clean: {
    ...FRACTION,
    firstValue: 120,
    stable: 120,
    formula: '1 − 2 · abs(hurst − 0.5)',
    source: 'Harold E. Hurst, Long-Term Storage Capacity of Reservoirs (1951)',
  },
  skew: {
    unit: 'index',
    min: 0,
    firstValue: 121,
    stable: 121,
    formula: 'abs(m3 / m2^1.5) of the last 120 returns, population moments',
    source: RETURNS,
  },
  kurtosis: {
    unit: 'index',
    min: -2,
    firstValue: 121,
    stable: 121,
    formula: 'm4 / m2² − 3 of the last 120 returns, population moments',
    source: RETURNS,
  },
  cvar: {
    unit: 'fraction',
    min: -1,
    firstValue: 121,
    stable: 121,
    formula: 'mean of those of the last 120 returns that are at or below their 5 % quantile',
    source: RETURNS,
  },
  sma_10: simpleAverage(10),
  sma_20: simpleAverage(20),
  sma_30: simpleAverage(30),
  sma_50: simpleAverage(50),
  sma_100: simpleAverage(100),
  sma_200: simpleAverage(200),
  ema_10: exponentialAverage(10),
  ema_20: exponentialAverage(20),
  ema_30: exponentialAverage(30),
  ema_50: exponentialAverage(50),
  ema_100: exponentialAverage(100),
  ema_200: exponentialAverage(200),
  hma_9: {
    unit: 'price',
    firstValue: 11,
    stable: 11,
    column: 'HullMA9',
    formula: 'wma(2 · wma(close, 4) − wma(close, 9), 3)',
    source: 'Alan Hull, Hull Moving Average (2005)',
  },
  vwma_20: {
    ...AVERAGE,
    firstValue: 20,
    stable: 20,
    column: 'VWMA',
    formula: 'Σ(close · volume) / Σvolume over the last 20 bars',
    source: 'volume-weighted moving average',
  },
  ichimoku_tenkan: {
    ...AVERAGE,
    firstValue: 9,
    stable: 9,
    column: 'Ichimoku.CLine',
    formula: '(highest high + lowest low) / 2 over the last 9 bars',
    source: 'Goichi Hosoda, Ichimoku Kinko Hyo (1969)',
  },
  ichimoku_kijun: {
    ...AVERAGE,
    firstValue: 26,
    stable: 26,
    column: 'Ichimoku.BLine',
    formula: '(highest high + lowest low) / 2 over the last 26 bars',
    source: 'Goichi Hosoda, Ichimoku Kinko Hyo (1969)',
  },
  donchian_lower_20: {
    ...AVERAGE,
    firstValue: 20,
    stable: 20,
    column: 'DonchCh20.Lower',
    formula: 'lowest low of the last 20 bars',
    source: 'Richard Donchian, four-week rule',
  },
  donchian_upper_20: {
    ...AVERAGE,
    firstValue: 20,
    stable: 20,
    column: 'DonchCh20.Upper',
    formula: 'highest high of the last 20 bars',
    source: 'Richard Donchian, four-week rule',
  },
  bb_width_20: {
    unit: 'percent',
    min: 0,
    firstValue: 20,
    stable: 20,
    formula:
      '100 · (upper − lower) / middle of the Bollinger bands, 20 bars, 2 population deviations',
    source: 'John Bollinger, Bollinger on Bollinger Bands (2001)',
  },
  rsi: {
    ...PERCENT,
    firstValue: 15,
    stable: settled(15, 1 / 14),
    column: 'RSI',
    formula: '100 − 100 / (1 + rma(gain, 14) / rma(loss, 14))',
    source: WILDER,
  },
  stoch_k: {
    ...PERCENT,
    firstValue: 16,
    stable: 16,
    column: 'Stoch.K',
    formula: 'sma(100 · (close − lowest low) / (highest high − lowest low), 3), 14 bars',
    source: "George C. Lane, Lane's Stochastics (1984)",
  },
  stoch_d: {
    ...PERCENT,
    firstValue: 18,
    stable: 18,
    column: 'Stoch.D',
    formula: 'sma(stoch_k, 3)',
    source: "George C. Lane, Lane's Stochastics (1984)",
  },
  stoch_rsi_k: {
    ...PERCENT,
    firstValue: 30,
    stable: settled(30, 1 / 14),
    column: 'Stoch.RSI.K',
    formula: 'stoch_k with rsi in place of the prices',
    source: 'Tushar Chande and Stanley Kroll, The New Technical Trader (1994)',
  },
  stoch_rsi_d: {
    ...PERCENT,
    firstValue: 32,
    stable: settled(32, 1 / 14),
    column: 'Stoch.RSI.D',
    formula: 'sma(stoch_rsi_k, 3)',
    source: 'Tushar Chande and Stanley Kroll, The New Technical Trader (1994)',
  },
  cci: {
    unit: 'index',
    firstValue: 20,
    stable: 20,
    column: 'CCI20',
    formula: '(x − sma(x, 20)) / (0.015 · mean absolute deviation), x = (high + low + close) / 3',
    source: 'Donald R. Lambert, Commodities Channel Index (1980)',
  },
  adx_14: {
    ...PERCENT,
    firstValue: 28,
    stable: settled(28, 1 / 14),
    column: 'ADX',
    formula: 'rma(100 · abs(dmp_14 − dmn_14) / (dmp_14 + dmn_14), 14)',
    source: WILDER,
  },
  dmp_14: {
    ...PERCENT,
    firstValue: 15,
    stable: settled(15, 1 / 14),
    column: 'ADX+DI',
    formula: '100 · rma(upward movement, 14) / rma(true range, 14)',
    source: WILDER,
  },
  dmn_14: {
    ...PERCENT,
    firstValue: 15,
    stable: settled(15, 1 / 14),
    column: 'ADX-DI',
    formula: '100 · rma(downward movement, 14) / rma(true range, 14)',
    source: WILDER,
  },
  ao: {
    unit: 'price',
    firstValue: 34,
    stable: 34,
    column: 'AO',
    formula: 'sma(x, 5) − sma(x, 34), x = (high + low) / 2',
    source: 'Bill Williams, New Trading Dimensions (1998)',
  },
  mom: {
    unit: 'price',
    firstValue: 11,
    stable: 11,
    column: 'Mom',
    formula: 'close − close[10]',
    source: 'momentum',
  },
  macd: {
    unit: 'price',
    firstValue: 26,
    stable: settled(26, 2 / 27),
    column: 'MACD.macd',
    formula: 'ema(close, 12) − ema(close, 26)',
    source: 'Gerald Appel, Technical Analysis: Power Tools for Active Investors (2005)',
  },
  macd_signal: {
    unit: 'price',
    firstValue: 34,
    stable: settled(34, 2 / 27),
    column: 'MACD.signal',
    formula: 'ema(macd, 9)',
    source: 'Gerald Appel, Technical Analysis: Power Tools for Active Investors (2005)',
  },
  willr: {
    unit: 'percent',
    min: -100,
    max: 0,
    firstValue: 14,
    stable: 14,
    column: 'W.R',
    formula: '100 · (close − highest high) / (highest high − lowest low), 14 bars',
    source: 'Larry Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)',
  },
  uo: {
    ...PERCENT,
    firstValue: 29,
    stable: 29,
    column: 'UO',
    formula: '100 / 7 · (4 · a(7) + 2 · a(14) + a(28)), a = Σ buying pressure / Σ true range',
    source: 'Larry Williams, The Ultimate Oscillator (1985)',
  },
  bb_power: {
    unit: 'price',
    firstValue: 13,
    stable: settled(13, 2 / 14),
    column: 'BBPower',
    formula: '(high − ema(close, 13)) + (low − ema(close, 13))',
    source: 'Alexander Elder, Trading for a Living (1993)',
  },
}

/** Every feature by name, for the default formula; see `featuresFor` for another one. */
export const FEATURES: Readonly<Record<string, Readonly<Feature>>> = featuresFor(DEFAULT_FORMULA)

/**
 * Lists every feature as it is under a formula.
 *
 * @param formula id of the rating formula
 * @returns the catalogue; only `firstValue` of `recommend_all` differs: an averaging formula gives the moving-average rating
 *   until the oscillators vote, `institutional` needs both
 * @throws {RangeError} when there is no such formula
 */
export function featuresFor(formula: FormulaId): Readonly<Record<string, Readonly<Feature>>> {
  const averages = formulaOf(formula).maWeight === undefined
  const features: Record<string, Feature> = {}
  for (const [name, entry] of Object.entries(ENTRIES)) {
    features[name] = { name, ...entry }
  }
  const all = features.recommend_all
  const ma = features.recommend_ma
  if (averages && all !== undefined && ma !== undefined) all.firstValue = ma.firstValue
  return features
}
