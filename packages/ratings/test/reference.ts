// The rating once more, slowly: public indicators, rules in boolean logic, one bar at a time. The kernels must agree.
import {
  awesomeOscillator,
  bullBearPower,
  cci,
  combine,
  directionalMovement,
  ema,
  FORMULAS,
  hlc3,
  hma,
  ichimoku,
  macd,
  MA_VOTES,
  momentum,
  OTHER_VOTES,
  rsi,
  sma,
  stochastic,
  stochasticRsi,
  ultimateOscillator,
  vwma,
  williamsR,
  type Bars,
  type ComponentName,
  type Formula,
  type FormulaId,
  type Ratings,
  type VoteName,
} from '../src/index.ts'

function presentRows(bars: Bars): number[] {
  return [...bars.close.keys()].filter(
    (row) =>
      Number.isFinite(bars.high[row]) &&
      Number.isFinite(bars.low[row]) &&
      Number.isFinite(bars.close[row]),
  )
}

const gather = (column: Float64Array, rows: number[]): Float64Array =>
  Float64Array.from(rows, (row) => column[row]!)

function scatter(values: Float64Array, rows: number[], length: number): Float64Array {
  const column = new Float64Array(length).fill(Number.NaN)
  for (const [i, row] of rows.entries()) column[row] = values[i]!
  return column
}

/** Computes the components from the public indicators alone. */
export function referenceComponents(
  bars: Bars,
  options: { formula?: FormulaId } = {},
): Record<ComponentName, Float64Array> {
  const formula = FORMULAS[options.formula ?? 'institutional']
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
  for (const name of Object.keys(series) as ComponentName[])
    series[name] = scatter(series[name], rows, bars.close.length)
  return series
}

// One comparison for all votes: after a halt, an exact one would vote on rounding noise.
const PRICE_TOLERANCE = 1e-12
const SCALE_TOLERANCE = 1e-10

/** Computes the votes by the rules as they are written down, one bar at a time. */
export function referenceVotes(
  bars: Bars,
  options: { formula?: FormulaId } = {},
): Record<VoteName, Float64Array> {
  const formula = FORMULAS[options.formula ?? 'institutional']
  const rows = presentRows(bars)
  const present: Bars = {
    timestamp: gather(bars.timestamp, rows),
    open: gather(bars.open, rows),
    high: gather(bars.high, rows),
    low: gather(bars.low, rows),
    close: gather(bars.close, rows),
    volume: gather(bars.volume, rows),
  }
  const series = referenceComponents(present, { formula: formula.id })
  const result = {} as Record<VoteName, Float64Array>
  for (const name of [...MA_VOTES, ...OTHER_VOTES]) {
    const rule = RULES[name]
    const column = new Float64Array(present.close.length)
    for (let t = 0; t < column.length; t++) column[t] = rule(at(present.close, series, t), formula)
    result[name] = scatter(column, rows, bars.close.length)
  }
  return result
}

interface View {
  close: (ago: number) => number
  of: (name: ComponentName, ago?: number) => number
  /** a > b in price units. */
  over: (a: number, b: number) => boolean
}

function at(close: Float64Array, series: Record<ComponentName, Float64Array>, t: number): View {
  const tolerance = PRICE_TOLERANCE * Math.abs(close[t]!)
  return {
    close: (ago) => close[t - ago] ?? Number.NaN,
    of: (name, ago = 0) => series[name][t - ago] ?? Number.NaN,
    over: (a, b) => a - b > tolerance,
  }
}

type Rule = (view: View, formula: Formula) => number

// a > b on an oscillator's scale.
const over = (a: number, b: number): boolean => a - b > SCALE_TOLERANCE

function vote(check: number, buy: boolean, sell: boolean): number {
  if (Number.isNaN(check)) return Number.NaN
  return buy ? 1 : sell ? -1 : 0
}

const average =
  (name: ComponentName): Rule =>
  (view) =>
    vote(
      view.of(name),
      view.over(view.close(0), view.of(name)),
      view.over(view.of(name), view.close(0)),
    )

