#!/usr/bin/env node
import { ioOf } from './cli/io.ts'
import { runLedgerProgram } from './cli/program.ts'
import { surroundings } from './surroundings.ts'

process.exitCode = await runLedgerProgram(ioOf(process, surroundings.clock))
