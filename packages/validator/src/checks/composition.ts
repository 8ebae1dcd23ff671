import type { Check } from '../check.ts'
import { positionInSymbol } from '../frame.ts'
import type { Table } from '../table.ts'

/** COMP-01: the total rating is what the table's formula makes of the two groups. */
export const compositionCheck: Check = {
  id: 'COMP-01',
  title: 'recommend_all is what the formula makes of recommend_ma and recommend_other',
  severity: 'E',
  fixed: false,
  grain: 'R',
  waivable: false,
  thresholds: { tolerance: 1e-9 },
  tables: ['local', 'local:retrieved'],
  informs: ['local:retrieved'],
  columns: () => [
    'timestamp',
    'known_at',
    'source',
    'recommend_ma',
    'recommend_other',
    'recommend_all',
  ],
  run: ({ input, frames, view, thresholds, tally: createTally }, table) => {
    const frame = frames.local!
    const tally = createTally()
    const threshold = thresholds['tolerance']!
    const isRetrieved = table === 'local:retrieved'
    const formula = formulaOf(frame.table)
    const others = (input.formulas ?? []).filter((id) => id !== formula)
    const fits = new Map(others.map((id) => [id, 0]))
    const timestamps = frame.numbers('timestamp')!
    const { codeOfRow, codeOf } = frame.codes('source')!
    const retrieved = codeOf.get('retrieved')
    const movingAverages = frame.numbers('recommend_ma')!
    const oscillators = frame.numbers('recommend_other')!
    const totals = frame.numbers('recommend_all')!
    const { starts, rows } = view('local')
    for (const [index, symbol] of frame.symbols.entries()) {
      let evaluated = 0
      let unexpected = 0
      let worst = 0
      for (let at = starts[index]!; at < starts[index + 1]!; at++) {
        const row = rows[at]!
        if ((codeOfRow[row] === retrieved) !== isRetrieved) continue
        evaluated += 1
        const total = totals[row]!
        const combined = input.combine(formula, movingAverages[row]!, oscillators[row]!)
        if (Number.isNaN(combined) && Number.isNaN(total)) continue
        const difference = Math.abs(combined - total)
        if (difference <= threshold) {
          tally.measure(difference)
          continue
        }
        unexpected += 1
        // A rating against none has no size; it is reported, not measured.
        if (difference > worst) worst = difference
        const position = positionInSymbol(frame, index, row)
        const expected = Number.isNaN(combined) ? 'no value' : `${combined}`
        tally.fail(
          symbol,
          timestamps[row]!,
          'recommend_all',
          Number.isNaN(total) ? null : total,
          expected,
          position,
        )
        for (const id of others) {
          const other = input.combine(id, movingAverages[row]!, oscillators[row]!)
          const isSame = Number.isNaN(other)
            ? Number.isNaN(total)
            : Math.abs(other - total) <= threshold
          if (isSame) fits.set(id, fits.get(id)! + 1)
        }
      }
      tally.evaluated += evaluated
      if (unexpected === 0) continue
      tally.measure(worst)
      tally.group(symbol, 'recommend_all', unexpected, evaluated, worst)
    }
    return { tally, threshold, fits }
  },
}

/** COMP-02: a table is not continued under another formula. */
export const formulaCheck: Check = {
  id: 'COMP-02',
  title: 'The table carries the formula it had before',
  severity: 'E',
  fixed: true,
  grain: 'T',
  waivable: false,
  thresholds: {},
  tables: ['local'],
  columns: () => [],
  run: ({ frames, tally: createTally }) => {
    if (!frames.previous_local) return { skipped: 'previous_local was not supplied' }
    const tally = createTally('all')
    const before = formulaOf(frames.previous_local.table)
    const now = formulaOf(frames.local!.table)
    tally.evaluated = 1
    if (now !== before) tally.failItem('fs.formula', now, before)
    return { tally }
  },
}

/** Reads the formula id of a `local` table; the default is the product's own. */
export function formulaOf(table: Table): string {
  return table.meta?.['fs.formula'] ?? 'institutional'
}
