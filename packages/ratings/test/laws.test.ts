import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  awesomeOscillator,
  bollingerWidth,
  bullBearPower,
  cci,
  COMPONENTS,
  components,
  computeFeatures,
  createRatingStream,
  directionalMovement,
  donchian,
  ema,
  FEATURES,
  FORMULAS,
  hlc3,
  hma,
  ichimoku,
  macd,
  momentum,
  rate,
  rateLast,
  rma,
  rsi,
  sma,
  stochastic,
  stochasticRsi,
  ultimateOscillator,
  votes,
  vwma,
  williamsR,
  wma,
  type Bars,
  type FormulaId,
  type RatingSnapshot,
} from '../src/index.ts'
import { referenceComponents, referenceRate, referenceVotes } from './reference.ts'
import { anyMarket, makeBars, mapBars, type Market } from './series.ts'

const anyFormula = fc.constantFrom(...(Object.keys(FORMULAS) as FormulaId[]))
const RUNS = { numRuns: 60 }

type Series = Record<string, Float64Array | Uint8Array>

/** Every series the package computes from bars. */
function everything(bars: Bars, formula: FormulaId): Series {
  const { close, volume } = bars
  return {
    ...prefixed('rate', { ...rate(bars, { formula }) }),
    ...prefixed('vote', votes(bars, { formula })),
    ...prefixed('component', components(bars, { formula })),
    ...prefixed('feature', computeFeatures(bars, Object.keys(FEATURES), { formula })),
    sma: sma(close, 37),
    ema: ema(close, 7),
    rma: rma(close, 7),
    wma: wma(close, 6),
    hma: hma(close, 16),
    vwma: vwma(close, volume, 9),
    rsi: rsi(close),
    cci: cci(hlc3(bars), 13),
    ao: awesomeOscillator(bars),
    momentum: momentum(close, 3),
    williamsR: williamsR(bars, 21),
    ultimate: ultimateOscillator(bars),
    width: bollingerWidth(close),
    ...prefixed('stochastic', { ...stochastic(bars) }),
    ...prefixed('stochasticRsi', { ...stochasticRsi(close) }),
    ...prefixed('movement', { ...directionalMovement(bars) }),
    ...prefixed('macd', { ...macd(close) }),
    ...prefixed('power', { ...bullBearPower(bars) }),
    ...prefixed('ichimoku', { ...ichimoku(bars) }),
    ...prefixed('donchian', { ...donchian(bars) }),
  }
}

function prefixed(prefix: string, series: Series): Series {
  return Object.fromEntries(
    Object.entries(series).map(([name, column]) => [`${prefix} ${name}`, column]),
  )
}

/** Compares bit for bit, NaN equal to NaN. */
function expectSame(actual: Series, expected: Series): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected))
  for (const [name, column] of Object.entries(expected)) {
    const other = actual[name]!
    if (column.length !== other.length) expect(other.length, name).toBe(column.length)
    for (let t = 0; t < column.length; t++) {
      if (!Object.is(column[t], other[t])) expect(other[t], `${name} at ${t}`).toBe(column[t])
    }
  }
}

test('a value never depends on later bars: a cut anywhere leaves the rest equal, bit for bit', () => {
  fc.assert(
    fc.property(
      anyMarket(),
      anyFormula,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (market, formula, share) => {
        const bars = makeBars(market)
        const cut = Math.floor(share * market.length)
        const whole = everything(bars, formula)
        const part = everything(
          mapBars(bars, (column) => column.slice(0, cut)),
          formula,
        )
        const prefix = Object.entries(whole).map(([name, column]) => [name, column.slice(0, cut)])
        expectSame(part, Object.fromEntries(prefix) as Series)
      },
    ),
    { numRuns: 40 },
  )
})

