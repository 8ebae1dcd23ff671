import type { Contestant } from './contestant.ts'
import { importPeer, peerVersion } from './peers.ts'

interface Library {
  sma: (input: { period: number; values: number[] }) => number[]
  ema: (input: { period: number; values: number[] }) => number[]
  wma: (input: { period: number; values: number[] }) => number[]
  rsi: (input: { period: number; values: number[] }) => number[]
  stochastic: (input: {
    high: number[]
    low: number[]
    close: number[]
    period: number
    signalPeriod: number
  }) => { k: number; d: number }[]
  cci: (input: { high: number[]; low: number[]; close: number[]; period: number }) => number[]
  adx: (input: {
    high: number[]
    low: number[]
    close: number[]
    period: number
  }) => { adx: number; pdi: number; mdi: number }[]
  awesomeoscillator: (input: {
    high: number[]
    low: number[]
    fastPeriod: number
    slowPeriod: number
  }) => number[]
  macd: (input: {
    values: number[]
    fastPeriod: number
    slowPeriod: number
    signalPeriod: number
    SimpleMAOscillator: boolean
    SimpleMASignal: boolean
  }) => { MACD?: number; signal?: number }[]
  williamsr: (input: { high: number[]; low: number[]; close: number[]; period: number }) => number[]
}

/** Loads `technicalindicators`: 23 of the series; no volume-weighted average, base lines or ultimate oscillator. */
export async function loadTechnicalindicators(): Promise<Contestant> {
  const library = await importPeer<Library>('technicalindicators', 'dist/index.js')
  return {
    name: 'technicalindicators',
    version: peerVersion('technicalindicators'),
    compute({ high, low, close }) {
      const stochastic = library.stochastic({ high, low, close, period: 14, signalPeriod: 3 })
      const slowK = stochastic.map((each) => each.d).filter((each) => each !== undefined)
      const movement = library.adx({ high, low, close, period: 14 })
      const lines = library.macd({
        values: close,
        fastPeriod: 12,
        slowPeriod: 26,
        signalPeriod: 9,
        SimpleMAOscillator: false,
        SimpleMASignal: false,
      })
      const average = library.ema({ period: 13, values: close })
      const gap = close.length - average.length
      const half = library.wma({ period: 4, values: close }).slice(5)
      const full = library.wma({ period: 9, values: close })
      return {
        sma_10: library.sma({ period: 10, values: close }),
        sma_20: library.sma({ period: 20, values: close }),
        sma_30: library.sma({ period: 30, values: close }),
        sma_50: library.sma({ period: 50, values: close }),
        sma_100: library.sma({ period: 100, values: close }),
        sma_200: library.sma({ period: 200, values: close }),
        ema_10: library.ema({ period: 10, values: close }),
        ema_20: library.ema({ period: 20, values: close }),
        ema_30: library.ema({ period: 30, values: close }),
        ema_50: library.ema({ period: 50, values: close }),
        ema_100: library.ema({ period: 100, values: close }),
        ema_200: library.ema({ period: 200, values: close }),
        hma_9: library.wma({ period: 3, values: full.map((each, t) => 2 * half[t]! - each) }),
        stochastic_k: slowK,
        stochastic_d: library.sma({ period: 3, values: slowK }),
        cci: library.cci({ high, low, close, period: 20 }),
        adx: movement.map((each) => each.adx),
        plus_di: movement.map((each) => each.pdi),
        minus_di: movement.map((each) => each.mdi),
        ao: library.awesomeoscillator({ high, low, fastPeriod: 5, slowPeriod: 34 }),
        macd: lines.map((each) => each.MACD),
        macd_signal: lines.map((each) => each.signal),
        williams_r: library.williamsr({ high, low, close, period: 14 }),
        bull_power: average.map((each, t) => high[t + gap]! - each),
        bear_power: average.map((each, t) => low[t + gap]! - each),
      }
    },
    agreesFrom: { adx: 400, plus_di: 400, minus_di: 400 },
  }
}
