import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  digestTable,
  entries,
  openLedger,
  verifyLedger,
  verifyStream,
  type DigestColumn,
  type FindingCode,
} from '../src/index.ts'
import { memoryStore, type MemoryStore } from './memory-store.ts'
import { readVector, readVectorJson, vectors, withoutVectors } from './shared-data.ts'

interface Case {
  what: string
  base: string
  ops: {
    op: 'xor' | 'cut' | 'delete' | 'rename' | 'copy' | 'append' | 'write'
    name: string
    to?: string | number
    offset?: number
    with?: number
    base64?: string
  }[]
  integrity: 'ok' | 'violated'
  exit: 0 | 3
  first?: { codes: FindingCode[]; seq: number }
  checkpoint?: string
}

function loadFolder(folder: string): MemoryStore {
  const names = readdirSync(`${vectors}/ledger-format/${folder}/ledger`)
  return memoryStore(
    names.map((name) => [
      `ledger/${name}`,
      new Uint8Array(readVector(`ledger-format/${folder}/ledger/${name}`)),
    ]),
  )
}

function apply(
  { files }: MemoryStore,
  { op, name, to, offset = 0, ...step }: Case['ops'][0],
): void {
  const bytes = files.get(name) ?? new Uint8Array()
  const added = Buffer.from(step.base64 ?? '', 'base64')
  if (op === 'xor') bytes[offset]! ^= step.with ?? 0
  else if (op === 'cut') files.set(name, bytes.slice(0, Number(to)))
  else if (op === 'append') files.set(name, Buffer.concat([bytes, added]))
  else if (op === 'write') files.set(name, added)
  else if (op === 'delete') files.delete(name)
  else {
    files.set(String(to), bytes)
    if (op === 'rename') files.delete(name)
  }
}

const cases = vectors === undefined ? [] : readVectorJson<Case[]>('ledger-format/cases.json')
const hasVectors = vectors !== undefined
const skip = `${withoutVectors}`

test.skipIf(!hasVectors)(`there are 22 format cases${skip}`, () => {
  expect(cases.length).toBe(22)
})

for (const each of cases) {
  test(`${each.what}: ${each.integrity}${each.first ? ` at entry ${each.first.seq}` : ''}`, async () => {
    const store = loadFolder(each.base)
    for (const op of each.ops) apply(store, op)
    const checkpoints =
      each.checkpoint === undefined
        ? []
        : [readVector(`ledger-format/${each.checkpoint}`).toString('utf8')]
    const { vkey } = readVectorJson<{ vkey: string }>('ledger-format/expected.json')
    const report = await verifyLedger(store, { checkpoints, verifierKeys: [vkey] })
    expect(report.integrity.status).toBe(each.integrity)
    if (each.first !== undefined) {
      const [first] = report.integrity.findings
      expect(each.first.codes).toContain(first?.code)
      expect(first?.seq).toBe(each.first.seq)
      expect(report.first_bad_seq).toBe(each.first.seq)
      expect(report.integrity.count, 'one change is a finding or two').toBeLessThanOrEqual(2)
    }
    if (each.integrity === 'ok') {
      expect(report.tail.state).toBe(each.checkpoint === undefined ? 'unpinned' : 'pinned')
      expect(report.signature.state).toBe(each.checkpoint === undefined ? 'none' : 'valid')
    }
  })
}

test.skipIf(!hasVectors)(
  `the three folders and the export hold the same entries${skip}`,
  async () => {
    const expected = readVectorJson<{ hashes: string[]; origin: string; size: number }>(
      'ledger-format/expected.json',
    )
    for (const folder of ['segments', 'folded', 'during-fold']) {
      const hashes: string[] = []
      for await (const { hash } of entries(loadFolder(folder))) hashes.push(hash)
      expect(hashes).toEqual(expected.hashes)
    }
    const stream = await verifyStream([readVector('ledger-format/export.jsonl')])
    expect(stream.integrity.status).toBe('ok')
    expect(stream).toMatchObject({ origin: expected.origin, size: 11 })
  },
)

test.skipIf(!hasVectors)(
  `appending the recorded inputs writes the recorded bytes but for ids${skip}`,
  async () => {
    const store = memoryStore()
    const recorded = loadFolder('segments')
    let now = 0
    for await (const { record } of entries(recorded)) {
      if (record.seq === 0) continue
      now = Date.parse(record.ts)
      const { type, body, run_id, refs, actor } = record
      const ledger = await openLedger(store, { actor, clock: () => now })
      const entry = await ledger.append({ type, body, run_id, refs })
      const { id: _id, prev: _prev, ...written } = entry.record
      const { id: _otherId, prev: _otherPrev, ...expected } = record
      expect(written).toEqual(expected)
    }
    expect((await verifyLedger(store)).integrity.status).toBe('ok')
  },
)

interface TableCase {
  name: string
  key: string[]
  columns: { name: string; type: 'f64' | 'i64' | 'utf8'; values: (number | string | null)[] }[]
  sha256: string
}

test.skipIf(!hasVectors)(
  `every table has the digest that another implementation gave it${skip}`,
  () => {
    const { cases: tables } = readVectorJson<{ cases: TableCase[] }>('table-digest/cases.json')
    expect(tables.length).toBe(3)
    for (const { name, key, columns, sha256 } of tables) {
      const read = columns.map((column) =>
        column.type === 'f64'
          ? { ...column, values: column.values.map((v) => (typeof v === 'string' ? Number(v) : v)) }
          : column,
      ) as DigestColumn[]
      expect(digestTable(read, { key }), name).toBe(sha256)
    }
  },
)

test.skipIf(!hasVectors)(
  `every bit flip of every segment is found at its entry${skip}`,
  async () => {
    const store = loadFolder('folded')
    const checkpoints = [
      readVector('ledger-format/checkpoints/00000000000000000011.note').toString(),
    ]
    let flips = 0
    for (const [name, bytes] of store.files) {
      const starts = [0, ...[...bytes.entries()].filter(([, b]) => b === 10).map(([i]) => i + 1)]
      const first = Number(name.slice(7, 27))
      // Every byte of the file, one bit of it: which bit walks along, so all eight are met.
      for (let offset = 0; offset < bytes.length; offset++) {
        const bit = 1 << (offset % 8)
        bytes[offset]! ^= bit
        const { integrity, first_bad_seq } = await verifyLedger(store, { checkpoints })
        bytes[offset]! ^= bit
        const line = starts.findLastIndex((start) => start <= offset)
        expect(integrity.status, `${name} byte ${offset}`).toBe('violated')
        expect(first_bad_seq, `${name} byte ${offset}`).toBe(first + line)
        expect(integrity.findings[0]).toMatchObject({ segment: name, offset: starts[line] })
        expect(integrity.count, `${name} byte ${offset}`).toBeLessThanOrEqual(2)
        flips++
      }
    }
    expect(flips).toBe(readVector('ledger-format/export.jsonl').length)
  },
  60_000,
)
