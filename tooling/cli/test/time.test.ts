import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTime, parseTime } from '../src/index.ts'

test.each([
  ['2024-01-31', 1_706_659_200],
  ['2024-01-31T16:00:00Z', 1_706_716_800],
  ['2024-01-31 16:00', 1_706_716_800],
  ['2024-01-31T17:00:00+01:00', 1_706_716_800],
  ['1706716800', 1_706_716_800],
  ['-631152000', -631_152_000],
  ['1767225600', 1_767_225_600],
  ['2026-01-01', 1_767_225_600],
  ['2026-01-01T00:00', 1_767_225_600],
  ['2026-01-01T00:00:00Z', 1_767_225_600],
  ['2026-01-01T00:00:00.900Z', 1_767_225_600],
  ['2026-01-01T01:00:00+01:00', 1_767_225_600],
  ['2025-12-31T19:30-04:30', 1_767_225_600],
])('%s is read as %i', (text, seconds) => {
  expect(parseTime(text, '--before')).toBe(seconds)
})

test.each([
  '',
  'today',
  '2024-02-30',
  '2024-13-01',
  '31.1.2024',
  '1706716800000',
  '2015',
  '20251231',
  '-1',
  '1e9',
  '2025-02-29',
  '2025-01-01T25:00',
  '01/02/2025',
  '2025-1-1',
  '2024-01-31T16:00:00X',
])('%j is refused and named with its option', (text) => {
  expect(() => parseTime(text, '--before')).toThrow(
    `--before must be a date such as 2026-01-29, a time or Unix seconds, was ${JSON.stringify(text)}`,
  )
})

test('a time that was written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000, max: 4_000_000_000 }), (seconds) => {
      expect(parseTime(formatTime(seconds), 'it')).toBe(seconds)
    }),
  )
  expect(formatTime(1_706_659_200)).toBe('2024-01-31')
})
