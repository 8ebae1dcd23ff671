import { CommanderError } from 'commander'
import { createProgram } from './program.ts'

try {
  await createProgram(
    (text) => process.stdout.write(text),
    (simulator) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => void simulator.close())
      }
    },
  ).parseAsync()
} catch (error) {
  if (error instanceof RangeError || error instanceof SyntaxError) {
    process.stderr.write(`error: ${error.message}\n`)
  } else if (!(error instanceof CommanderError)) throw error
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2
}
