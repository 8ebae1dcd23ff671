#!/usr/bin/env node
import { ioOf, runProgram } from '@fs/cli'
import { createIngestProgram } from './program.ts'

const io = ioOf(process)
process.exitCode = await runProgram((setExitCode) => createIngestProgram(io, setExitCode), io)
