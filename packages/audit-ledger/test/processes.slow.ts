import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { entries, fileStore, openLedger, verifyLedger } from '../src/index.ts'

const script = fileURLToPath(new URL('./writer.ts', import.meta.url))
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fs-ledger-processes-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Writer {
  readonly child: ChildProcess
  /** What it said was done, in whole lines. */
  readonly ended: Promise<{ code: number | null; lines: string[]; err: string }>
}

function start(writer: string, count: number, mode: '0' | '1' = '0'): Writer {
  const args = ['--conditions=@fs/source', script, folder, writer, String(count), mode]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = new Promise<{ code: number | null; lines: string[]; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, lines: out.split('\n').slice(0, -1), err }))
  })
  return { child, ended }
}

async function readNotes(): Promise<string[]> {
  const notes: string[] = []
  for await (const { seq, record } of entries(fileStore(folder))) {
    const { text } = record.body
    if (typeof text === 'string') notes.push(`${seq} ${text}`)
  }
  return notes
}

test('four processes making 2,000 single appends each: no fork, no loss', async () => {
  const writers = ['a', 'b', 'c', 'd'].map((name) => start(name, 2000))
  const results = await Promise.all(writers.map(({ ended }) => ended))
  for (const { code, err } of results) expect([code, err]).toEqual([0, ''])
  const report = await verifyLedger(fileStore(folder))
  expect(report.integrity.findings).toEqual([])
  expect(report.size).toBe(8001)
  const notes = await readNotes()
  expect(new Set(notes).size).toBe(8000)
  expect(new Set(results.flatMap(({ lines }) => lines))).toEqual(new Set(notes))
  expect((await readdir(join(folder, 'ledger'))).length).toBe(8001 - 1)
})

test('killed at any moment of an append, a ledger needs no repair and keeps what it acknowledged', async () => {
  const acknowledged: string[] = []
  for (let round = 0; round < 40; round++) {
    const { child, ended } = start(`r${round}`, 100_000)
    await new Promise<void>((resolve) => {
      // Some writes in, at a moment that differs from round to round.
      child.stdout!.once('data', () => setTimeout(resolve, (round * 7) % 53))
    })
    child.kill('SIGKILL')
    acknowledged.push(...(await ended).lines)
    const report = await verifyLedger(fileStore(folder))
    expect(report.integrity.findings, `round ${round}`).toEqual([])
  }
  const notes = await readNotes()
  expect(new Set(notes).size, 'none twice').toBe(notes.length)
  const there = new Set(notes)
  expect(acknowledged.filter((line) => !there.has(line))).toEqual([])
  expect(notes.length - acknowledged.length, 'at most one a kill').toBeLessThanOrEqual(40)
  expect(acknowledged.length).toBeGreaterThan(100)
})

test('killed at any moment of a fold, readers see every entry once and the next fold goes on', async () => {
  let nowMs = Date.now() - 30 * 86_400_000
  const actor = { kind: 'service', id: 'x' } as const
  const ledger = await openLedger(fileStore(folder), { actor, clock: () => (nowMs += 1000) })
  for (let index = 0; index < 400; index++) {
    await ledger.append(
      Array.from({ length: 64 }, (_, at) => ({ type: 'note', body: { text: `${index}-${at}` } })),
    )
  }
  const expected = await readNotes()
  expect(expected.length).toBe(25_600)
  let kills = 0
  for (let round = 0; round < 60; round++) {
    const { child, ended } = start('folder', 1, '1')
    const timer = setTimeout(() => child.kill('SIGKILL'), 250 + round * 10)
    const { code } = await ended
    clearTimeout(timer)
    if (code === null) kills++
    const report = await verifyLedger(fileStore(folder))
    expect(report.integrity.findings, `round ${round}`).toEqual([])
    expect(report.size).toBe(25_601)
    if (code === 0) break
  }
  expect(await readNotes()).toEqual(expected)
  expect((await readdir(join(folder, 'ledger'))).length).toBeLessThan(60)
  expect(kills, 'some were killed').toBeGreaterThan(0)
})
