import { expect, test } from 'vitest'
import { parseTime } from '../src/time-option.ts'

test.each([
  ['1767225600', 1_767_225_600],
  ['2026-01-01', 1_767_225_600],
  ['2026-01-01T00:00', 1_767_225_600],
  ['2026-01-01T00:00:00Z', 1_767_225_600],
  ['2026-01-01T00:00:00.900Z', 1_767_225_600],
  ['2026-01-01T01:00:00+01:00', 1_767_225_600],
  ['2025-12-31T19:30-04:30', 1_767_225_600],
])('%s is %i, in any time zone of the machine', (text, seconds) => {
  expect(parseTime(text)).toBe(seconds)
})

const NO_TIMES =
  ',now,2025,20251231,1767225600000,-1,1e9,2025-13-01,2025-02-30,2025-02-29,2025-01-01 12:00,' +
  '2025-01-01T25:00,01/02/2025,2025-1-1'

test.each(NO_TIMES.split(','))("'%s' is refused", (text) => {
  expect(() => parseTime(text)).toThrow('must be Unix seconds')
})
