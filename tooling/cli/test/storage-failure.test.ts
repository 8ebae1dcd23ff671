import { expect, test } from 'vitest'
import { CommandError, explainStorageFailure, mayHaveCommitted } from '../src/index.ts'

const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code })
const TEXT = { work: 'the import', unchanged: 'Nothing came in.', uncertain: 'All or nothing.' }

test.each([
  ['ENOSPC', 'no_space', 'Nothing came in.', 'Free some space'],
  ['EROFS', 'read_only', 'Nothing came in.', 'Allow writing'],
  ['corrupt_log', 'corrupt_log', 'Nothing came in.', 'Restore the file'],
  ['io_error', 'io_error', 'All or nothing.', 'finds out what was committed'],
])('%s says what was left and what to do next', (thrown, code, unchanged, next) => {
  const error = failure(thrown)
  expect(explainStorageFailure(error, TEXT)).toMatchObject({
    code,
    message: `failed with ${thrown}`,
    unchanged,
    next: expect.stringContaining(next),
    cause: error,
  })
})

test('an interrupt names the work, and a command may know better what to do', () => {
  expect(explainStorageFailure(AbortSignal.abort().reason, TEXT)).toMatchObject({
    code: 'aborted',
    message: 'the import was interrupted',
  })
  const text = { ...TEXT, next: { corrupt_file: 'Move it away.' } }
  expect(explainStorageFailure(failure('corrupt_file'), text)).toMatchObject({
    exitCode: 3,
    next: 'Move it away.',
  })
})

test('defects and what is explained already pass unchanged', () => {
  const explained = new CommandError('no_space', 'full')
  const defect = new TypeError('x is undefined')
  expect(explainStorageFailure(explained, TEXT)).toBe(explained)
  expect(explainStorageFailure(defect, TEXT)).toBe(defect)
})

test('only a failure before the commit is known to have none', () => {
  expect(
    ['ENOSPC', 'read_only', 'corrupt_file'].map((code) => mayHaveCommitted(failure(code))),
  ).toEqual([false, false, false])
  expect(
    [failure('fsync_failed'), failure('EIO'), new TypeError('x')].map(mayHaveCommitted),
  ).toEqual([true, true, true])
})
