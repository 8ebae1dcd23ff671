import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGate } from '../src/scanner/gate.ts'

/** A clock on which sleeping is the only way that time passes. */
function clockOf(): { elapsed: () => number; sleep: (milliseconds: number) => Promise<void> } {
  let time = 0
  return {
    elapsed: () => time,
    async sleep(milliseconds) {
      await Promise.resolve()
      time += milliseconds
    },
  }
}

test('never more tasks at a time than allowed, and never closer together than the spacing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 700 }),
      fc.array(fc.record({ turns: fc.nat(6), shut: fc.constantFrom(0, 0, 0, 2_500) }), {
        maxLength: 15,
      }),
      async (concurrency, spacingMs, tasks) => {
        const clock = clockOf()
        const gate = createGate(clock, { concurrency, spacingMs })
        const starts: number[] = []
        const ends: number[] = []
        let running = 0
        let openAt = 0
        await Promise.all(
          tasks.map(({ turns, shut }, index) =>
            gate.pass(async () => {
              starts.push(clock.elapsed())
              ends.push(index)
              running += 1
              expect(running).toBeLessThanOrEqual(concurrency)
              expect(clock.elapsed(), 'the gate is not shut').toBeGreaterThanOrEqual(openAt)
              for (let turn = 0; turn < turns; turn++) await Promise.resolve()
              if (shut > 0) {
                gate.shut(shut)
                openAt = Math.max(openAt, clock.elapsed() + shut)
              }
              running -= 1
            }),
          ),
        )
        expect(ends, 'in the order of arrival').toEqual(tasks.map((_, index) => index))
        for (const [index, start] of starts.entries()) {
          if (index > 0) expect(start - starts[index - 1]!).toBeGreaterThanOrEqual(spacingMs)
        }
      },
    ),
  )
})

test('a failed task makes room, and an aborted wait lets the next one pass', async () => {
  const gate = createGate(clockOf(), { concurrency: 1, spacingMs: 0 })
  await expect(gate.pass(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  const controller = new AbortController()
  let finish: () => void = () => undefined
  const first = gate.pass(() => new Promise<void>((resolve) => (finish = resolve)))
  const second = gate.pass(() => Promise.resolve(2), controller.signal)
  const third = gate.pass(() => Promise.resolve(3))
  controller.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  finish()
  await first
  expect(await third).toBe(3)
})
