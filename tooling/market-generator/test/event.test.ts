import { expect, test } from 'vitest'
import {
  DISTURBANCES,
  generateMarket,
  type GeneratedSymbol,
  type MarketEvent,
  type Regime,
} from '../src/index.ts'

const market = generateMarket({ seed: 11, symbols: 100, bars: 1_500 })

type EventOf<Kind extends MarketEvent['kind']> = MarketEvent & { kind: Kind }

function planted<Kind extends MarketEvent['kind']>(
  kind: Kind,
): (GeneratedSymbol & { event: EventOf<Kind>; where: string })[] {
  const found = market.flatMap((generated) =>
    generated.events
      .filter((event): event is EventOf<Kind> => event.kind === kind)
      .map((event) => ({
        ...generated,
        event,
        where: `${generated.symbol}, ${kind} of bars ${event.first} to ${event.last}`,
      })),
  )
  expect(found.length, `${kind} was planted at all`).toBeGreaterThan(0)
  return found
}

test('events lie within the bars of their symbol', () => {
  for (const { symbol, bars, events } of market) {
    for (const { kind, first, last } of events) {
      expect(first <= last && first >= 0 && last < bars.timestamp.length, `${symbol} ${kind}`).toBe(
        true,
      )
    }
  }
})

test('a halt repeats the close before it with a volume of zero', () => {
  for (const { bars, event, events, where } of planted('halt')) {
    const close = bars.close[event.first - 1]
    for (let bar = event.first; bar <= event.last; bar++) {
      const prices = [bars.open[bar], bars.high[bar], bars.low[bar], bars.close[bar]]
      expect(prices, where).toEqual([close, close, close, close])
      const neverHasVolume = events.some(
        ({ kind, first, last }) =>
          kind === 'missing-volume' && first === 0 && last === bars.close.length - 1,
      )
      expect(bars.volume[bar], where).toBe(neverHasVolume ? Number.NaN : 0)
    }
  }
})

test('a gap opens away from the close before, by the ratio that the event names', () => {
  for (const { bars, event, where } of planted('gap')) {
    expect(bars.open[event.first]! / bars.close[event.first - 1]!, where).toBe(event.ratio)
    expect(Math.abs(event.ratio - 1), where).toBeGreaterThan(0.1)
  }
})

test('without a planted gap or split nothing opens that far away', () => {
  for (const { symbol, bars } of generateMarket({
    seed: 11,
    symbols: 50,
    bars: 800,
    disturbances: [],
  })) {
    for (let bar = 1; bar < bars.open.length; bar++) {
      const ratio = bars.open[bar]! / bars.close[bar - 1]!
      expect(Math.abs(ratio - 1), `${symbol}, bar ${bar}`).toBeLessThan(0.1)
    }
  }
})

test('a split divides the price and multiplies the volume; the bars before stay raw', () => {
  const volumeRatios: number[] = []
  for (const { bars, calendar, event, where } of planted('split')) {
    expect(calendar, where).toBe('sessions')
    const step = (bars.open[event.first]! / bars.close[event.first - 1]!) * event.ratio
    expect(step, where).toBeGreaterThan(0.8)
    expect(step, where).toBeLessThan(1.2)
    const volumeStep = bars.volume[event.first]! / bars.volume[event.first - 1]! / event.ratio
    if (!Number.isNaN(volumeStep)) volumeRatios.push(volumeStep)
  }
  const median = volumeRatios.sort((a, b) => a - b)[Math.floor(volumeRatios.length / 2)]!
  expect(median).toBeGreaterThan(0.7)
  expect(median).toBeLessThan(1.4)
})

test('volume is missing exactly where that was planted', () => {
  planted('missing-volume')
  for (const { symbol, bars, events } of market) {
    const expected = new Set<number>()
    for (const { kind, first, last } of events) {
      for (let bar = first; kind === 'missing-volume' && bar <= last; bar++) expected.add(bar)
    }
    const found = [...bars.volume.keys()].filter((bar) => Number.isNaN(bars.volume[bar]))
    expect(found, symbol).toEqual([...expected].sort((a, b) => a - b))
  }
})

