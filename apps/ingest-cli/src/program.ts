import { createProgram, type ExitCode, type Io } from '@fs/cli'
import type { Command } from 'commander'
import { addBarsCommand } from './bars-command.ts'

/**
 * Makes the program `fs-ingest`.
 *
 * @param io the process
 * @param setExitCode takes the verdict of a command that did not fail
 * @returns the program
 */
export function createIngestProgram(io: Io, setExitCode: (code: ExitCode) => void): Command {
  const program = createProgram(
    {
      name: 'fs-ingest',
      description: 'Brings market data into the lakehouse.',
    },
    io,
  )
  addBarsCommand(program, io, setExitCode)
  return program
}
