/** Middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

// A pass in which another program had the core for a while says nothing: it is measured again, so many times at most.
const UNDISTURBED = 0.97
const ATTEMPTS = 60

/** Something to be measured: one pass over every symbol, returning nanoseconds a bar for each of some passes. */
export interface Entry {
  name: string
  run: (passes: number) => number[]
}

/**
 * Makes an entry of a function.
 *
 * @param name shown in the table
 * @param inputs one for each symbol
 * @param rows bars of each symbol
 * @param compute run on each input; its result is consumed
 */
export function entry<Input>(
  name: string,
  inputs: readonly Input[],
  rows: number,
  compute: (input: Input) => unknown,
): Entry {
  let guard = 0
  return {
    name,
    run(passes) {
      const times: number[] = []
      for (let attempt = 0; times.length < passes && attempt < passes * ATTEMPTS; attempt++) {
        const used = process.cpuUsage()
        const start = performance.now()
        for (const input of inputs) if (compute(input) === undefined) guard++
        const elapsed = performance.now() - start
        const { user, system } = process.cpuUsage(used)
        if ((user + system) / 1000 < UNDISTURBED * elapsed) continue
        times.push((elapsed * 1e6) / inputs.length / rows)
      }
      if (guard > 0) throw new Error(`${name} returned nothing`)
      return times
    },
  }
}

/**
 * Measures entries in turns, so that a busy moment of the machine hits all of them.
 *
 * @param entries to measure
 * @param rounds of turns, after one that warms up
 * @param passes of each entry in a round
 * @returns median nanoseconds a bar, by name
 */
export function measure(
  entries: readonly Entry[],
  rounds: number,
  passes: number,
): Map<string, number> {
  const times = new Map<string, number[]>(entries.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const { name, run } of entries) {
      const measured = run(passes)
      if (round >= 0) times.get(name)!.push(...measured)
    }
  }
  for (const [name, values] of times) {
    if (values.length === 0) throw new Error(`${name}: the machine is too busy to measure`)
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]))
}
