import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRetryAfter } from '../src/index.ts'

const NOW = Date.UTC(2025, 0, 1)

test('seconds are milliseconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (seconds) => {
      expect(parseRetryAfter(` ${seconds} `, NOW)).toBe(seconds * 1000)
    }),
  )
})

test('a date is the time until it, in each of its three forms', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e7 }), (seconds) => {
      const date = new Date(NOW + seconds * 1000)
      expect(parseRetryAfter(date.toUTCString(), NOW)).toBe(seconds * 1000)
    }),
  )
  const at = Date.parse('1994-11-06T08:49:30Z')
  expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', at)).toBe(7_000)
  expect(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', at)).toBe(7_000)
  expect(parseRetryAfter('Sun Nov  6 08:49:37 1994', at)).toBe(7_000)
})

test('what is absent, negative, zero, past or unreadable is nothing to wait for', () => {
  const texts = ['', ' ', '-5', '0', 'soon', '1e3', '2025-06-01', 'Sun', 'NaN', 'Infinity', '12,5']
  for (const text of [null, ...texts, new Date(NOW - 1000).toUTCString()]) {
    expect(parseRetryAfter(text, NOW), String(text)).toBeUndefined()
  }
})

test('whatever the header, the wait is a positive number or nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,400}$/)), (header) => {
      const wait = parseRetryAfter(header, NOW)
      if (wait !== undefined) expect(wait > 0 && Number.isFinite(wait)).toBe(true)
    }),
  )
})
