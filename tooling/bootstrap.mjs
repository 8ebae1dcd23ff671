// Runs a script of this repository on a machine that has nothing but Node (20 or newer) and npm: fetches the pinned
// pnpm through npm, installs the locked dependencies (a no-op when nothing changed), then runs the named script.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const pin = manifest.packageManager.split('+')[0]
const environment = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  npm_config_update_notifier: 'false',
}

// Started by `npm run`, the same npm is at hand as a script for this very Node, and no shell is involved on any system.
const npmCli = process.env.npm_execpath?.endsWith('npm-cli.js')
  ? process.env.npm_execpath
  : undefined

// ^C reaches the job by itself: it is in the terminal's foreground group, as this process is. Only a process that waits
// for the job keeps the prompt away until the job has ended in order.
let running
process.on('SIGINT', () => {})
process.on('SIGTERM', () => running?.kill('SIGTERM'))

function start(command, args, stdio) {
  return new Promise((done, failed) => {
    running = spawn(command, args, { cwd: root, stdio, env: environment })
    running.on('error', failed)
    running.on('close', (status) => done(status ?? 1))
  })
}

function pnpm(args, stdio) {
  const npmArgs = ['exec', '--yes', '--prefer-offline', `--package=${pin}`, '--', 'pnpm', ...args]
  return npmCli
    ? start(process.execPath, [npmCli, ...npmArgs], stdio)
    : start('npm', npmArgs, stdio)
}

// npm and pnpm in between would answer an interrupted job's exit code with their own, and keep a SIGTERM to themselves:
// a plain `node …` script is started without them. Turbo calls pnpm itself, and Windows starts `node.cmd` by a shell only.
function job([run, name, ...args]) {
  const [command, ...words] = run === 'run' ? (manifest.scripts[name]?.split(' ') ?? []) : []
  return command === 'node' && !words.includes('turbo') && process.platform !== 'win32'
    ? start(command, [...words, ...args], 'inherit')
    : pnpm(['--silent', run, name, ...args], 'inherit')
}

function stop(code, message) {
  if (message) process.stderr.write(`${message}\n`)
  process.exit(code)
}

// pnpm's own talk goes to stderr: stdout belongs to the script that was asked for.
const installed = await pnpm(
  ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', '--loglevel=warn'],
  ['ignore', 2, 2],
)
if (installed !== 0)
  stop(installed, 'bootstrap: the dependencies could not be installed; nothing was run')

const binaries = join(root, 'node_modules', '.bin')
const [major, minor] = process.versions.node.split('.').map(Number)
const hasPinnedNode = existsSync(join(binaries, 'node')) || existsSync(join(binaries, 'node.cmd'))
if (!hasPinnedNode && (major < 22 || (major === 22 && minor < 18))) {
  stop(
    1,
    `bootstrap: the pinned Node could not be installed for ${process.platform}-${process.arch}, and Node ` +
      `${process.versions.node} is older than 22.18, the first that runs the sources directly. Install Node 22.18 or newer.`,
  )
}
environment.PATH = `${binaries}${delimiter}${environment.PATH ?? ''}`

process.exitCode = await job(process.argv.slice(2))
