import type { ComponentName } from '@fs/ratings'
import type { Contestant } from './contestant.ts'
import { importPeer, peerVersion } from './peers.ts'

interface Candle {
  high: number
  low: number
  close: number
}

interface Indicator<Input, Result = number> {
  add: (input: Input) => Result | null
}

type Make<Input, Result = number> = new (...options: never[]) => Indicator<Input, Result>

interface Library {
  SMA: new (length: number) => Indicator<number>
  EMA: new (length: number) => Indicator<number>
  WMA: new (length: number) => Indicator<number>
  HMA: new (length: number) => Indicator<number>
  RSI: new (length: number) => Indicator<number>
  CCI: new (length: number) => Indicator<Candle>
  AO: new (fast: number, slow: number) => Indicator<Candle>
  MOM: new (length: number) => Indicator<number>
  WilliamsR: new (length: number) => Indicator<Candle>
  ADX: new (
    length: number,
  ) => Indicator<Candle> & { pdi: number | undefined; mdi: number | undefined }
  MACD: new (
    fast: Indicator<number>,
    slow: Indicator<number>,
    signal: Indicator<number>,
  ) => Indicator<number, { macd: number; signal: number }>
  StochasticOscillator: Make<Candle, { stochK: number; stochD: number }>
}

/** Loads `trading-signals`, which takes one bar at a time: 26 of the series. */
export async function loadTradingSignals(): Promise<Contestant> {
  const library = await importPeer<Library>('trading-signals', 'dist/index.js')
  return {
    name: 'trading-signals',
    version: peerVersion('trading-signals'),
    compute({ high, low, close }) {
      const averages: [ComponentName, Indicator<number>][] = [
        ['sma_10', new library.SMA(10)],
        ['sma_20', new library.SMA(20)],
        ['sma_30', new library.SMA(30)],
        ['sma_50', new library.SMA(50)],
        ['sma_100', new library.SMA(100)],
        ['sma_200', new library.SMA(200)],
        ['ema_10', new library.EMA(10)],
        ['ema_20', new library.EMA(20)],
        ['ema_30', new library.EMA(30)],
        ['ema_50', new library.EMA(50)],
        ['ema_100', new library.EMA(100)],
        ['ema_200', new library.EMA(200)],
        ['hma_9', new library.HMA(9)],
        ['rsi', new library.RSI(14)],
      ]
      const ofBars: [ComponentName, Indicator<Candle>][] = [
        ['cci', new library.CCI(20)],
        ['ao', new library.AO(5, 34)],
        ['williams_r', new library.WilliamsR(14)],
      ]
      const adx = new library.ADX(14)
      const macd = new library.MACD(new library.EMA(12), new library.EMA(26), new library.EMA(9))
      const stochastic = new library.StochasticOscillator(
        ...([{ kPeriod: 14, kSlowingPeriod: 3, dPeriod: 3 }] as never[]),
      )
      const middle = new library.EMA(13)
      const column = (): (number | null | undefined)[] => []
      const series: Partial<Record<ComponentName, (number | null | undefined)[]>> = {}
      for (const [name] of [...averages, ...ofBars]) series[name] = column()
      const more = {
        adx: column(),
        plus_di: column(),
        minus_di: column(),
        macd: column(),
        macd_signal: column(),
        stochastic_k: column(),
        stochastic_d: column(),
        bull_power: column(),
        bear_power: column(),
      }
      for (let t = 0; t < close.length; t++) {
        const price = close[t]!
        const candle = { high: high[t]!, low: low[t]!, close: price }
        for (const [name, indicator] of averages) series[name]!.push(indicator.add(price))
        for (const [name, indicator] of ofBars) series[name]!.push(indicator.add(candle))
        more.adx.push(adx.add(candle))
        more.plus_di.push(scaled(adx.pdi))
        more.minus_di.push(scaled(adx.mdi))
        const lines = macd.add(price)
        more.macd.push(lines?.macd)
        more.macd_signal.push(lines?.signal)
        const slow = stochastic.add(candle)
        more.stochastic_k.push(slow?.stochK)
        more.stochastic_d.push(slow?.stochD)
        const average = middle.add(price)
        more.bull_power.push(average === null ? null : candle.high - average)
        more.bear_power.push(average === null ? null : candle.low - average)
      }
      return { ...series, ...more }
    },
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

/** Its directional indicators are fractions. */
function scaled(value: number | undefined): number | undefined {
  return value === undefined ? undefined : 100 * value
}
