import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import {
  barRows,
  DAY,
  type Ended,
  importBars,
  makePlace,
  marketBars,
  type Place,
  runReport,
} from './store.ts'

export const BTC = 'BINANCE:BTCUSDT'
export const ETH = 'BINANCE:ETHUSDT'
export const SOL = 'BINANCE:SOLUSDT'
export const PEPE = 'BINANCE:PEPEUSDT'
export const AAPL = 'NASDAQ:AAPL'
export const RATINGS = ['recommend_ma', 'recommend_other', 'recommend_all'] as const
export const TABLE = 'features/local_1d'
/** Bars of the five symbols. */
export const BARS = marketBars(5, 230)
/** The first second after the last bar of the market. */
export const END = BARS.get(BTC)!.timestamp.at(-1)! + DAY

/** Copies of stores that a test file begins with; what a test copies is removed after it. */
export interface Places {
  /** A copy of a store that holds bars alone. */
  withBars(): Promise<Place>
  /** A copy of a store in which BTC and ETH have been computed. */
  withFeatures(): Promise<Place>
  /** An empty place. */
  empty(): Promise<Place>
}

/** Makes the stores that the tests of a file copy. */
export function usePlaces(): Places {
  let bars: Place
  let features: Place
  const copies: Place[] = []
  const copy = async (original?: Place) => {
    const place = await makePlace(original)
    copies.push(place)
    return place
  }
  beforeAll(async () => {
    bars = await makePlace()
    await importBars(
      bars.lakehouse,
      [...BARS].map(([symbol, own]) => barRows(symbol, own)),
    )
    features = await makePlace(bars)
    await runReport(features, await candidates(features, [BTC, ETH]))
  })
  afterEach(async () => {
    for (const place of copies.splice(0)) await place.remove()
  })
  afterAll(async () => {
    await bars.remove()
    await features.remove()
  })
  return {
    withBars: () => copy(bars),
    withFeatures: () => copy(features),
    empty: () => copy(),
  }
}

/** Writes candidates, and gives the arguments that name them. */
export async function candidates(
  place: Place,
  list: unknown,
  name = 'candidates.json',
): Promise<string[]> {
  return ['--candidates', await place.write(name, list)]
}

/** Holds that a command said no: with an exit code, and with these texts. */
export function expectRefusal(
  { code, err }: Ended,
  exit: number,
  ...texts: readonly string[]
): void {
  expect({ code, err }).toEqual({ code: exit, err: expect.stringContaining('error: ') as string })
  for (const text of texts) expect(err).toContain(text)
}
