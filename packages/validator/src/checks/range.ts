import type { Check, CheckContext, CheckTable } from '../check.ts'
import { positionInSymbol } from '../frame.ts'
import { declarationOf } from '../input.ts'
import type { TableRole } from '../table.ts'
import type { Tally } from '../tally.ts'

interface Bounds {
  readonly min: number
  readonly max: number
  readonly expected: string
}

const POSITIVE: Bounds = { min: Number.MIN_VALUE, max: Number.MAX_VALUE, expected: '> 0' }
const NOT_NEGATIVE: Bounds = { min: 0, max: Number.MAX_VALUE, expected: '>= 0' }
const FINITE: Bounds = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE, expected: 'finite' }
const BAR_BOUNDS: ReadonlyMap<string, Bounds> = new Map([
  ['open', POSITIVE],
  ['high', POSITIVE],
  ['low', POSITIVE],
  ['close', POSITIVE],
  ['volume', NOT_NEGATIVE],
])

/** RANGE-01: values lie within the bounds that the catalogue declares for them. */
export const boundsCheck: Check = {
  id: 'RANGE-01',
  title: 'Values lie within their declared bounds',
  severity: 'E',
  fixed: false,
  grain: 'C',
  waivable: true,
  thresholds: {},
  tables: ['bars', 'local', 'snapshot'],
  columns: () => ['timestamp', 'known_at'],
  run: (context, table) => {
    const bounds = new Map(
      context.extents(table as TableRole).columns.flatMap((name) => {
        const declared = boundsOf(context, table, name)
        return declared ? [[name, declared]] : []
      }),
    )
    if (bounds.size === 0) return { skipped: 'no column with declared bounds' }
    // An infinite value is RANGE-02's; here it counts as missing.
    return { tally: judgeCells(context, table, bounds, (value) => Math.abs(value) !== Infinity) }
  },
}

/** RANGE-02: no value is infinite, whatever its bounds. */
export const infinityCheck: Check = {
  id: 'RANGE-02',
  title: 'No value is infinite',
  severity: 'E',
  fixed: false,
  grain: 'C',
  waivable: true,
  thresholds: {},
  tables: ['bars', 'local', 'snapshot'],
  columns: () => ['timestamp', 'known_at'],
  run: (context, table) => {
    const { columns } = context.extents(table as TableRole)
    if (columns.length === 0) return { skipped: 'no column of floating-point numbers' }
    const bounds = new Map(columns.map((name) => [name, FINITE]))
    return { tally: judgeCells(context, table, bounds, () => true) }
  },
}

function judgeCells(
  { view, extents, frames, tally: createTally }: CheckContext,
  table: CheckTable,
  boundsOfColumn: ReadonlyMap<string, Bounds>,
  isConcern: (value: number) => boolean,
): Tally {
  const frame = frames[table as TableRole]!
  const { starts, rows } = view(table as TableRole)
  const { columns, absent, lowest, highest } = extents(table as TableRole)
  const timestamps = frame.numbers('timestamp')!
  const tally = createTally()
  for (const [index, symbol] of frame.symbols.entries()) {
    if (symbol === null) continue
    const ofSymbol = rows.subarray(starts[index]!, starts[index + 1]!)
    for (const [place, name] of columns.entries()) {
      const bounds = boundsOfColumn.get(name)
      if (!bounds) continue
      const series = index * columns.length + place
      let missing = absent[series]!
      let unexpected = 0
      if (lowest[series]! < bounds.min || highest[series]! > bounds.max) {
        const values = frame.numbers(name)!
        for (const row of ofSymbol) {
          const value = values[row]!
          if (Number.isNaN(value) || (value >= bounds.min && value <= bounds.max)) continue
          if (!isConcern(value)) {
            missing += 1
            continue
          }
          unexpected += 1
          const position = positionInSymbol(frame, index, row)
          tally.fail(symbol, timestamps[row]!, name, value, bounds.expected, position)
        }
      }
      const evaluated = ofSymbol.length - missing
      tally.evaluated += evaluated
      tally.missing += missing
      if (unexpected > 0) tally.group(symbol, name, unexpected, evaluated)
    }
  }
  return tally
}

function boundsOf({ input }: CheckContext, role: CheckTable, column: string): Bounds | undefined {
  if (role === 'bars') return BAR_BOUNDS.get(column)
  const { min, max } = declarationOf(input.catalogue, column) ?? {}
  if (min === undefined && max === undefined) return undefined
  const expected =
    max === undefined ? `>= ${min}` : min === undefined ? `<= ${max}` : `from ${min} to ${max}`
  return { min: min ?? -Number.MAX_VALUE, max: max ?? Number.MAX_VALUE, expected }
}
