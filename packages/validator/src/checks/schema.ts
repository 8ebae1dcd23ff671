import type { Check } from '../check.ts'
import { contractColumns, featureColumns, promisedFeatures } from '../schema.ts'
import type { Column, TableRole } from '../table.ts'

const SYMBOL = /^[A-Z0-9_]+:\S+$/
const DAY = 86_400

/** SCHEMA-01: the columns that everything else reads are there. */
export const requiredColumnsCheck: Check = {
  id: 'SCHEMA-01',
  title: 'Required columns are present',
  severity: 'E',
  fixed: true,
  grain: 'T',
  waivable: false,
  thresholds: {},
  tables: ['bars', 'local', 'snapshot'],
  columns: () => [],
  run: ({ frames, tally: createTally }, role) => {
    const { table } = frames[role as TableRole]!
    const tally = createTally('all')
    const present = new Set(table.columns.map(({ name }) => name))
    const names = contractColumns(role as TableRole)
      .filter(({ required }) => required)
      .map(({ name }) => name)
    if (role === 'local') names.push(...promisedFeatures(table))
    for (const name of new Set(names)) {
      tally.evaluated += 1
      if (!present.has(name)) tally.failItem(name, 'absent', 'present')
    }
    if (role === 'local') {
      tally.evaluated += 1
      if (featureColumns(table).length === 0) tally.failItem('features', 'absent', 'at least one')
    }
    return { tally }
  },
}

/** SCHEMA-02: types are as declared, times are seconds of a believable age, symbols look like symbols. */
export const typesCheck: Check = {
  id: 'SCHEMA-02',
  title: 'Types are as declared, times whole seconds in range, symbols EXCHANGE:TICKER',
  severity: 'E',
  fixed: true,
  grain: 'C',
  waivable: false,
  // 1900-01-01; milliseconds taken for seconds lie far beyond the other end.
  thresholds: { earliest: -2_208_988_800, ahead_days: 1 },
  tables: ['bars', 'local', 'snapshot'],
  columns: () => [],
  run: ({ input, frames, thresholds, tally: createTally }, role) => {
    const frame = frames[role as TableRole]!
    const tally = createTally()
    const timestamps = frame.numbers('timestamp')
    const earliest = thresholds['earliest']!
    const latest = Number.isFinite(input.as_of)
      ? input.as_of + thresholds['ahead_days']! * DAY
      : Number.POSITIVE_INFINITY
    const features = role === 'local' ? featureColumns(frame.table) : []
    const declared = [
      ...contractColumns(role as TableRole),
      ...features.map((name) => ({ name, type: 'f64' as const })),
    ]
    for (const { name, type } of declared) {
      const column = frame.table.columns.find((each) => each.name === name)
      if (!column) continue
      const isTyped = column.type === type && holdsItsType(column)
      const isTime = isTyped && (name === 'timestamp' || name === 'known_at')
      const numbers = isTime ? frame.numbers(name)! : undefined
      const expected = isTime ? `whole seconds from ${earliest} to ${latest}` : type
      for (const [index, symbol] of frame.symbols.entries()) {
        const first = frame.starts[index]!
        const end = frame.starts[index + 1]!
        const failRow = (at: number, value: number | string, wanted: string): void => {
          const timestamp = timestamps?.[frame.rows[at]!] ?? Number.NaN
          tally.fail(
            symbol,
            Number.isNaN(timestamp) ? null : timestamp,
            name,
            value,
            wanted,
            at - first,
          )
        }
        let missing = 0
        const before = tally.unexpected
        if (!isTyped) {
          for (let at = first; at < end; at++) failRow(at, column.type, expected)
        } else if (numbers) {
          for (let at = first; at < end; at++) {
            const value = numbers[frame.rows[at]!]!
            if (value >= earliest && value <= latest && Number.isInteger(value)) continue
            if (Number.isNaN(value)) missing += 1
            else failRow(at, value, expected)
          }
        } else if (name === 'symbol') {
          if (symbol === null) missing = end - first
          else if (!SYMBOL.test(symbol)) {
            for (let at = first; at < end; at++) failRow(at, symbol, 'EXCHANGE:TICKER')
          }
        }
        tally.evaluated += end - first - missing
        tally.missing += missing
        const unexpected = tally.unexpected - before
        if (unexpected > 0) tally.group(symbol, name, unexpected, end - first - missing)
      }
    }
    return { tally }
  },
}

function holdsItsType({ type, values }: Column): boolean {
  return (type === 'utf8') !== values instanceof Float64Array
}

/** SCHEMA-03: columns stand in the order of the contract. */
export const columnOrderCheck: Check = {
  id: 'SCHEMA-03',
  title: 'Columns stand in the order of the contract',
  severity: 'W',
  fixed: false,
  grain: 'T',
  waivable: false,
  thresholds: {},
  tables: ['bars', 'local', 'snapshot'],
  columns: () => [],
  run: ({ frames, tally: createTally }, role) => {
    const { table } = frames[role as TableRole]!
    const tally = createTally('all')
    const contract = contractColumns(role as TableRole).map(({ name }) => name)
    const found = table.columns.map(({ name }) => name)
    const wanted = contract.filter((name) => found.includes(name))
    // Where features or unknown columns begin, nothing of the contract may follow.
    for (const [place, name] of wanted.entries()) {
      tally.evaluated += 1
      const at = found.indexOf(name)
      if (at !== place) tally.failItem(name, at, `column ${place}`)
    }
    return { tally }
  },
}
