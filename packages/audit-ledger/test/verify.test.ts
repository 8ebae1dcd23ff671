import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { verifyLedger, verifyStream, type Finding } from '../src/index.ts'
import { memoryStore, type MemoryStore } from './memory-store.ts'
import { fill, note, openOn, openSample } from './sample-ledger.ts'

const LAST = 'ledger/00000000000000000003.jsonl'
const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex')

/** A ledger whose last entry is forged, and hashed as it should be. */
async function forge(change: (record: string) => string | Buffer): Promise<MemoryStore> {
  const sample = await openSample()
  await fill(sample, [2, 1])
  const line = Buffer.from(sample.store.files.get(LAST)!).toString('utf8')
  const record = Buffer.from(change(line.slice(84, -2)))
  const hash = sha256(Buffer.concat([Buffer.of(0), record]))
  const forged = [Buffer.from(`{"hash":"${hash}","record":`), record, Buffer.from('}\n')]
  sample.store.files.set(LAST, Buffer.concat(forged))
  return sample.store
}

test.each<[Finding['code'], string, (record: string) => string | Buffer]>([
  ['time_backwards', 'an earlier time', (record) => record.replace('"ts":"2026', '"ts":"2025')],
  ['prev_mismatch', 'another link', (record) => record.replace(/"prev":".{8}/, '"prev":"00000000')],
  ['not_canonical', 'a blank', (record) => record.replace('"seq"', ' "seq"')],
  ['not_canonical', 'a key twice', (record) => record.replace('"seq"', '"seq":3,"seq"')],
  ['not_canonical', 'another order', (record) => record.replace('{"actor"', '{"w":1,"actor"')],
  ['bad_line', 'a foreign key', (record) => record.replace(/}$/, ',"w":1}')],
  ['bad_line', 'no JSON', () => '{'],
  ['bad_utf8', 'a wrong byte', (record) => Buffer.from(record.replace('entry', '\xff'), 'latin1')],
  ['bad_genesis', 'a genesis', (record) => record.replace('"note"', '"genesis"')],
  ['bad_segment', 'another number', (record) => record.replace('"seq":3', '"seq":4')],
  ['record_too_large', 'a long text', (record) => record.replace('entry', 'y'.repeat(66_000))],
])('%s: %s, hashed as it should be', async (code, _what, change) => {
  const { integrity, first_bad_seq, size } = await verifyLedger(await forge(change))
  expect(integrity.findings).toEqual([{ code, seq: 3, segment: LAST, line: 1, offset: 0 }])
  expect([first_bad_seq, size]).toEqual([3, 4])
})

test('findings are all counted, the first 1,000 listed, and nothing stops the rest', async () => {
  const sample = await openSample()
  await fill(sample, [1500, 1])
  const [name] = sample.store.files.keys()
  const lines = Buffer.from(sample.store.files.get(name!)!).toString().split('\n')
  const damaged = lines.map((line, index) =>
    index % 2 === 1 ? line.replace('x', 'y').replace('entry', 'other') : line,
  )
  sample.store.files.set(name!, Buffer.from(damaged.join('\n')))
  const { integrity, size, last_hash } = await verifyLedger(sample.store)
  expect(integrity.count).toBe(750)
  expect(size).toBe(1502)
  expect(last_hash).not.toBe(null)
  sample.store.files.set(name!, Buffer.from(lines.join('\n').replaceAll('entry', 'other')))
  const all = (await verifyLedger(sample.store)).integrity
  expect([all.count, all.findings.length]).toEqual([1500, 1000])
})

test('a file that is none is a finding, wherever its name sorts', async () => {
  const sample = await openSample()
  await fill(sample, [1])
  for (const name of ['ledger/.tmp-1', 'ledger/!', 'ledger/notes.txt', 'ledger/0.jsonl']) {
    sample.store.files.set(name, new Uint8Array(1))
  }
  const { integrity } = await verifyLedger(sample.store)
  expect(integrity.findings.map(({ code, segment }) => [code, segment])).toEqual([
    ['bad_segment', 'ledger/!'],
    ['bad_segment', 'ledger/0.jsonl'],
    ['bad_segment', 'ledger/notes.txt'],
  ])
})

test('an empty place is a ledger of nothing, and a checkpoint says that it was not', async () => {
  const empty = await verifyLedger(memoryStore())
  expect(empty).toMatchObject({ origin: null, size: 0, segments: 0, last_hash: null })
  expect(empty.integrity.status).toBe('ok')
  const kept = `example.org/ledger\n5\n${'a'.repeat(64)}\n`
  const gone = await verifyLedger(memoryStore(), { checkpoints: [kept] })
  expect(gone.integrity.findings).toMatchObject([{ code: 'tail_missing', seq: 0 }])
  await expect(verifyLedger(memoryStore(), { checkpoints: ['x'] })).rejects.toMatchObject({
    code: 'bad_note',
  })
})

test('a checkpoint of another ledger does not match, whatever its hash', async () => {
  const sample = await openSample()
  await fill(sample, [1])
  const { text } = await sample.ledger.checkpoint()
  const other = text.replace('example.org', 'example.com')
  const { integrity, tail } = await verifyLedger(sample.store, { checkpoints: [other] })
  expect(integrity.findings).toMatchObject([{ code: 'checkpoint_mismatch', seq: 1 }])
  expect(tail.source).toBe('beside')
})

test('what lies beside and cannot be read is a matter of completeness', async () => {
  const sample = await openSample()
  await fill(sample, [1])
  for (const name of ['00000000000000000001.note', '00000000000000000001.unsigned', 'x']) {
    sample.store.files.set(`checkpoints/${name}`, Buffer.from('nonsense'))
  }
  const { name, text } = await sample.ledger.checkpoint()
  sample.store.files.delete(name)
  sample.store.files.set(name.replace('2.', '7.'), Buffer.from(text))
  const { integrity, completeness, tail } = await verifyLedger(sample.store)
  expect([integrity.status, tail.state]).toEqual(['ok', 'unpinned'])
  expect(completeness.unreadable_checkpoints.length, 'one under a wrong number').toBe(4)
})

test('an artefact is compared by size and by digest, however it is read', async () => {
  const sample = await openSample()
  const ref = { name: 'a', uri: 'lakehouse/a', digest: { sha256: sha256('abc') }, size: 3 }
  await sample.ledger.append({ ...note('right'), refs: [ref] })
  await sample.ledger.append({ ...note('wrong size'), refs: [{ ...ref, size: 4 }] })
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
    yield Buffer.from('bc')
  }
  for (const readFile of [async () => Buffer.from('abc'), async () => parts()]) {
    const { integrity, completeness } = await verifyLedger(sample.store, { readFile })
    expect(integrity.findings).toMatchObject([
      { code: 'digest_mismatch', seq: 2, subject: 'lakehouse/a', line: 1, offset: 0 },
    ])
    expect(completeness.missing_artefacts).toEqual([])
  }
})

