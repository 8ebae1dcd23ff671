#!/usr/bin/env node
import { runFsLake } from './fs-lake/program.ts'

process.exitCode = await runFsLake(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  now: () => Math.floor(Date.now() / 1000),
})