test('some symbols never have volume', () => {
  const whole = planted('missing-volume').filter(
    ({ event, bars }) => event.first === 0 && event.last === bars.volume.length - 1,
  )
  expect(whole.length).toBeGreaterThan(0)
})

test('missing bars leave a hole of the planted size', () => {
  for (const { bars, calendar, event, where } of planted('missing-bars')) {
    const days = (bars.timestamp[event.first]! - bars.timestamp[event.first - 1]!) / 86_400 - 1
    if (calendar === 'continuous') expect(days, where).toBe(event.count)
    else expect(days, where).toBeGreaterThanOrEqual(event.count)
  }
})

test('young listings have few bars and end with the market', () => {
  for (const { bars, event, where } of planted('young-listing')) {
    expect(bars.timestamp.length, where).toBeLessThanOrEqual(60)
    expect(event.last - event.first + 1, where).toBe(bars.timestamp.length)
    expect(bars.timestamp.at(-1), where).toBeGreaterThan(Date.UTC(2025, 11, 20) / 1_000)
  }
})

test('tiny and huge prices start where they should', () => {
  for (const { bars, where } of planted('tiny-price')) {
    expect(bars.open[0], where).toBeLessThan(1.5e-5)
    expect(bars.low.every((low) => low > 0)).toBe(true)
  }
  for (const { bars, where } of planted('huge-price')) {
    expect(bars.open[0], where).toBeGreaterThan(0.8e5)
  }
})

test('regimes cover all bars in order and move the prices as their names say', () => {
  const sums: Record<Regime, { change: number; bars: number }> = {
    range: { change: 0, bars: 0 },
    'trend-up': { change: 0, bars: 0 },
    'trend-down': { change: 0, bars: 0 },
    crash: { change: 0, bars: 0 },
  }
  for (let seed = 0; seed < 20; seed++) {
    for (const { symbol, bars, events } of generateMarket({
      seed,
      symbols: 8,
      bars: 1_000,
      disturbances: [],
    })) {
      let next = 0
      for (const event of events) {
        if (event.kind !== 'regime') continue
        expect(event.first, symbol).toBe(next)
        next = event.last + 1
        if (event.first === 0) continue
        const change = Math.log(bars.close[event.last]! / bars.close[event.first - 1]!)
        sums[event.regime].change += change
        sums[event.regime].bars += event.last - event.first + 1
      }
      expect(next, symbol).toBe(bars.timestamp.length)
    }
  }
  const daily = (regime: Regime): number => sums[regime].change / sums[regime].bars
  expect(daily('crash')).toBeLessThan(-0.03)
  expect(daily('trend-down')).toBeLessThan(-0.001)
  expect(daily('trend-up')).toBeGreaterThan(0.001)
  expect(Math.abs(daily('range'))).toBeLessThan(0.002)
})

test('leaving a disturbance out removes its kind and moves no other', () => {
  const withoutHalts = generateMarket({
    seed: 11,
    symbols: 100,
    bars: 1_500,
    disturbances: DISTURBANCES.filter((kind) => kind !== 'halt'),
  })
  for (const [index, { symbol, events }] of withoutHalts.entries()) {
    const firstDays = (all: readonly MarketEvent[], bars: GeneratedSymbol['bars']): string[] =>
      all
        .filter(({ kind }) => kind === 'gap' || kind === 'split' || kind === 'missing-volume')
        .map(({ kind, first }) => `${kind} on ${bars.timestamp[first]}`)
    expect(
      events.some(({ kind }) => kind === 'halt'),
      symbol,
    ).toBe(false)
    expect(firstDays(events, withoutHalts[index]!.bars), symbol).toEqual(
      firstDays(market[index]!.events, market[index]!.bars),
    )
  }
})