const RULES: Record<VoteName, Rule> = {
  sma_10: average('sma_10'),
  sma_20: average('sma_20'),
  sma_30: average('sma_30'),
  sma_50: average('sma_50'),
  sma_100: average('sma_100'),
  sma_200: average('sma_200'),
  ema_10: average('ema_10'),
  ema_20: average('ema_20'),
  ema_30: average('ema_30'),
  ema_50: average('ema_50'),
  ema_100: average('ema_100'),
  ema_200: average('ema_200'),
  hma_9: average('hma_9'),
  vwma_20: average('vwma_20'),
  ichimoku(view, formula) {
    const { close, of, over: higher } = view
    const conversion = of('ichimoku_conversion')
    const base = of('ichimoku_base')
    const b = of('ichimoku_lead_b')
    if (formula.ichimoku === 'base') {
      return vote(base, higher(close(0), base), higher(base, close(0)))
    }
    if (formula.ichimoku === 'v4') {
      const a = of('ichimoku_lead_a')
      return vote(
        b,
        higher(a, b) &&
          higher(close(0), a) &&
          higher(base, close(0)) &&
          higher(conversion, close(1)) &&
          higher(close(0), conversion),
        higher(b, a) &&
          higher(b, close(0)) &&
          higher(close(0), base) &&
          higher(close(1), conversion) &&
          higher(conversion, close(0)),
      )
    }
    const a = of('ichimoku_lead_a', 26)
    const oldB = of('ichimoku_lead_b', 26)
    return vote(
      b,
      higher(a, oldB) &&
        higher(base, a) &&
        higher(conversion, base) &&
        higher(close(0), conversion),
      higher(oldB, a) &&
        higher(a, base) &&
        higher(base, conversion) &&
        higher(conversion, close(0)),
    )
  },
  rsi({ of }) {
    const now = of('rsi')
    const before = of('rsi', 1)
    return vote(before, over(30, now) && over(now, before), over(now, 70) && over(before, now))
  },
  stochastic({ of }, formula) {
    const [k, d] = [of('stochastic_k'), of('stochastic_d')]
    const [k1, d1] = [of('stochastic_k', 1), of('stochastic_d', 1)]
    const state = formula.stochastic === 'state'
    return vote(
      d1,
      over(20, k) && over(20, d) && over(k, d) && (state || over(d1, k1)),
      over(k, 80) && over(d, 80) && over(d, k) && (state || over(k1, d1)),
    )
  },
  cci({ of }) {
    const now = of('cci')
    const before = of('cci', 1)
    return vote(before, over(-100, now) && over(now, before), over(now, 100) && over(before, now))
  },
  adx({ of }, formula) {
    const adx = of('adx')
    const [plus, minus] = [of('plus_di'), of('minus_di')]
    const strong = over(adx, 20)
    if (formula.adx === 'rising') {
      const rising = strong && over(adx, of('adx', 1))
      return vote(adx, rising && over(plus, minus), rising && over(minus, plus))
    }
    const [plus1, minus1] = [of('plus_di', 1), of('minus_di', 1)]
    return vote(
      adx,
      strong && over(minus1, plus1) && over(plus, minus),
      strong && over(plus1, minus1) && over(minus, plus),
    )
  },
  ao({ of, over: higher }) {
    const [now, before, earlier] = [of('ao'), of('ao', 1), of('ao', 2)]
    return vote(
      before,
      higher(now, 0) && (!higher(before, 0) || (higher(now, before) && higher(earlier, before))),
      higher(0, now) && (!higher(0, before) || (higher(before, now) && higher(before, earlier))),
    )
  },
  momentum({ of, over: higher }) {
    const now = of('momentum')
    const before = of('momentum', 1)
    return vote(before, higher(now, before), higher(before, now))
  },
  macd({ of, over: higher }) {
    const signal = of('macd_signal')
    return vote(signal, higher(of('macd'), signal), higher(signal, of('macd')))
  },
  stochastic_rsi({ close, of, over: higher }, formula) {
    const ema50 = of('ema_50')
    const [k, d] = [of('stochastic_rsi_k'), of('stochastic_rsi_d')]
    const [k1, d1] = [of('stochastic_rsi_k', 1), of('stochastic_rsi_d', 1)]
    const state = formula.stochastic === 'state'
    return vote(
      ema50,
      higher(ema50, close(0)) &&
        over(20, k) &&
        over(20, d) &&
        over(k, d) &&
        (state || over(d1, k1)),
      higher(close(0), ema50) &&
        over(k, 80) &&
        over(d, 80) &&
        over(d, k) &&
        (state || over(k1, d1)),
    )
  },
  williams_r({ of }) {
    const now = of('williams_r')
    const before = of('williams_r', 1)
    return vote(before, over(-80, now) && over(now, before), over(now, -20) && over(before, now))
  },
  bull_bear_power({ close, of, over: higher }) {
    const ema50 = of('ema_50')
    const [bull, bear] = [of('bull_power'), of('bear_power')]
    return vote(
      ema50,
      higher(close(0), ema50) && higher(0, bear) && higher(bear, of('bear_power', 1)),
      higher(ema50, close(0)) && higher(bull, 0) && higher(of('bull_power', 1), bull),
    )
  },
  ultimate_oscillator({ of }) {
    const now = of('ultimate_oscillator')
    return vote(now, over(now, 70), over(30, now))
  },
}

/** Rates every bar from the reference votes. */
export function referenceRate(bars: Bars, options: { formula?: FormulaId } = {}): Ratings {
  const { id } = FORMULAS[options.formula ?? 'institutional']
  const cast = referenceVotes(bars, { formula: id })
  const ma = mean(cast, MA_VOTES, bars.close.length)
  const other = mean(cast, OTHER_VOTES, bars.close.length)
  return {
    all: ma.rating.map((value, t) => combine(id, value, other.rating[t]!)),
    ma: ma.rating,
    other: other.rating,
    maCount: ma.count,
    otherCount: other.count,
  }
}

function mean(
  cast: Record<VoteName, Float64Array>,
  names: readonly VoteName[],
  rows: number,
): { rating: Float64Array; count: Uint8Array } {
  const rating = new Float64Array(rows)
  const count = new Uint8Array(rows)
  for (let t = 0; t < rows; t++) {
    let sum = 0
    for (const name of names) {
      const value = cast[name][t]!
      if (Number.isNaN(value)) continue
      sum += value
      count[t]!++
    }
    rating[t] = sum / count[t]!
  }
  return { rating, count }
}