test('a stream gives the series bit for bit, across snapshots that went through JSON', () => {
  fc.assert(
    fc.property(
      anyMarket(400),
      anyFormula,
      fc.integer({ min: 1, max: 90 }),
      (market, formula, every) => {
        const bars = makeBars(market)
        const series = rate(bars, { formula })
        let stream = createRatingStream({ formula })
        for (let t = 0; t < market.length; t++) {
          const bar = {
            timestamp: bars.timestamp[t]!,
            open: bars.open[t]!,
            high: bars.high[t]!,
            low: bars.low[t]!,
            close: bars.close[t]!,
            volume: bars.volume[t]!,
          }
          const preview = stream.preview(bar)
          const rating = stream.push(bar)
          expect(preview, 'a preview is what a push will be').toEqual(rating)
          for (const name of ['all', 'ma', 'other', 'maCount', 'otherCount'] as const) {
            if (!Object.is(rating[name], series[name][t])) {
              expect(rating[name], `${name} at ${t}`).toBe(series[name][t])
            }
          }
          if (t % every === 0) {
            const snapshot = JSON.parse(JSON.stringify(stream.snapshot())) as RatingSnapshot
            stream = createRatingStream({ formula })
            stream.restore(snapshot)
          }
        }
      },
    ),
    RUNS,
  )
})

test('rateLast is the last row of rate', () => {
  fc.assert(
    fc.property(anyMarket(), anyFormula, (market, formula) => {
      const bars = makeBars(market)
      const series = rate(bars, { formula })
      const last = market.length - 1
      expect(rateLast(bars, { formula })).toEqual({
        all: series.all[last] ?? Number.NaN,
        ma: series.ma[last] ?? Number.NaN,
        other: series.other[last] ?? Number.NaN,
        maCount: series.maCount[last] ?? 0,
        otherCount: series.otherCount[last] ?? 0,
      })
    }),
    RUNS,
  )
})

test('votes are integers or NaN, ratings their mean and in their range', () => {
  fc.assert(
    fc.property(anyMarket(), anyFormula, (market, formula) => {
      const bars = makeBars(market)
      const columns = Object.values(votes(bars, { formula }))
      const { all, ma, other, maCount, otherCount } = rate(bars, { formula })
      const bound = formula === 'institutional' ? 0.574 + 0.3914 : 1
      for (let t = 0; t < market.length; t++) {
        const cast = columns.map((column) => column[t]!)
        const wrong = cast.find((vote) => !Number.isNaN(vote) && ![-1, 0, 1].includes(vote))
        expect(wrong).toBeUndefined()
        const counted = (group: number[]): number[] => group.filter((vote) => !Number.isNaN(vote))
        const averages = counted(cast.slice(0, 15))
        const oscillators = counted(cast.slice(15))
        const sum = (group: number[]): number => group.reduce((total, vote) => total + vote, 0)
        if (maCount[t] !== averages.length) expect(maCount[t], `at ${t}`).toBe(averages.length)
        if (otherCount[t] !== oscillators.length) expect(otherCount[t]).toBe(oscillators.length)
        if (averages.length > 0 && ma[t] !== sum(averages) / averages.length) {
          expect(ma[t], `ma at ${t}`).toBe(sum(averages) / averages.length)
        }
        if (oscillators.length > 0 && other[t] !== sum(oscillators) / oscillators.length) {
          expect(other[t], `other at ${t}`).toBe(sum(oscillators) / oscillators.length)
        }
        if (Math.abs(all[t]!) > bound) expect(Math.abs(all[t]!)).toBeLessThanOrEqual(bound)
      }
    }),
    RUNS,
  )
})

test('the kernels give the votes and ratings of the plain indicators, and their values', () => {
  fc.assert(
    fc.property(anyMarket(1200), anyFormula, (market, formula) => {
      const bars = makeBars(market)
      expectSame({ ...votes(bars, { formula }) }, { ...referenceVotes(bars, { formula }) })
      expectSame({ ...rate(bars, { formula }) }, { ...referenceRate(bars, { formula }) })
      const fast = components(bars, { formula })
      const plain = referenceComponents(bars, { formula })
      for (const name of COMPONENTS) {
        for (let t = 0; t < market.length; t++) {
          const [a, b] = [fast[name][t]!, plain[name][t]!]
          if (Object.is(a, b)) continue
          const scale = Math.max(Math.abs(b), SCALE_OF_100.has(name) ? 100 : bars.close[t]!)
          const near = Math.abs(a - b) <= 1e-12 * scale
          if (!near) expect(a, `${name} at ${t}`).toBe(b)
        }
      }
    }),
    RUNS,
  )
})

