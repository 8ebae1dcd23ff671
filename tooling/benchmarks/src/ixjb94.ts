import type { Contestant } from './contestant.ts'
import { importPeer, peerVersion } from './peers.ts'

interface Library {
  IndicatorsSync: new () => {
    sma: (source: number[], length: number) => number[]
    ema: (source: number[], length: number) => number[]
    hma: (source: number[], length: number) => number[]
    vwma: (source: number[], volume: number[], length: number) => number[]
    max: (source: number[], length: number) => number[]
    min: (source: number[], length: number) => number[]
    rsi: (source: number[], length: number) => number[]
    stoch: (
      high: number[],
      low: number[],
      close: number[],
      length: number,
      smoothK: number,
      smoothD: number,
    ) => number[][]
    cci: (high: number[], low: number[], close: number[], length: number) => number[]
    adx: (high: number[], low: number[], length: number) => number[]
    di: (high: number[], low: number[], close: number[], length: number) => number[][]
    ao: (high: number[], low: number[]) => number[]
    mom: (source: number[], length: number) => number[]
    macd: (source: number[], fast: number, slow: number, signal: number) => number[][]
    stochrsi: (source: number[], length: number) => number[]
    willr: (high: number[], low: number[], close: number[], length: number) => number[]
    ultosc: (
      high: number[],
      low: number[],
      close: number[],
      fast: number,
      middle: number,
      slow: number,
    ) => number[]
  }
}

/** Loads `@ixjb94/indicators`, the fastest of the JavaScript libraries, with the missing lines put together by hand. */
export async function loadIxjb94(): Promise<Contestant> {
  const { IndicatorsSync } = await importPeer<Library>('@ixjb94/indicators', 'dist/index.js')
  const library = new IndicatorsSync()
  const middle = (top: number[], bottom: number[]): number[] => {
    const line: number[] = []
    for (let t = 0; t < top.length; t++) line.push((top[t]! + bottom[t]!) / 2)
    return line
  }
  return {
    name: '@ixjb94/indicators',
    version: peerVersion('@ixjb94/indicators'),
    compute({ high, low, close, volume }) {
      const conversion = middle(library.max(high, 9), library.min(low, 9))
      const base = middle(library.max(high, 26), library.min(low, 26))
      const [k, d] = library.stoch(high, low, close, 14, 3, 3)
      const [plus, minus] = library.di(high, low, close, 14)
      const [macd, signal] = library.macd(close, 12, 26, 9)
      const ofStrength = library.stochrsi(close, 14)
      for (let t = 0; t < ofStrength.length; t++) ofStrength[t]! *= 100
      const ofStrengthK = library.sma(ofStrength, 3)
      const average = library.ema(close, 13)
      const bull: number[] = []
      const bear: number[] = []
      const gap = close.length - average.length
      for (let t = 0; t < average.length; t++) {
        bull.push(high[t + gap]! - average[t]!)
        bear.push(low[t + gap]! - average[t]!)
      }
      return {
        sma_10: library.sma(close, 10),
        sma_20: library.sma(close, 20),
        sma_30: library.sma(close, 30),
        sma_50: library.sma(close, 50),
        sma_100: library.sma(close, 100),
        sma_200: library.sma(close, 200),
        ema_10: library.ema(close, 10),
        ema_20: library.ema(close, 20),
        ema_30: library.ema(close, 30),
        ema_50: library.ema(close, 50),
        ema_100: library.ema(close, 100),
        ema_200: library.ema(close, 200),
        hma_9: library.hma(close, 9),
        vwma_20: library.vwma(close, volume, 20),
        ichimoku_conversion: conversion,
        ichimoku_base: base,
        ichimoku_lead_b: middle(library.max(high, 52), library.min(low, 52)),
        rsi: library.rsi(close, 14),
        stochastic_k: k!,
        stochastic_d: d!,
        cci: library.cci(high, low, close, 20),
        adx: library.adx(high, low, 14),
        plus_di: plus!,
        minus_di: minus!,
        ao: library.ao(high, low),
        momentum: library.mom(close, 10),
        macd: macd!,
        macd_signal: signal!,
        stochastic_rsi_k: ofStrengthK,
        stochastic_rsi_d: library.sma(ofStrengthK, 3),
        williams_r: library.willr(high, low, close, 14),
        bull_power: bull,
        bear_power: bear,
        ultimate_oscillator: library.ultosc(high, low, close, 7, 14, 28),
      }
    },
    // Its exponential averages begin with the first price, its Wilder averages with 13 bars: they agree once that has faded.
    agreesFrom: {
      ema_20: 250,
      ema_30: 350,
      ema_50: 600,
      ema_100: 1100,
      ema_200: 2200,
      macd: 300,
      macd_signal: 320,
      bull_power: 250,
      bear_power: 250,
      adx: 400,
      plus_di: 400,
      minus_di: 400,
    },
  }
}
