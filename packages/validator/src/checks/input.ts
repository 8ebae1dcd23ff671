import type { Check } from '../check.ts'
import { TABLE_ROLES } from '../table.ts'

/** INPUT-01: there is something to judge. */
export const inputCheck: Check = {
  id: 'INPUT-01',
  title: 'Required inputs are present, not empty and of one length, and digests agree',
  severity: 'E',
  fixed: true,
  grain: 'T',
  waivable: false,
  thresholds: {},
  tables: ['input'],
  columns: () => [],
  run: ({ input, frames, required, tally: createTally }) => {
    const tally = createTally('all')
    const judge = (
      item: string,
      holds: boolean,
      value: number | string | null,
      expected: string,
    ): void => {
      tally.evaluated += 1
      if (!holds) tally.failItem(item, value, expected)
    }
    judge('as_of', Number.isFinite(input.as_of), input.as_of, 'a finite number of seconds')
    for (const name of required) {
      judge(name, Object.hasOwn(frames, name), 'absent', 'present')
    }
    for (const role of TABLE_ROLES) {
      const frame = frames[role]
      if (!frame) continue
      judge(`${role} lengths`, !frame.isRagged, 'unequal', 'columns of one length')
      // A baseline may be empty: before the first run there is nothing.
      if (role === 'previous_local') continue
      judge(emptinessItem(role, 'rows'), frame.rowCount > 0, 0, '> 0')
      const symbols = frame.symbols.filter((symbol) => symbol !== null).length
      judge(emptinessItem(role, 'symbols'), symbols > 0, 0, '> 0')
    }
    for (const { name, expected, actual } of input.digests ?? []) {
      judge(`digest ${name}`, expected === actual, actual, expected)
    }
    return { tally }
  },
}

/** Names the item that fails when a table has no rows or no symbols: the one kind that a merge can take back. */
export function emptinessItem(table: string, of: 'rows' | 'symbols'): string {
  return `${table} ${of}`
}
