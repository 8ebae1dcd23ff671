import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileStore, type VerifyReport } from '../src/index.ts'
import { runLedgerProgram } from '../src/cli/program.ts'
import { writeFolder } from './ledger-folder.ts'
import { fill, HOUR_MS, note, openOn, openSample, START_MS } from './sample-ledger.ts'
import { vectors, withoutVectors } from './shared-data.ts'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fs-ledger-cli-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

interface Ended {
  exit: number
  out: string
  err: string
}

async function run(
  args: string,
  given: { env?: Record<string, string>; stdin?: Uint8Array } = {},
): Promise<Ended> {
  let out = ''
  let err = ''
  const exit = await runLedgerProgram({
    argv: args.split(' ').filter(Boolean),
    env: given.env ?? {},
    cwd,
    clock: () => START_MS + HOUR_MS,
    stdin: (async function* () {
      yield given.stdin ?? new Uint8Array()
    })(),
    write: async (chunk) => {
      out += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    },
    say: (text) => {
      err += `${text}\n`
    },
    isTerminal: false,
  })
  return { exit, out, err }
}

const audit = (): string => join(cwd, 'data', 'lakehouse', 'audit')

/** A ledger of a genesis and five notes in three segments, where the default is. */
async function makeLedger(): Promise<void> {
  const sample = await openSample()
  await fill(sample, [2, 2, 1])
  await writeFolder(audit(), sample.store)
}

const segment = (seq: number): string =>
  join(audit(), 'ledger', `${String(seq).padStart(20, '0')}.jsonl`)

test('verify says what holds, for people and as one object', async () => {
  await makeLedger()
  const human = await run('verify --strict')
  expect(human.exit).toBe(0)
  expect(human.out).toContain('6 entries in 3 files')
  expect(human.out).toMatch(/integrity {5}ok/)
  expect(human.out).toMatch(/tail {10}unpinned/)
  const json = JSON.parse((await run('verify --json')).out) as VerifyReport
  expect(json).toMatchObject({
    origin: 'example.org/ledger',
    size: 6,
    segments: 3,
    first_bad_seq: null,
    integrity: { status: 'ok', count: 0, findings: [] },
    completeness: { count: 0, missing_artefacts: null },
    tail: { state: 'unpinned', size: null, source: null, after: 6 },
    signature: { state: 'none', key: null },
  })
})

test('a damaged ledger is exit 3 and names entry, segment and byte', async () => {
  await makeLedger()
  const bytes = await readFile(segment(3))
  const second = bytes.indexOf(10) + 1
  bytes[second + 300]! ^= 4
  await writeFile(segment(3), bytes)
  const { exit, out } = await run('verify')
  expect(exit).toBe(3)
  expect(out).toContain(
    `first bad entry 4: the record is not what was hashed in ledger/00000000000000000003.jsonl, line 2, byte ${second}`,
  )
  const { out: json } = await run('verify --json')
  expect(JSON.parse(json)).toMatchObject({
    first_bad_seq: 4,
    integrity: {
      status: 'violated',
      count: 1,
      findings: [
        {
          code: 'hash_mismatch',
          seq: 4,
          segment: 'ledger/00000000000000000003.jsonl',
          line: 2,
          offset: second,
        },
      ],
    },
  })
  const exported = await run('export')
  expect(exported.exit).toBe(3)
  expect(exported.out.split('\n').length, 'what came before is printed').toBe(4 + 1)
  expect(exported.err).toContain('entry 4')
})

test('completeness fails only a strict verification', async () => {
  await makeLedger()
  const ledger = await openOn(fileStore(audit()))
  await ledger.append({
    type: 'backfill.intent',
    run_id: 'r1',
    body: { op_id: '1', params: {}, inputs: {} },
  })
  expect((await run('verify')).exit).toBe(0)
  const { exit, out } = await run('verify --strict')
  expect(exit).toBe(1)
  expect(out).toMatch(/6 {2}intent without outcome {2}backfill.intent r1/)
  expect((await run('state --strict')).exit).toBe(1)
  await ledger.append({
    type: 'backfill.outcome',
    run_id: 'r1',
    body: { op_id: '2', status: 'ok', tables: {}, left_out: [] },
  })
  expect((await run('verify --strict')).exit).toBe(0)
  expect((await run('state --strict')).exit).toBe(0)
})

test('a checkpoint kept elsewhere finds a cut end and a rewritten one', async () => {
  await makeLedger()
  const { exit, out } = await run('checkpoint --out kept.txt')
  expect(exit).toBe(0)
  expect(await readFile(join(cwd, 'kept.txt'), 'utf8')).toBe(out)
  expect((await run('verify --checkpoint kept.txt')).out).toContain(
    'by a checkpoint kept elsewhere',
  )
  await rm(join(audit(), 'checkpoints'), { recursive: true })
  await rm(segment(5))
  expect((await run('verify')).exit, 'alone, a chain cannot see it').toBe(0)
  const cut = await run('verify --checkpoint kept.txt --json')
  expect(cut.exit).toBe(3)
  expect(JSON.parse(cut.out)).toMatchObject({
    first_bad_seq: 5,
    integrity: { findings: [{ code: 'tail_missing', seq: 5 }] },
  })
  const other = await openOn(fileStore(audit()))
  await other.append(note('another end'))
  const rewritten = await run('verify --checkpoint kept.txt --json')
  expect(rewritten.exit).toBe(3)
  expect(JSON.parse(rewritten.out)).toMatchObject({
    integrity: { findings: [{ code: 'checkpoint_mismatch', seq: 5 }] },
  })
})

const SKEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

test('a checkpoint is signed with a key that only its owner can read', async () => {
  const sample = await openSample()
  await writeFile(join(cwd, 'key'), `${SKEY}\n`)
  await chmod(join(cwd, 'key'), 0o600)
  await writeFolder(audit(), sample.store)
  const { openLedger } = await import('../src/index.ts')
  const actor = { kind: 'ci', id: 'x' } as const
  const ledger = await openLedger(fileStore(audit()), { actor, signingKey: SKEY })
  await ledger.append(note('a'))
  const env = { FS_LEDGER_SIGNING_KEY: 'key' }
  expect((await run('checkpoint --out kept.note', { env })).exit).toBe(0)
  const report = async (args: string): Promise<[number, VerifyReport]> => {
    const ended = await run(`verify --json ${args}`)
    return [ended.exit, JSON.parse(ended.out) as VerifyReport]
  }
  expect((await report(''))[1].signature).toEqual({ state: 'unchecked', key: 'PeterNeumann' })
  expect((await report(`--vkey ${VKEY}`))[1].signature.state).toBe('valid')
  await writeFile(
    join(cwd, 'fs.config.json'),
    JSON.stringify({ ledger: { verifier_keys: [VKEY] } }),
  )
  const [exit, good] = await report('--checkpoint kept.note')
  expect([exit, good.signature.state, good.tail.source]).toEqual([0, 'valid', 'given'])

  const text = await readFile(join(cwd, 'kept.note'), 'utf8')
  await writeFile(join(cwd, 'unsigned.txt'), text.slice(0, text.indexOf('\n\n') + 1))
  const [unsignedExit, unsigned] = await report('--checkpoint unsigned.txt')
  expect([unsignedExit, unsigned.integrity.findings[0]?.code]).toEqual([3, 'bad_signature'])
  await writeFile(join(cwd, 'forged.note'), text.replace('\n2\n', '\n1\n'))
  const [forgedExit, forged] = await report('--checkpoint forged.note')
  expect([forgedExit, forged.signature.state]).toEqual([3, 'invalid'])

  await chmod(join(cwd, 'key'), 0o644)
  const open = await run('checkpoint', { env })
  expect([open.exit, open.err.includes('chmod 600')]).toEqual([2, true])
  const wrong = await run('checkpoint', { env: { FS_LEDGER_SIGNING_KEY: 'nowhere' } })
  expect(wrong.exit).toBe(2)
})

test('artefacts are compared with what entries cite', async () => {
  await makeLedger()
  const ledger = await openOn(fileStore(audit()))
  const write = async (content: string): Promise<void> => {
    await mkdir(join(cwd, 'data', 'runs', 'r1'), { recursive: true })
    await writeFile(join(cwd, 'data', 'runs', 'r1', 'report.json'), content)
  }
  const { createHash } = await import('node:crypto')
  const cite = (content: string) => ({
    name: 'report.json',
    uri: 'runs/r1/report.json',
    digest: { sha256: createHash('sha256').update(content).digest('hex') },
    size: content.length,
  })
  const body = { op_id: '1', status: 'ok', tables: {}, left_out: [] }
  await ledger.append({ type: 'parity.outcome', run_id: 'r1', body, refs: [cite('one')] })
  expect((await run('verify --check-files --strict')).exit, 'missing').toBe(1)
  expect((await run('verify --strict')).exit, 'not looked at').toBe(0)
  await write('one')
  expect((await run('verify --check-files --strict')).exit).toBe(0)
  await write('two')
  const changed = await run('verify --check-files --json')
  expect(changed.exit).toBe(3)
  expect(JSON.parse(changed.out)).toMatchObject({
    integrity: {
      findings: [{ code: 'digest_mismatch', seq: 6, subject: 'runs/r1/report.json', line: 1 }],
    },
  })
  await ledger.append({ type: 'parity.outcome', run_id: 'r1', body, refs: [cite('two')] })
  expect((await run('verify --check-files --strict')).exit, 'superseded').toBe(0)
})

test('show lists, selects, and prints one entry whole', async () => {
  await makeLedger()
  const all = await run('show')
  expect(all.out.trim().split('\n').length).toBe(6)
  const one = await run('show 3 --json')
  const { entries } = JSON.parse(one.out) as { entries: { seq: number; hash: string }[] }
  expect(entries.map(({ seq }) => seq)).toEqual([3])
  expect((await run(`show ${entries[0]!.hash}`)).out).toContain('"text": "entry 2"')
  expect((await run('show --type genesis')).out.trim().split('\n').length).toBe(1)
  expect((await run('show --since 2026-01-01T00:00:02Z')).out.trim().split('\n').length).toBe(3)
  for (const args of ['show 99', 'show --run nobody', 'show --failed', `show ${'0'.repeat(64)}`]) {
    const missing = await run(args)
    expect([missing.exit, missing.out], args).toEqual([1, ''])
  }
  expect((await run('show xyz')).exit).toBe(2)
})

