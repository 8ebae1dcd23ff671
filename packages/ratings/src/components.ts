import { checkBars, gather, hlc3, presentRows, scatter, type Bars } from './bars.ts'
import { formulaOf, type FormulaId } from './formula.ts'
import { awesomeOscillator } from './indicators/awesome-oscillator.ts'
import { bullBearPower } from './indicators/bull-bear-power.ts'
import { cci } from './indicators/cci.ts'
import { directionalMovement } from './indicators/directional-movement.ts'
import { ema } from './indicators/ema.ts'
import { hma } from './indicators/hma.ts'
import { ichimoku } from './indicators/ichimoku.ts'
import { macd } from './indicators/macd.ts'
import { momentum } from './indicators/momentum.ts'
import { rsi } from './indicators/rsi.ts'
import { sma } from './indicators/sma.ts'
import { stochastic, stochasticRsi } from './indicators/stochastic.ts'
import { ultimateOscillator } from './indicators/ultimate-oscillator.ts'
import { vwma } from './indicators/vwma.ts'
import { williamsR } from './indicators/williams-r.ts'

/** Names of the series that the votes of a rating are taken from, in the order in which they are computed. */
export const COMPONENTS = [
  'sma_10',
  'sma_20',
  'sma_30',
  'sma_50',
  'sma_100',
  'sma_200',
  'ema_10',
  'ema_20',
  'ema_30',
  'ema_50',
  'ema_100',
  'ema_200',
  'hma_9',
  'vwma_20',
  'ichimoku_conversion',
  'ichimoku_base',
  'ichimoku_lead_a',
  'ichimoku_lead_b',
  'rsi',
  'stochastic_k',
  'stochastic_d',
  'cci',
  'adx',
  'plus_di',
  'minus_di',
  'ao',
  'momentum',
  'macd',
  'macd_signal',
  'stochastic_rsi_k',
  'stochastic_rsi_d',
  'williams_r',
  'bull_power',
  'bear_power',
  'ultimate_oscillator',
] as const

/** A series that votes are taken from. */
export type ComponentName = (typeof COMPONENTS)[number]

/**
 * Computes every series that the votes of a rating are taken from.
 *
 * @param bars columns, oldest first
 * @param options.formula id of the rating formula, which decides the price that CCI is computed of
 * @returns one column a component, `NaN` until it is warm and on rows that are no bar
 * @throws {RangeError} when the bars are not ascending columns of one length or there is no such formula
 */
export function components(
  bars: Bars,
  options: { formula?: FormulaId } = {},
): Record<ComponentName, Float64Array> {
  checkBars(bars)
  const formula = formulaOf(options.formula)
  const rows = presentRows(bars)
  const high = gather(bars.high, rows)
  const low = gather(bars.low, rows)
  const close = gather(bars.close, rows)
  const volume = gather(bars.volume, rows)
  const price = { high, low, close }
  const cloud = ichimoku(price)
  const slow = stochastic(price)
  const movement = directionalMovement(price)
  const divergence = macd(close)
  const ofStrength = stochasticRsi(close)
  const power = bullBearPower(price)
  const series: Record<ComponentName, Float64Array> = {
    sma_10: sma(close, 10),
    sma_20: sma(close, 20),
    sma_30: sma(close, 30),
    sma_50: sma(close, 50),
    sma_100: sma(close, 100),
    sma_200: sma(close, 200),
    ema_10: ema(close, 10),
    ema_20: ema(close, 20),
    ema_30: ema(close, 30),
    ema_50: ema(close, 50),
    ema_100: ema(close, 100),
    ema_200: ema(close, 200),
    hma_9: hma(close, 9),
    vwma_20: vwma(close, volume, 20),
    ichimoku_conversion: cloud.conversion,
    ichimoku_base: cloud.base,
    ichimoku_lead_a: cloud.leadA,
    ichimoku_lead_b: cloud.leadB,
    rsi: rsi(close),
    stochastic_k: slow.k,
    stochastic_d: slow.d,
    cci: cci(formula.cci === 'close' ? close : hlc3(price)),
    adx: movement.adx,
    plus_di: movement.plus,
    minus_di: movement.minus,
    ao: awesomeOscillator(price),
    momentum: momentum(close),
    macd: divergence.macd,
    macd_signal: divergence.signal,
    stochastic_rsi_k: ofStrength.k,
    stochastic_rsi_d: ofStrength.d,
    williams_r: williamsR(price),
    bull_power: power.bull,
    bear_power: power.bear,
    ultimate_oscillator: ultimateOscillator(price),
  }
  if (rows === undefined) return series
  for (const name of COMPONENTS) series[name] = scatter(series[name], rows, bars.close.length)
  return series
}