test('a stream may be cut anywhere, and an endless line is one finding', async () => {
  const sample = await openSample()
  await fill(sample, [3, 2])
  const bytes = Buffer.concat([...sample.store.files.values()])
  const whole = await verifyStream([bytes])
  expect(whole).toMatchObject({
    size: 6,
    segments: 1,
    integrity: { status: 'ok' },
    bytes: bytes.length,
  })
  for (const step of [1, 7, 100, 5000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
      bytes.subarray(index * step, index * step + step),
    )
    expect(await verifyStream(chunks)).toEqual(whole)
  }
  const endless = Array.from({ length: 40 }, () => Buffer.alloc(100_000, 'x'))
  const report = await verifyStream([bytes, ...endless, Buffer.from('\n'), bytes])
  expect(report.integrity.findings[0]).toEqual({
    code: 'bad_line',
    seq: 6,
    segment: '-',
    line: 7,
    offset: bytes.length,
  })
  expect(report.integrity.findings[1]?.offset).toBe(bytes.length + 4_000_001)
})

test('a name that is taken by our own bytes is ours', async () => {
  const store = memoryStore()
  const forgetful = await openOn({
    ...store,
    // As a client does that sends a request again after its reply was lost.
    putIfAbsent: async (name, bytes) => {
      await store.putIfAbsent(name, bytes)
      return false
    },
  })
  expect((await forgetful.append(note('once'))).seq).toBe(1)
  expect((await forgetful.append(note('twice'))).seq).toBe(2)
  expect((await verifyLedger(store)).size).toBe(3)
})
