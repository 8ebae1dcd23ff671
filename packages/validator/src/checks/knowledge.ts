import type { Check } from '../check.ts'
import { closeRule } from '../close.ts'
import type { TableRole } from '../table.ts'

/** PIT-02: nothing was known before it had happened. */
export const knowledgeCheck: Check = {
  id: 'PIT-02',
  title: 'Nothing is known before its bar has closed, or before it arrived',
  severity: 'E',
  fixed: true,
  grain: 'R',
  waivable: false,
  thresholds: {},
  tables: ['bars', 'local', 'snapshot'],
  columns: () => ['timestamp', 'known_at'],
  run: ({ input, frames, tally: createTally }, role) => {
    const frame = frames[role as TableRole]!
    const tally = createTally()
    const timestamps = frame.numbers('timestamp')!
    const knownAt = frame.numbers('known_at')!
    const sources = role === 'local' ? frame.codes('source') : undefined
    const retrieved = sources?.codeOf.get('retrieved')
    const timeframe = frame.table.meta?.['fs.timeframe'] ?? '1d'
    const byTimeframe = role === 'snapshot' || input.close ? undefined : closeRule(timeframe)
    for (const [index, symbol] of frame.symbols.entries()) {
      const first = frame.starts[index]!
      const end = frame.starts[index + 1]!
      let missing = 0
      const before = tally.unexpected
      for (let at = first; at < end; at++) {
        const row = frame.rows[at]!
        const timestamp = timestamps[row]!
        const known = knownAt[row]!
        if (symbol === null || Number.isNaN(timestamp) || Number.isNaN(known)) {
          missing += 1
          continue
        }
        // Only what is marked as retrieved may be younger than its bar's close.
        const arrives = role === 'snapshot' || (sources && sources.codeOfRow[row] === retrieved)
        const earliest = arrives
          ? timestamp
          : byTimeframe
            ? byTimeframe(timestamp)
            : input.close!(symbol, timestamp)
        if (known >= earliest) continue
        tally.fail(symbol, timestamp, 'known_at', known, `>= ${earliest}`, at - first)
      }
      tally.evaluated += end - first - missing
      tally.missing += missing
      const unexpected = tally.unexpected - before
      if (unexpected > 0) tally.group(symbol, null, unexpected, end - first - missing)
    }
    return { tally }
  },
}
