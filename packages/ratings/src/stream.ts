import { isPresent } from './bars.ts'
import { advance, createEngine, makeRoom, type Engine } from './engine.ts'
import { formulaOf, type Formula, type FormulaId } from './formula.ts'
import { HISTORY } from './kernel/memory.ts'
import { createTally, tallyVotes, type Tally } from './kernel/tally.ts'
import { NO_RATING, ratingAt, type Rating } from './rate.ts'

/** One OHLCV bar; `timestamp` is its open in Unix seconds, UTC. */
export interface Bar {
  timestamp: number
  open: number
  high: number
  low: number
  close: number
  volume: number
}

/** Everything a stream remembers, as plain data that survives JSON. Numbers JSON does not know are strings. */
export interface RatingSnapshot {
  version: 1
  formula: FormulaId
  /** Bars seen. */
  bars: number
  /** Timestamp of the last row pushed, `null` before the first. */
  timestamp: number | null
  columns: (number | string)[][]
  states: (number | string)[][]
}

/** Rates one bar after the other in constant time and space. */
export interface RatingStream {
  /**
   * Adds a bar.
   *
   * @param bar later than the one before; one whose high, low or close is not finite is no bar and changes nothing
   * @returns the rating of the bar, bit for bit that of `rate` over all bars so far
   * @throws {RangeError} when the timestamp is not after the one before; the stream is unchanged
   */
  push: (bar: Bar) => Rating
  /**
   * Rates a bar that is not finished yet, without adding it.
   *
   * @param bar as for `push`
   * @returns the rating `push` would return
   * @throws {RangeError} when the timestamp is not after the one before
   */
  preview: (bar: Bar) => Rating
  /**
   * Writes down everything the stream remembers.
   *
   * @returns plain data of about 7 kB as JSON, however long the history
   */
  snapshot: () => RatingSnapshot
  /**
   * Continues from a snapshot, as if its bars had been pushed here.
   *
   * @param snapshot of a stream with the same formula
   * @throws {RangeError} when the snapshot is of another version or formula or is damaged; the stream is unchanged
   */
  restore: (snapshot: RatingSnapshot) => void
}

const VERSION = 1
// Short, because every stream has its own memory: about 100 kB.
const BLOCK = 32

/**
 * Creates a stream that has seen no bar.
 *
 * @param options.formula id of the rating formula, `institutional` by default
 * @throws {RangeError} when there is no such formula
 */
export function createRatingStream(options: { formula?: FormulaId } = {}): RatingStream {
  const formula = formulaOf(options.formula)
  const engine = createEngine(BLOCK)
  const tally = createTally(BLOCK)
  let last = Number.NaN

  function checkOrder(bar: Bar): void {
    if (Number.isFinite(bar.timestamp) && !(bar.timestamp <= last)) return
    throw new RangeError(
      `bar.timestamp must be after that of the bar before, ${last}, was ${bar.timestamp}`,
    )
  }

  return {
    push(bar) {
      checkOrder(bar)
      last = bar.timestamp
      return step(engine, tally, formula, bar)
    },
    preview(bar) {
      checkOrder(bar)
      makeRoom(engine)
      const { end, bars } = engine
      const states = engine.memory.states.map((state) => state.slice())
      const rating = step(engine, tally, formula, bar)
      engine.end = end
      engine.bars = bars
      for (const [i, state] of states.entries()) engine.memory.states[i]!.set(state)
      return rating
    },
    snapshot() {
      const { columns, lags, states } = engine.memory
      return {
        version: VERSION,
        formula: formula.id,
        bars: engine.bars,
        timestamp: Number.isNaN(last) ? null : last,
        columns: columns.map((column, i) => encode(column, engine.end - lags[i]!, engine.end)),
        states: states.map((state) => encode(state, 0, state.length)),
      }
    },
    restore(snapshot) {
      checkSnapshot(snapshot, engine, formula.id)
      const { columns, lags, states } = engine.memory
      for (const [i, column] of columns.entries()) {
        decode(snapshot.columns[i]!, column, HISTORY - lags[i]!)
      }
      for (const [i, state] of states.entries()) decode(snapshot.states[i]!, state, 0)
      engine.end = HISTORY
      engine.bars = snapshot.bars
      last = snapshot.timestamp ?? Number.NaN
    },
  }
}

function step(engine: Engine, tally: Tally, formula: Readonly<Formula>, bar: Bar): Rating {
  const { high, low, close, volume } = bar
  if (!isPresent(high, low, close)) return { ...NO_RATING }
  makeRoom(engine)
  const row = engine.end
  engine.high[row] = high
  engine.low[row] = low
  engine.negatedLow[row] = -low
  engine.close[row] = close
  engine.volume[row] = volume
  advance(engine, row + 1, formula.cci === 'close')
  tallyVotes(tally, engine, formula, row, row + 1)
  return ratingAt(tally, row)
}

function encode(values: Float64Array, from: number, to: number): (number | string)[] {
  return Array.from(values.subarray(from, to), (value) => {
    if (Object.is(value, -0)) return '-0'
    return Number.isFinite(value) ? value : String(value)
  })
}

function decode(values: (number | string)[], target: Float64Array, offset: number): void {
  for (const [i, value] of values.entries()) target[offset + i] = Number(value)
}

function checkSnapshot(snapshot: RatingSnapshot, engine: Engine, formula: FormulaId): void {
  const refuse = (what: string): never => {
    throw new RangeError(`snapshot ${what}; the stream is unchanged`)
  }
  // A snapshot comes from a file: its version is whatever wrote it.
  const version: number = snapshot.version
  if (version !== VERSION) refuse(`must be of version ${VERSION}, was of ${version}`)
  if (snapshot.formula !== formula)
    refuse(`must be of formula ${formula}, was of ${snapshot.formula}`)
  if (!Number.isInteger(snapshot.bars) || snapshot.bars < 0) {
    refuse(`must count its bars, counted ${String(snapshot.bars)}`)
  }
  const { lags, states } = engine.memory
  const fits = (values: unknown, size: number): boolean =>
    Array.isArray(values) &&
    values.length === size &&
    values.every(
      (value) =>
        typeof value === 'number' || ['NaN', 'Infinity', '-Infinity', '-0'].includes(String(value)),
    )
  for (const [name, list, sizes] of [
    ['columns', snapshot.columns, lags],
    ['states', snapshot.states, states.map((state) => state.length)],
  ] as const) {
    if (!Array.isArray(list) || list.length !== sizes.length) {
      refuse(`must have ${sizes.length} ${name}, had ${String(list?.length)}`)
    }
    for (const [i, size] of sizes.entries()) {
      if (!fits(list[i], size)) refuse(`is damaged: ${name}[${i}] must be ${size} numbers`)
    }
  }
}