test('an entry cannot steer the terminal', async () => {
  const sample = await openSample()
  await sample.ledger.append(note('\u001b[31mred\u009b\u202e'))
  await writeFolder(audit(), sample.store)
  for (const args of ['show', 'show 1', 'verify', 'state']) {
    const { out } = await run(args)
    for (const control of ['\u001b', '\u009b', '\u202e']) expect(out, args).not.toContain(control)
  }
})

test('export prints the stored lines, each once, before and after a fold', async () => {
  const sample = await openSample()
  await fill(sample, [700, 700])
  sample.nowMs -= 2 * HOUR_MS
  await writeFolder(audit(), sample.store)
  const late = await openOn(fileStore(audit()), () => START_MS + 3 * HOUR_MS)
  await late.append(note('young'))
  const before = await run('export')
  const part = await run('export --from 600 --to 800')
  expect(part.out).toBe(`${before.out.split('\n').slice(600, 801).join('\n')}\n`)
  await late.checkpoint({ fold: true })
  expect((await readdir(join(audit(), 'ledger'))).length).toBe(2)
  expect((await run('export')).out).toBe(before.out)
  expect((await run('export --from 600 --to 800')).out).toBe(part.out)

  const stdin = Buffer.from(before.out)
  expect((await run('verify --stream -', { stdin })).out).toContain('1,402 entries')
  await writeFile(join(cwd, 'part.jsonl'), part.out)
  expect((await run('verify --stream part.jsonl')).exit, 'its beginning is missing').toBe(3)
  expect((await run('verify --stream part.jsonl --from 600')).exit).toBe(0)
  stdin[700_0] = stdin[700_0]! ^ 1
  expect((await run('verify --stream -', { stdin })).exit).toBe(3)
})

test('a store module opens other places; without one they are refused', async () => {
  await makeLedger()
  await writeFile(
    join(cwd, 'store.mjs'),
    `import { readdir, readFile } from 'node:fs/promises'
     export const openStore = (uri) => ({
       list: async (folder) => (await readdir(uri.replace('s3://bucket', 'data') + '/' + folder).catch(() => []))
         .sort().map((name) => folder + '/' + name),
       get: (name) => readFile(uri.replace('s3://bucket', 'data') + '/' + name).catch(() => null),
       putIfAbsent: async () => false,
       delete: async () => {},
     })`.replaceAll("'data'", JSON.stringify(join(cwd, 'data'))),
  )
  const there = await run('verify --lakehouse s3://bucket/lakehouse --store store.mjs')
  expect([there.exit, there.out.includes('6 entries')]).toEqual([0, true])
  const none = await run('verify --lakehouse s3://bucket/lakehouse')
  expect([none.exit, none.err.includes('--store MODULE')]).toEqual([2, true])
  expect((await run('verify --store nowhere.mjs')).exit).toBe(2)
})

test('wrong usage is exit 2, no ledger exit 5, and each says what to do', async () => {
  for (const args of ['', 'frobnicate', 'verify --frob', 'verify x', 'show --since monday']) {
    const { exit, out, err } = await run(args)
    expect([exit, out], args).toEqual([2, ''])
    expect(err, args).toMatch(/^error: /)
  }
  for (const args of ['verify', 'show', 'state', 'checkpoint', 'export']) {
    const { exit, err } = await run(args)
    expect([exit, err.includes('there is no ledger in')], args).toEqual([5, true])
    expect((await run(`${args} --help`)).out).toContain(`Example: fs-ledger ${args}`)
  }
  const json = await run('show --json')
  expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'no_ledger', exit_code: 5 } })
  await writeFile(join(cwd, 'fs.config.json'), '{ "ledger": { "nonsense": 1 } }')
  expect((await run('verify')).err).toContain('unknown key nonsense')
})

test.skipIf(vectors === undefined)(
  `the vectors' state comes out as expected${withoutVectors}`,
  async () => {
    const folder = `${vectors}/ledger-format`
    const { state } = JSON.parse(await readFile(`${folder}/expected.json`, 'utf8')) as {
      state: { as_of: string }
    }
    const args = `state --ledger ${folder}/segments --as-of ${state.as_of} --json`
    expect(JSON.parse((await run(args)).out)).toMatchObject(state)
    const check = `verify --ledger ${folder}/segments --runs ${folder}/runs --check-files --strict`
    expect((await run(check)).exit).toBe(0)
    expect((await run(`export --ledger ${folder}/during-fold`)).out).toBe(
      await readFile(`${folder}/export.jsonl`, 'utf8'),
    )
  },
)

test('the binary runs as it is installed', async () => {
  await makeLedger()
  const main = resolve(import.meta.dirname, '../src/main.ts')
  const args = ['--conditions=@fs/source', main, 'verify', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd })
  expect(JSON.parse(stdout)).toMatchObject({ size: 6, integrity: { status: 'ok' } })
})
