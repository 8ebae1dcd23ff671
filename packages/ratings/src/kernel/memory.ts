// The kernels' memory. A column holds a block of bars and, in front of it, as many earlier rows as its readers look back.
// When a block is full, those rows move to the front: a stream of any length runs in constant space.

/** Rows in front of a block: the longest look-back of any kernel. */
export const HISTORY = 100

/** Every column and every recursive state of an engine. */
export interface Memory {
  /** Bars in a block. */
  capacity: number
  columns: Float64Array[]
  /** How many earlier rows of each column are read again. */
  lags: number[]
  states: Float64Array[]
}

/**
 * Creates an empty memory.
 *
 * @param capacity bars in a block
 */
export function createMemory(capacity: number): Memory {
  return { capacity, columns: [], lags: [], states: [] }
}

/**
 * Adds a column.
 *
 * @param memory to add it to
 * @param lag how many bars its readers look back, at most `HISTORY`
 */
export function addColumn(memory: Memory, lag: number): Float64Array {
  const column = new Float64Array(HISTORY + memory.capacity).fill(Number.NaN)
  memory.columns.push(column)
  memory.lags.push(lag)
  return column
}

/**
 * Adds the state of recursive averages.
 *
 * @param memory to add it to
 * @param size numbers in the state, 0 at first
 */
export function addState(memory: Memory, size: number): Float64Array {
  const state = new Float64Array(size)
  memory.states.push(state)
  return state
}

/**
 * Forgets every bar. The earlier rows become `NaN`, which makes every window warm up by itself.
 *
 * @param memory to clear
 */
export function clearMemory(memory: Memory): void {
  const { columns, lags, states } = memory
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!
    for (let t = HISTORY - lags[i]!; t < HISTORY; t++) column[t] = Number.NaN
  }
  for (let i = 0; i < states.length; i++) states[i]!.fill(0)
}

/**
 * Moves the rows that will be read again in front of the next block.
 *
 * @param memory to move in
 * @param end row after the newest bar
 */
export function moveToFront(memory: Memory, end: number): void {
  const { columns, lags } = memory
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!
    const lag = lags[i]!
    for (let k = lag; k >= 1; k--) column[HISTORY - k] = column[end - k]!
  }
}
