import { expect, test } from 'vitest'
import { createOutput, formatCount, formatTable } from '../src/index.ts'
import { createTestIo } from '../src/testing.ts'

test('data goes to stdout and talk to stderr', () => {
  const io = createTestIo()
  const output = createOutput(io, {})
  output.note('reading')
  output.warn('one row left out')
  output.result({ rows: 1 }, () => 'rows 1')
  expect(io.out()).toBe('rows 1\n')
  expect(io.err()).toBe('reading\nwarning: one row left out\n')
})

test('--json prints one object and nothing else on stdout', () => {
  const io = createTestIo({ terminal: true })
  const output = createOutput(io, { json: true })
  output.note('reading')
  output.result({ rows: 1, kind: output.paint('red', 'x') }, () => 'rows 1')
  expect(JSON.parse(io.out())).toEqual({ rows: 1, kind: 'x' })
})

test('--quiet silences talk and progress, but no warning', () => {
  const io = createTestIo()
  const output = createOutput(io, { quiet: true })
  output.note('reading')
  const progress = output.progress({ step: 'bars', unit: 'files' })
  progress.advance()
  progress.finish()
  output.warn('careful')
  expect(io.err()).toBe('warning: careful\n')
})

test('colours appear on a terminal only, and not against NO_COLOR or --no-color', () => {
  const paint = (io: ReturnType<typeof createTestIo>, options: { color?: boolean }) =>
    createOutput(io, options).paint('red', 'x')
  expect(paint(createTestIo({ terminal: true }), {})).toBe('\u001B[31mx\u001B[39m')
  expect(paint(createTestIo(), {})).toBe('x')
  expect(paint(createTestIo({ terminal: true, env: { NO_COLOR: '1' } }), {})).toBe('x')
  expect(paint(createTestIo({ terminal: true }), { color: false })).toBe('x')
})

test('a table aligns its columns', () => {
  const table = formatTable(
    [{ title: 'symbol' }, { title: 'rows', align: 'right' }, { title: 'note' }],
    [
      ['A:X', 7, 'short'],
      ['BINANCE:BTCUSDT', 15_821, undefined],
    ],
  )
  expect(table.split('\n')).toEqual([
    'symbol            rows  note',
    'A:X                  7  short',
    'BINANCE:BTCUSDT  15821',
  ])
})

test('counts have their thousands apart', () => {
  expect([0, 999, 1000, 15_821, 1_234_567].map(formatCount)).toEqual([
    '0',
    '999',
    '1,000',
    '15,821',
    '1,234,567',
  ])
})
