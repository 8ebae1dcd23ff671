import { expect, test } from 'vitest'
import { createProgress } from '../src/index.ts'
import { createTestIo } from '../src/testing.ts'

function clockedIo(terminal: boolean) {
  let seconds = 1_800_000_000
  const io = createTestIo({ terminal, now: () => seconds })
  return { io, wait: (time: number) => (seconds += time) }
}

test('a terminal sees a bar with rate and time left', () => {
  const { io, wait } = clockedIo(true)
  const progress = createProgress(io, { step: 'bars', total: 4, unit: 'files' })
  wait(2)
  progress.advance()
  expect(io.err()).toBe('\rbars [######..................] 1/4 files 0.5/s 0:06 left\u001B[K')
  wait(0.01)
  progress.advance()
  expect(io.err(), 'redrawn at most ten times a second').not.toContain('2/4')
  progress.advance(2)
  progress.finish()
  expect(io.err().endsWith('\rbars [########################] 4/4 files 2.0/s\u001B[K\n')).toBe(
    true,
  )
})

test('a log gets one JSON object a line at a modest rate, and the last state', () => {
  const { io, wait } = clockedIo(false)
  const progress = createProgress(io, { step: 'bars', total: 100, unit: 'files' })
  for (let file = 0; file < 100; file += 1) {
    wait(0.25)
    progress.advance()
  }
  progress.finish()
  const lines = io
    .err()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { done: number })
  expect(lines.map((line) => line.done)).toEqual([40, 80, 100])
  expect(lines[0]).toEqual({
    time: '2027-01-15T08:00:10.000Z',
    event: 'progress',
    step: 'bars',
    unit: 'files',
    done: 40,
    total: 100,
    rate_per_s: 4,
    seconds_left: 15,
  })
})

test('work of unknown length is counted, and nothing is said of its end', () => {
  const { io, wait } = clockedIo(true)
  const progress = createProgress(io, { step: 'scan', unit: 'rows' })
  wait(1)
  progress.advance(20)
  expect(io.err()).toBe('\rscan 20 rows 20/s\u001B[K')
})
