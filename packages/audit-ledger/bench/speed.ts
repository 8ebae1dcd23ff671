// Measures the speed of the ledger against what it was made to reach, and against plain hashing and parsing of the same
// lines. Every result is checked before it counts. `npm run bench -- 1000000` takes another number of entries.
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entries, fileStore, openLedger, verifyLedger, type AppendInput } from '@fs/audit-ledger'

const COUNT = Number(process.argv[2] ?? 100_000)
const APPEND = 512
const folder = await mkdtemp(join(tmpdir(), 'fs-ledger-bench-'))
const store = fileStore(folder)
const actor = { kind: 'service', id: 'bench' } as const

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const check = (isTrue: boolean, what: string): void => {
  if (!isTrue) throw new Error(`wrong result, nothing was measured: ${what}`)
}
// Lines of 700 bytes, as an outcome with a few references has.
const input = (index: number): AppendInput => ({
  type: 'note',
  run_id: '20260129-011526',
  body: { text: 'x'.repeat(308), index, values: [0.25, -1.5e-7, index / 3] },
})

/** CPU time of this process in seconds: on a machine that others use too, the clock on the wall says nothing. */
const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function build(count: number): Promise<void> {
  let nowMs = Date.now() - 30 * 86_400_000
  const ledger = await openLedger(store, { actor, clock: () => nowMs })
  for (let index = 0; index < count; index += APPEND) {
    nowMs += 1
    const size = Math.min(APPEND, count - index)
    await ledger.append(Array.from({ length: size }, (_, at) => input(index + at)))
  }
  const { size } = await (await openLedger(store, { actor })).checkpoint({ fold: true })
  check(size === count + 1, 'entries appended')
}

/** Reads, hashes and parses every line, and checks nothing: the floor under any verifier. */
async function yardstick(): Promise<number> {
  let lines = 0
  for (const name of (await readdir(join(folder, 'ledger'))).sort()) {
    const bytes = await readFile(join(folder, 'ledger', name))
    for (let start = 0; start < bytes.length; lines++) {
      const end = bytes.indexOf(10, start)
      hash('sha256', bytes.subarray(start + 84, end - 1), 'hex')
      JSON.parse(bytes.toString('utf8', start + 84, end - 1))
      start = end + 1
    }
  }
  return lines
}

async function measure(work: () => Promise<void>): Promise<{ cpu: number; wall: number }> {
  const [cpu, wall] = [cpuSeconds(), performance.now()]
  await work()
  return { cpu: cpuSeconds() - cpu, wall: (performance.now() - wall) / 1000 }
}

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!

try {
  await build(COUNT)
  const names = await readdir(join(folder, 'ledger'))
  say(`${COUNT + 1} entries in ${names.length} files`)

  const line = Buffer.byteLength(JSON.stringify((await entries(store, { from: 9 }).next()).value))
  const floor = await measure(async () => check((await yardstick()) === COUNT + 1, 'lines read'))
  const verified = await measure(async () => {
    const { integrity, size } = await verifyLedger(store)
    check(integrity.status === 'ok' && size === COUNT + 1, 'a sound ledger')
  })
  const rate = (COUNT + 1) / verified.cpu
  say(
    `verify: ${Math.round(rate)} entries a second of CPU (target 60,000; lines of about ${line} bytes)`,
  )
  say(`verify: ${verified.cpu.toFixed(2)} s CPU, ${verified.wall.toFixed(2)} s on the wall`)
  say(`verify: ${(verified.cpu / floor.cpu).toFixed(2)} times reading, hashing and parsing alone`)

  const main = join(import.meta.dirname, '..', 'dist', 'main.js')
  const probe = `process.argv.splice(2, 0, 'verify', '--strict', '--quiet', '--ledger', ${JSON.stringify(folder)});
    process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)))
    await import(${JSON.stringify(main)})`
  try {
    const args = ['--input-type=module', '-e', probe, 'x']
    const out = execFileSync('sh', ['-c', `"$0" "$@" 2>&1 >/dev/null`, process.execPath, ...args])
    say(
      `fs-ledger verify, built: ${(Number(out.toString()) / 1000).toFixed(0)} MB resident (target 150)`,
    )
  } catch {
    say('fs-ledger verify, built: not measured, run the build first')
  }

  const ledger = await openLedger(store, { actor })
  const one: number[] = []
  const hundred: number[] = []
  for (let round = 0; round < 60; round++) {
    one.push((await measure(async () => void (await ledger.append(input(round))))).wall)
    const many = Array.from({ length: 100 }, (_, at) => input(at))
    hundred.push((await measure(async () => void (await ledger.append(many)))).wall)
  }
  const ratio = median(hundred) / median(one)
  say(
    `append: 1 entry ${(median(one) * 1000).toFixed(2)} ms, 100 entries ${(median(hundred) * 1000).toFixed(2)} ms, ` +
      `ratio ${ratio.toFixed(2)} (target at most 2)`,
  )

  const small = fileStore(await mkdtemp(join(folder, 'small-')))
  const fresh = await openLedger(small, { actor })
  await fresh.append(Array.from({ length: 1000 }, (_, at) => input(at)))
  const few: number[] = []
  const many: number[] = []
  for (let round = 0; round < 60; round++) {
    few.push((await measure(async () => void (await fresh.append(input(round))))).wall)
    many.push((await measure(async () => void (await ledger.append(input(round))))).wall)
  }
  say(
    `append: behind ${COUNT} entries ${(median(many) / median(few)).toFixed(2)} times one behind 1,000 (target: flat)`,
  )
  const end = await verifyLedger(store)
  check(end.integrity.status === 'ok' && end.size === COUNT + 1 + 60 * 102, 'the ledger after it')
} finally {
  await rm(folder, { recursive: true, force: true })
}
