import { hlc3, type PriceBars } from '../bars.ts'
import type { ComponentName } from '../component-names.ts'
import { bollingerWidth } from '../indicators/bollinger-width.ts'
import { cci } from '../indicators/cci.ts'
import { donchian } from '../indicators/donchian.ts'
import type { Ratings } from '../rate.ts'
import { efficiencyRatio } from '../statistics/efficiency.ts'
import { permutationEntropy } from '../statistics/entropy.ts'
import { hurstExponent } from '../statistics/hurst.ts'
import { sampleDeviation, shape, windowMean } from '../statistics/moments.ts'
import { conditionalValueAtRisk } from '../statistics/tail.ts'

/** What kernels compute from: the bars, and what several of them need, computed at most once. */
export interface Shared {
  /** Price columns without the rows that are no bar. */
  price: PriceBars
  periodsPerYear: number
  returns: () => Float64Array
  ratings: () => Ratings
  component: (name: ComponentName) => Float64Array
  /** Another feature, for features made of features. */
  feature: (name: string) => Float64Array
  /** A value that two kernels take a part of each. */
  once: <T>(key: string, compute: () => T) => T
}

/** How one feature is computed. */
export interface Kernel {
  /** Components it reads; those of all wanted features are computed in one pass. */
  components?: readonly ComponentName[]
  /** Whether it reads the ratings, which the same pass computes. */
  ratings?: true
  /** Computes the column, as long as the bars. */
  compute: (shared: Shared) => Float64Array
}

const component = (name: ComponentName): Kernel => ({
  components: [name],
  compute: (shared) => shared.component(name),
})

const rating = (name: 'all' | 'ma' | 'other'): Kernel => ({
  ratings: true,
  compute: (shared) => shared.ratings()[name],
})

function change(source: Float64Array, length: number): Float64Array {
  return source.map((value, t) => {
    const ratio = t < length ? Number.NaN : value / source[t - length]! - 1
    return Number.isFinite(ratio) ? ratio : Number.NaN
  })
}

/** One kernel a feature; its definition stands in `catalogue.ts`. */
export const KERNELS: Readonly<Record<string, Kernel>> = {
  recommend_ma: rating('ma'),
  recommend_other: rating('other'),
  recommend_all: rating('all'),
  returns_1d: { compute: ({ returns }) => returns().slice() },
  volatility_20d: {
    compute: ({ returns, periodsPerYear }) =>
      sampleDeviation(returns(), 20).map((value) => value * Math.sqrt(periodsPerYear)),
  },
  momentum_60d: { compute: ({ price }) => change(price.close, 60) },
  momentum: {
    compute: ({ returns, periodsPerYear }) =>
      windowMean(returns(), 252).map((value) => value * periodsPerYear),
  },
  stability: {
    compute: ({ returns, periodsPerYear }) =>
      sampleDeviation(returns(), 252).map(
        (value) => 1 / (value * Math.sqrt(periodsPerYear) + 1e-9),
      ),
  },
  efficiency: { compute: ({ returns }) => efficiencyRatio(returns(), 120) },
  entropy: { compute: ({ returns }) => permutationEntropy(returns(), 120) },
  hurst: { compute: ({ price }) => hurstExponent(price.close, 120) },
  hurst_clean: {
    compute: ({ feature }) => feature('hurst').map((value) => 1 - 2 * Math.abs(value - 0.5)),
  },
  skew: {
    compute: ({ returns, once }) =>
      once('shape', () => shape(returns(), 120)).skewness.map((value) => Math.abs(value)),
  },
  kurtosis: { compute: ({ returns, once }) => once('shape', () => shape(returns(), 120)).kurtosis },
  cvar: { compute: ({ returns }) => conditionalValueAtRisk(returns(), 120) },
  sma_10: component('sma_10'),
  sma_20: component('sma_20'),
  sma_30: component('sma_30'),
  sma_50: component('sma_50'),
  sma_100: component('sma_100'),
  sma_200: component('sma_200'),
  ema_10: component('ema_10'),
  ema_20: component('ema_20'),
  ema_30: component('ema_30'),
  ema_50: component('ema_50'),
  ema_100: component('ema_100'),
  ema_200: component('ema_200'),
  hma_9: component('hma_9'),
  vwma_20: component('vwma_20'),
  ichimoku_tenkan: component('ichimoku_conversion'),
  ichimoku_kijun: component('ichimoku_base'),
  donchian_lower_20: {
    compute: ({ price, once }) => once('donchian', () => donchian(price)).lower,
  },
  donchian_upper_20: {
    compute: ({ price, once }) => once('donchian', () => donchian(price)).upper,
  },
  bb_width_20: { compute: ({ price }) => bollingerWidth(price.close).map((value) => 100 * value) },
  rsi: component('rsi'),
  stoch_k: component('stochastic_k'),
  stoch_d: component('stochastic_d'),
  stoch_rsi_k: component('stochastic_rsi_k'),
  stoch_rsi_d: component('stochastic_rsi_d'),
  // The column is of the typical price whatever the rating formula votes on.
  cci: { compute: ({ price }) => cci(hlc3(price)) },
  adx_14: component('adx'),
  dmp_14: component('plus_di'),
  dmn_14: component('minus_di'),
  ao: component('ao'),
  mom: component('momentum'),
  macd: component('macd'),
  macd_signal: component('macd_signal'),
  willr: component('williams_r'),
  uo: component('ultimate_oscillator'),
  bb_power: {
    components: ['bull_power', 'bear_power'],
    compute({ component: of }) {
      const bear = of('bear_power')
      return of('bull_power').map((value, t) => value + bear[t]!)
    },
  },
}
