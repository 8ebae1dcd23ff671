import { spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileStore, openLedger, verifyLedger, type VerifyReport } from '@fs/audit-ledger'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listTamperings, type Files } from './tampering.ts'

const script = resolve(import.meta.dirname, '../verify_ledger.py')
const python = ['python3', 'python'].find((name) => {
  const check = 'import sys; sys.exit(sys.version_info < (3, 9))'
  return spawnSync(name, ['-c', check]).status === 0
})
const withPython = test.skipIf(python === undefined)
const withoutPython = python === undefined ? ' [SKIPPED: no Python 3.9 on this machine]' : ''
const vectors = [
  process.env['FS_SHARED_DATA'] ?? '',
  resolve(import.meta.dirname, '../../../../shared/data'),
  resolve(import.meta.dirname, '../../../../../shared/data'),
]
  .map((folder) => join(folder, 'ledger-vectors/ledger-format'))
  .find((folder) => folder.startsWith('/') && existsSync(folder))

// A published test key; never use it.
const SKEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

interface Question {
  folder: string
  checkpoints: string[]
  keys: string[]
}

type Verdict = Pick<
  VerifyReport,
  'origin' | 'size' | 'last_hash' | 'first_bad_seq' | 'integrity'
> & {
  pinned: number | null
}

let work: string
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'fs-ledger-agreement-'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

/** Lets one process of the other verifier answer all questions. */
async function ask(questions: readonly Question[]): Promise<Verdict[]> {
  const child = spawn(python!, [script, '-'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(questions.map((question) => `${JSON.stringify(question)}\n`).join(''))
  let out = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) out += String(chunk)
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict)
}

async function answer({ folder, checkpoints, keys }: Question): Promise<Verdict> {
  const report = await verifyLedger(fileStore(folder), { checkpoints, verifierKeys: keys })
  const { origin, size, last_hash, first_bad_seq, integrity, tail } = report
  return { origin, size, last_hash, first_bad_seq, integrity, pinned: tail.size }
}

async function write(folder: string, files: Files): Promise<void> {
  await mkdir(join(folder, 'ledger'), { recursive: true })
  await mkdir(join(folder, 'checkpoints'), { recursive: true })
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes)
}

async function read(folder: string): Promise<Files> {
  const files: Files = new Map()
  for (const part of ['ledger', 'checkpoints']) {
    for (const name of await readdir(join(folder, part)).catch(() => [])) {
      files.set(`${part}/${name}`, await readFile(join(folder, part, name)))
    }
  }
  return files
}

/** A bundle of 0 to 4, the copy of its last segment that a fold left behind, and segments of 1, 3 and 1 entries. */
async function makeLedger(): Promise<Files> {
  const folder = join(work, 'original')
  let nowMs = Date.parse('2026-01-01T00:00:00.000Z')
  const ledger = await openLedger(fileStore(folder), {
    actor: { kind: 'human', id: 'alice' },
    signingKey: SKEY,
    clock: () => nowMs,
  })
  let written = 0
  for (const size of [2, 2, 1, 3, 1]) {
    nowMs += 1000
    await ledger.append(
      Array.from({ length: size }, () => ({
        type: 'note',
        body: { text: `entry ${written++} é 😀`, n: 0 },
      })),
    )
    if (written === 5) await ledger.checkpoint()
  }
  await ledger.checkpoint()
  const files = await read(folder)
  const name = (seq: number): string => `ledger/${String(seq).padStart(20, '0')}.jsonl`
  const bundle = Buffer.concat([files.get(name(0))!, files.get(name(3))!])
  files.delete(name(0))
  files.set(name(0).replace('.jsonl', '-00000000000000000004.jsonl'), bundle)
  return files
}

