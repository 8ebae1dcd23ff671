import { expect, test } from 'vitest'
import { checkInput, CommandError, reportFailure } from '../src/index.ts'
import { createTestIo } from '../src/testing.ts'

test('a failure prints what failed, what was left unchanged and what to do next', () => {
  const io = createTestIo()
  const error = new CommandError('corrupt_file', 'a.parquet is damaged', {
    unchanged: 'Nothing was written.',
    next: 'Fetch the file again.',
  })
  expect(reportFailure(error, io)).toBe(3)
  expect(io.err()).toBe(
    'error: a.parquet is damaged\nNothing was written.\nFetch the file again.\n',
  )
  expect(io.out()).toBe('')
})

test('with --json the failure is also the one object on stdout', () => {
  const io = createTestIo({ argv: ['bars', '--json'] })
  reportFailure(new CommandError('missing_file', 'no such file'), io)
  expect(JSON.parse(io.out())).toEqual({
    error: { code: 'missing_file', exit_code: 2, message: 'no such file' },
  })
})

test("another package's error is known by its code alone", () => {
  const io = createTestIo()
  expect(
    reportFailure(Object.assign(new Error('log is broken'), { code: 'corrupt_log' }), io),
  ).toBe(3)
  expect(io.err()).toBe('error: log is broken\n')
})

test('an interrupt ends with 5 and says how to go on', () => {
  const io = createTestIo()
  expect(reportFailure(AbortSignal.abort().reason, io)).toBe(5)
  expect(io.err()).toContain('Run the same command again')
})

test('an error without a code is a defect of the program, and its stack is shown on demand', () => {
  const quiet = createTestIo()
  expect(reportFailure(new TypeError('x is undefined'), quiet)).toBe(5)
  expect(quiet.err()).toContain('internal error, TypeError: x is undefined')
  expect(quiet.err()).not.toContain('failure.test.ts')
  const debug = createTestIo({ env: { FS_DEBUG: '1' } })
  reportFailure(new Error('outer', { cause: new Error('inner') }), debug)
  expect(debug.err()).toContain('failure.test.ts')
  expect(debug.err()).toContain('caused by: Error: inner')
  expect(reportFailure('a text', createTestIo())).toBe(5)
})

test('a refused value is a usage failure, any other error passes', () => {
  const refuse = () => {
    throw new RangeError('length must be positive')
  }
  expect(() => checkInput(refuse, 'Give a length.')).toThrow(
    expect.objectContaining({ code: 'invalid_input', exitCode: 2, next: 'Give a length.' }),
  )
  const fail = () => {
    throw new TypeError('defect')
  }
  expect(() => checkInput(fail)).toThrow(TypeError)
  expect(checkInput(() => 7)).toBe(7)
})
