#!/usr/bin/env node
import { ioOf, runProgram } from '@fs/cli'
import { createBackfillProgram } from './program.ts'

const io = ioOf(process)
process.exitCode = await runProgram((setExitCode) => createBackfillProgram({ io, setExitCode }), io)