withPython(
  `both verifiers find the same, whatever is tampered with${withoutPython}`,
  async () => {
    const original = await makeLedger()
    const kept = [...original].find(([name]) => name.endsWith('10.note'))![1].toString()
    const cases = listTamperings(original)
    const questions: Question[] = []
    for (const [index, each] of cases.entries()) {
      const files: Files = new Map(original)
      each.apply(files)
      // Half of the cases have a checkpoint kept elsewhere.
      const folder = join(work, `case-${index}`)
      await write(folder, files)
      questions.push({ folder, checkpoints: index % 2 === 0 ? [kept] : [], keys: [VKEY] })
    }
    const verdicts = await ask(questions)
    expect(verdicts.length).toBe(cases.length)
    const codes = new Set<string>()
    const unseen: string[] = []
    for (const [index, question] of questions.entries()) {
      const { what } = cases[index]!
      const ours = await answer(question)
      expect(verdicts[index], what).toEqual(ours)
      for (const { code } of ours.integrity.findings) codes.add(code)
      if (ours.integrity.status === 'ok') unseen.push(what)
    }
    expect([...codes].sort(), 'every kind of finding but that of artefacts was met').toEqual([
      'bad_genesis',
      'bad_line',
      'bad_segment',
      'bad_signature',
      'bad_utf8',
      'checkpoint_mismatch',
      'fork',
      'hash_mismatch',
      'not_canonical',
      'prev_mismatch',
      'record_too_large',
      'seq_gap',
      'tail_missing',
      'time_backwards',
    ])
    // The copy that a fold left may go, in whole or from its end: the bundle has all of it. A checkpoint beside the ledger
    // that cannot be read any more, or is by an unknown key, is a matter of completeness and of the tail.
    const copy = 'ledger/00000000000000000003.jsonl'
    expect(unseen.filter((what) => !what.includes('checkpoints/'))).toEqual([
      `${copy} deleted`,
      `line 1 deleted in ${copy}`,
    ])
    expect(unseen.length).toBeLessThan(15)
    expect(cases.length).toBeGreaterThan(500)
  },
  120_000,
)

interface VectorCase {
  what: string
  base: string
  ops: {
    op: string
    name: string
    to?: string | number
    offset?: number
    with?: number
    base64?: string
  }[]
  integrity: string
  first?: { codes: string[]; seq: number }
  checkpoint?: string
}

test.skipIf(python === undefined || vectors === undefined)(
  `both agree on the published cases${withoutPython}${vectors === undefined ? ' [SKIPPED: no ../shared/data]' : ''}`,
  async () => {
    const cases = JSON.parse(await readFile(`${vectors}/cases.json`, 'utf8')) as VectorCase[]
    const { vkey } = JSON.parse(await readFile(`${vectors}/expected.json`, 'utf8')) as {
      vkey: string
    }
    const questions: Question[] = []
    for (const [index, each] of cases.entries()) {
      const files = await read(`${vectors}/${each.base}`)
      for (const { op, name, to, offset = 0, with: mask = 0, base64 = '' } of each.ops) {
        const bytes = Buffer.from(files.get(name) ?? [])
        const added = Buffer.from(base64, 'base64')
        if (op === 'xor') files.set(name, bytes.fill(bytes[offset]! ^ mask, offset, offset + 1))
        else if (op === 'cut') files.set(name, bytes.subarray(0, Number(to)))
        else if (op === 'append') files.set(name, Buffer.concat([bytes, added]))
        else if (op === 'write') files.set(name, added)
        else if (op !== 'delete') files.set(String(to), bytes)
        if (op === 'delete' || op === 'rename') files.delete(name)
      }
      const folder = join(work, `vector-${index}`)
      await write(folder, files)
      const checkpoints =
        each.checkpoint === undefined
          ? []
          : [await readFile(`${vectors}/${each.checkpoint}`, 'utf8')]
      questions.push({ folder, checkpoints, keys: [vkey] })
    }
    const verdicts = await ask(questions)
    for (const [index, verdict] of verdicts.entries()) {
      const { what, integrity, first } = cases[index]!
      expect(verdict, what).toEqual(await answer(questions[index]!))
      expect(verdict.integrity.status, what).toBe(integrity)
      if (first === undefined) continue
      expect(first.codes, what).toContain(verdict.integrity.findings[0]?.code)
      expect(verdict.first_bad_seq, what).toBe(first.seq)
    }
    expect(verdicts.length).toBe(cases.length)
  },
)
