import { expect, test } from 'vitest'
import { CommandError, EXIT, exitCodeFor } from '../src/index.ts'

test.each([
  ['corrupt_file', EXIT.integrity],
  ['corrupt_log', EXIT.integrity],
  ['unsupported_option', EXIT.usage],
  ['schema_mismatch', EXIT.usage],
  ['malformed_entry', EXIT.usage],
  ['missing_file', EXIT.usage],
  ['interrupted_run', EXIT.interruptedRun],
  ['commit_contention', EXIT.environment],
  ['read_only', EXIT.environment],
  ['no_space', EXIT.environment],
  ['io_error', EXIT.environment],
  ['aborted', EXIT.environment],
  ['not_found', EXIT.environment],
  ['ENOSPC', EXIT.environment],
  ['constructor', EXIT.environment],
])('the code %s ends with %i', (code, exit) => {
  expect(exitCodeFor(code)).toBe(exit)
})

test('a command error takes its exit code from its code unless told otherwise', () => {
  expect(new CommandError('corrupt_file', 'x').exitCode).toBe(3)
  expect(new CommandError('corrupt_file', 'x', { exitCode: 5 }).exitCode).toBe(5)
})
