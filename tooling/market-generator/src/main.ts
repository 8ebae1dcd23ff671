import { CommanderError } from 'commander'
import { createProgram } from './program.ts'

try {
  await createProgram((text) => process.stdout.write(text)).parseAsync()
} catch (error) {
  if (error instanceof RangeError) process.stderr.write(`error: ${error.message}\n`)
  else if (!(error instanceof CommanderError)) throw error
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2
}
