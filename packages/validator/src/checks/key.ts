import type { Check } from '../check.ts'
import type { TableRole } from '../table.ts'

/** KEY-01: no row is there twice, and no row lacks a part of its key. */
export const keyCheck: Check = {
  id: 'KEY-01',
  title: 'Keys are unique and have no missing part',
  severity: 'E',
  fixed: false,
  grain: 'R',
  waivable: false,
  thresholds: {},
  tables: ['bars', 'local', 'snapshot'],
  columns: (table) => ['timestamp', table === 'snapshot' ? 'run_id' : 'known_at'],
  run: ({ frames, tally: createTally }, role) => {
    const frame = frames[role as TableRole]!
    const tally = createTally()
    const timestamps = frame.numbers('timestamp')!
    const isSnapshot = role === 'snapshot'
    // A snapshot's row is told apart by its run, not by the moment it became known.
    const knownAt = isSnapshot ? undefined : frame.numbers('known_at')!
    const tagName = isSnapshot ? 'run_id' : 'source'
    const tags = frame.codes(tagName)?.codeOfRow
    const compare = (left: number, right: number): number =>
      timestamps[left]! - timestamps[right]! ||
      (knownAt ? knownAt[left]! - knownAt[right]! : 0) ||
      (tags ? tags[left]! - tags[right]! : 0)

    for (const [index, symbol] of frame.symbols.entries()) {
      const first = frame.starts[index]!
      const rows = frame.rows.subarray(first, frame.starts[index + 1]!)
      tally.evaluated += rows.length
      const before = tally.unexpected
      let isAscending = true
      let hasGap = false
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at]!
        const lacking =
          symbol === null
            ? 'symbol'
            : Number.isNaN(timestamps[row]!)
              ? 'timestamp'
              : knownAt && Number.isNaN(knownAt[row]!)
                ? 'known_at'
                : tags && tags[row] === -1
                  ? tagName
                  : undefined
        if (lacking !== undefined) {
          const timestamp = Number.isNaN(timestamps[row]!) ? null : timestamps[row]!
          tally.fail(symbol, timestamp, lacking, null, 'not null', at)
          hasGap = true
        } else if (at > 0 && isAscending && !hasGap && compare(rows[at - 1]!, row) >= 0) {
          isAscending = false
        }
      }
      if (symbol !== null && (!isAscending || hasGap)) {
        const whole = Int32Array.from(rows.keys()).filter((at) => {
          const row = rows[at]!
          const hasTag = !tags || tags[row] !== -1
          return !Number.isNaN(timestamps[row]! + (knownAt ? knownAt[row]! : 0)) && hasTag
        })
        whole.sort((left, right) => compare(rows[left]!, rows[right]!))
        for (let i = 1; i < whole.length; i++) {
          const row = rows[whole[i]!]!
          if (compare(rows[whole[i - 1]!]!, row) !== 0) continue
          const value = knownAt ? knownAt[row]! : frame.texts(tagName)![row]!
          tally.fail(symbol, timestamps[row]!, null, value, 'a key of its own', whole[i]!)
        }
      }
      const unexpected = tally.unexpected - before
      if (unexpected > 0) tally.group(symbol, null, unexpected, rows.length)
    }
    return { tally }
  },
}