const SCALE_OF_100 = new Set<string>([
  'rsi',
  'stochastic_k',
  'stochastic_d',
  'cci',
  'adx',
  'plus_di',
  'minus_di',
  'stochastic_rsi_k',
  'stochastic_rsi_d',
  'williams_r',
  'ultimate_oscillator',
])

test('prices times a power of two leave votes and ratings alone', () => {
  fc.assert(
    fc.property(
      anyMarket(),
      anyFormula,
      fc.integer({ min: -60, max: 60 }),
      (market, formula, power) => {
        const bars = makeBars(market)
        const scaled = mapBars(bars, (column, name) =>
          name === 'timestamp' || name === 'volume'
            ? column
            : column.map((price) => price * 2 ** power),
        )
        expectSame({ ...votes(scaled, { formula }) }, { ...votes(bars, { formula }) })
        expectSame({ ...rate(scaled, { formula }) }, { ...rate(bars, { formula }) })
      },
    ),
    RUNS,
  )
})

test('a shift of the clock changes nothing', () => {
  fc.assert(
    fc.property(anyMarket(), fc.integer({ min: -1e9, max: 1e9 }), (market, seconds) => {
      const bars = makeBars(market)
      const shifted = { ...bars, timestamp: bars.timestamp.map((value) => value + seconds) }
      expectSame({ ...rate(shifted) }, { ...rate(bars) })
      const names = Object.keys(FEATURES)
      expectSame(computeFeatures(shifted, names), computeFeatures(bars, names))
    }),
    { numRuns: 20 },
  )
})

test('rows that are no bar leave all others as if they were not there', () => {
  fc.assert(
    fc.property(anyMarket(), anyFormula, (market: Market, formula) => {
      const bars = makeBars({ ...market, kind: 'gappy' })
      const present = [...bars.close.keys()].filter(
        (t) => Number.isFinite(bars.close[t]) && Number.isFinite(bars.high[t]),
      )
      const dense = mapBars(bars, (column) => Float64Array.from(present, (t) => column[t]!))
      const pick = (series: Series): Series =>
        Object.fromEntries(
          Object.entries(series).map(([name, column]) => [
            name,
            Float64Array.from(present, (t) => column[t]!),
          ]),
        )
      const all = (of: Bars): Series => ({
        ...rate(of, { formula }),
        ...prefixed('vote', votes(of, { formula })),
        ...prefixed('component', components(of, { formula })),
        ...prefixed('feature', computeFeatures(of, Object.keys(FEATURES), { formula })),
        ...prefixed('movement', { ...directionalMovement(of) }),
        ...prefixed('ichimoku', { ...ichimoku(of) }),
        ultimate: ultimateOscillator(of),
      })
      const sparse = all(bars)
      expectSame(pick(sparse), pick2(all(dense)))
      for (let t = 0; t < market.length; t++) {
        if (present.includes(t)) continue
        for (const [name, column] of Object.entries(sparse)) {
          const none = name.endsWith('Count') ? 0 : Number.NaN
          if (!Object.is(column[t], none)) expect(column[t], `${name} at ${t}`).toBe(none)
        }
      }
    }),
    { numRuns: 30 },
  )
})

function pick2(series: Series): Series {
  return Object.fromEntries(
    Object.entries(series).map(([name, column]) => [name, Float64Array.from(column)]),
  )
}

test('inputs are never written', () => {
  const bars = makeBars({ kind: 'gappy', seed: 7, length: 500 })
  const before = mapBars(bars, (column) => column.slice())
  everything(bars, 'pine-v4')
  expectSame({ ...bars }, { ...before })
})

test('calls do not disturb each other, and a result is not overwritten by the next', () => {
  const one = makeBars({ kind: 'random', seed: 1, length: 900 })
  const two = makeBars({ kind: 'jumpy', seed: 2, length: 300 })
  const first = rate(one)
  const copy = { all: first.all.slice() }
  rate(two)
  expectSame({ all: first.all }, copy)
  expectSame({ all: rate(one).all }, copy)
})
