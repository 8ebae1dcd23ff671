import { expect, test } from 'vitest'
import { createRandom } from '../src/index.ts'

test('a stream is pinned by its name, and each part of the name matters', () => {
  const first = (...name: number[]): number => createRandom(...name).uniform()
  expect(first(7, 1)).toBe(0.5567792783258483)
  expect(
    new Set([first(7, 1), first(7, 2), first(8, 1), first(-7, 1), first(7 + 2 ** 32, 1)]).size,
  ).toBe(5)
})

test('uniform numbers stay strictly inside 0 and 1 and fill the interval evenly', () => {
  const random = createRandom(1)
  const counts = Array.from({ length: 10 }, () => 0)
  for (let draw = 0; draw < 100_000; draw++) {
    const value = random.uniform()
    expect(value > 0 && value < 1).toBe(true)
    counts[Math.floor(value * 10)]! += 1
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
})

test('normal numbers have the moments and the tails of the normal distribution', () => {
  const random = createRandom(2)
  const draws = Array.from({ length: 200_000 }, () => random.normal())
  const mean = (power: number): number =>
    draws.reduce((sum, draw) => sum + draw ** power, 0) / draws.length
  // Four standard errors each.
  expect(Math.abs(mean(1))).toBeLessThan(0.009)
  expect(Math.abs(mean(2) - 1)).toBeLessThan(0.013)
  expect(Math.abs(mean(3))).toBeLessThan(0.035)
  expect(Math.abs(mean(4) - 3)).toBeLessThan(0.088)
  const beyond = draws.filter((draw) => Math.abs(draw) > 1.959964).length / draws.length
  expect(Math.abs(beyond - 0.05)).toBeLessThan(0.002)
})

test('integers reach both ends and nothing beyond', () => {
  const random = createRandom(3)
  const seen = new Set(Array.from({ length: 1_000 }, () => random.integer(-1, 2)))
  expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2])
})
