import { createProgram, type ExitCode, type Io } from '@fs/cli'
import type { WorkerPool } from '@fs/lakehouse'
import type { Command } from 'commander'
import { addRunCommand } from './run-command.ts'

/** What the program works with; tests hand in their own. */
export interface ProgramDependencies {
  readonly io: Io
  readonly setExitCode: (code: ExitCode) => void
  /** Threads to work in, which stay open; default: threads of its own. */
  readonly workers?: WorkerPool
}

/** Makes the program `fs-backfill`. */
export function createBackfillProgram(dependencies: ProgramDependencies): Command {
  const program = createProgram(
    {
      name: 'fs-backfill',
      description: 'Recomputes features from bars, validates them and swaps in the feature matrix.',
    },
    dependencies.io,
  )
  addRunCommand(program, dependencies)
  return program
}
