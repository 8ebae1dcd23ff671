import type { Columns, TableSchema } from '@fs/lakehouse'

const DAY = 86_400
const FIRST_DAY = Date.UTC(2016, 0, 1) / 1000

/** Names of the features. */
export const FEATURES: readonly string[] = Array.from({ length: 10 }, (_, i) => `feature_${i}`)

/** The table that is read. */
export const SCHEMA: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    { name: 'source', type: 'string', nullable: false },
    { name: 'run_id', type: 'string', nullable: true },
    ...FEATURES.map((name) => ({ name, type: 'double', nullable: true }) as const),
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp', 'source'],
}

/** Random numbers from 0 to 1 that are the same in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const symbolOf = (index: number) => `MARKET:S${String(index).padStart(5, '0')}`

/** Rows of daily features, known at the close; one in a hundred is restated some days later. */
export function* makeRows(symbols: number, bars: number): Generator<Columns> {
  const random = createRandom(20_260_116)
  for (let index = 0; index < symbols; index++) {
    const timestamps: number[] = []
    const knownAt: number[] = []
    for (let bar = 0; bar < bars; bar++) {
      const timestamp = FIRST_DAY + bar * DAY
      timestamps.push(timestamp)
      knownAt.push(timestamp + DAY)
      if (random() >= 0.01) continue
      timestamps.push(timestamp)
      knownAt.push(timestamp + DAY * (2 + Math.floor(random() * 30)))
    }
    const length = timestamps.length
    yield {
      symbol: Array.from({ length }, () => symbolOf(index)),
      timestamp: Float64Array.from(timestamps),
      known_at: Float64Array.from(knownAt),
      source: Array.from({ length }, () => 'computed'),
      run_id: Array.from({ length }, () => 'benchmark'),
      ...Object.fromEntries(
        FEATURES.map((name) => [
          name,
          // One value in fifty is missing.
          Float64Array.from({ length }, () => (random() < 0.02 ? Number.NaN : random() * 2 - 1)),
        ]),
      ),
    }
  }
}

/** Labels at random symbols and times, in the order of time as a training set has them. */
export function makeLabels(
  count: number,
  symbols: number,
  bars: number,
): { symbol: string[]; asOf: Float64Array } {
  const random = createRandom(7)
  const asOf = Float64Array.from(
    { length: count },
    () => FIRST_DAY + Math.floor(random() * (bars + 10) * DAY),
  ).sort()
  return {
    symbol: Array.from({ length: count }, () => symbolOf(Math.floor(random() * symbols))),
    asOf,
  }
}
