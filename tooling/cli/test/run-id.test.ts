import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkRunId, chooseRunId, newRunId } from '../src/index.ts'
import { createTestIo } from '../src/testing.ts'

const io = createTestIo({ cwd: '/project' })
const choose = (choice: { given?: string; candidates?: string; runs?: string }) =>
  chooseRunId({
    runs: '/project/data/runs',
    cwd: io.cwd,
    now: io.now,
    random: io.random,
    ...choice,
  })

test('the given id wins over the folder of the candidates, which wins over a new one', () => {
  const candidates = 'data/runs/r1/candidates.json'
  expect(choose({ given: 'mine', candidates })).toBe('mine')
  expect(choose({ candidates })).toBe('r1')
  expect(choose({ candidates: '/project/data/runs/r1/candidates.json' })).toBe('r1')
  expect(choose({})).toMatch(/^20270115T080000000Z-[a-z0-9]{6}$/)
})

test.each(['lists/candidates.json', 'data/runs/r1/spot.json', 'data/runs/a/b/candidates.json'])(
  'a candidates file elsewhere names no run: %s',
  (candidates) => {
    expect(choose({ candidates })).toMatch(/^2027/)
  },
)

test.each(['', 'a b', 'a/b', '..', 'ä'])('%j is no run id', (text) => {
  expect(() => checkRunId(text)).toThrow(
    expect.objectContaining({
      code: 'invalid_input',
      message: expect.stringContaining(JSON.stringify(text)),
    }),
  )
})

test('new ids are valid and sort by time', () => {
  const time = fc.integer({ min: 1_000_000_000_000, max: 4_000_000_000_000 }).map((ms) => ms / 1000)
  fc.assert(
    fc.property(time, time, fc.double({ min: 0, max: 0.999 }), (a, b, draw) => {
      const [first, second] = [newRunId(a, () => draw), newRunId(b, () => draw)]
      expect(checkRunId(first)).toBe(first)
      expect(first < second).toBe(a < b)
    }),
  )
})
