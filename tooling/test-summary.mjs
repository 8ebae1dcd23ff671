// node tooling/test-summary.mjs [--slow] COMMAND…
// Runs the command given as arguments and closes with one plain line, `N passed, N failed`, added up from the result
// files that every package's test run leaves in `.vitest/`. The exit code and the line always agree.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const [script, resultFile] =
  process.argv[2] === '--slow' ? ['test:slow', 'slow.json'] : ['test', 'results.json']
const packages = ['packages', 'apps', 'tooling']
  .flatMap((folder) => globSync(`${folder}/*/package.json`, { cwd: root }))
  .map((file) => ({ file, ...JSON.parse(readFileSync(join(root, file), 'utf8')) }))
  .filter((entry) => entry.scripts?.[script])
  .map((entry) => ({
    name: entry.name,
    results: join(root, entry.file, '../.vitest', resultFile),
  }))

for (const { results } of packages) rmSync(results, { force: true })

const [command, ...args] = process.argv.slice(script === 'test' ? 2 : 3)
const run = spawnSync(command, args, {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
const exitCode = run.error || run.signal ? 1 : (run.status ?? 1)

let passed = 0
let failed = 0
const skipped = []
for (const { name, results: file } of packages) {
  if (!existsSync(file)) {
    process.stdout.write(`no test results from ${name}: counted as one failed\n`)
    failed += 1
    continue
  }
  const results = JSON.parse(readFileSync(file, 'utf8'))
  passed += results.numPassedTests
  failed += results.numFailedTests
  // A file that failed to load has no tests of its own.
  failed += results.testResults.filter(
    (suite) =>
      suite.status === 'failed' && suite.assertionResults.every((test) => test.status !== 'failed'),
  ).length
  for (const suite of results.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') continue
      skipped.push(`${name}: ${test.fullName}`)
    }
  }
}
if (exitCode !== 0 && failed === 0) failed = 1

for (const line of skipped) process.stdout.write(`skipped: ${line}\n`)
if (skipped.length > 0) process.stdout.write(`${skipped.length} skipped, listed above\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? exitCode || 1 : 0
