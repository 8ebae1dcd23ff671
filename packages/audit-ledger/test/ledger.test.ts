import { expect, test } from 'vitest'
import { openLedger, verifyLedger, type AppendInput, type LedgerStore } from '../src/index.ts'
import { memoryStore } from './memory-store.ts'
import {
  fill,
  HOUR_MS,
  note,
  openOn,
  openSample,
  readAll,
  readTexts,
  START_MS,
} from './sample-ledger.ts'

const name = (seq: number): string => `ledger/${String(seq).padStart(20, '0')}.jsonl`

test('the first append writes the genesis with it, in one segment', async () => {
  const { store, ledger } = await openSample()
  const entry = await ledger.append(note('first'))
  expect(entry.seq).toBe(1)
  expect([...store.files.keys()]).toEqual([name(0)])
  const [genesis] = await readAll(store)
  expect(genesis?.record).toMatchObject({
    seq: 0,
    prev: '0'.repeat(64),
    type: 'genesis',
    body: { origin: 'example.org/ledger', hash_alg: 'rfc6962-leaf-sha256' },
  })
})

test('an append of many entries is one segment, and gives them back in order', async () => {
  const { store, ledger } = await openSample()
  const written = await ledger.append([note('a'), note('b'), note('c')])
  expect(written.map(({ seq }) => seq)).toEqual([1, 2, 3])
  await ledger.append(note('d'))
  expect([...store.files.keys()]).toEqual([name(0), name(4)])
  expect((await readAll(store)).slice(1, 4)).toEqual(written)
  expect(await readTexts(store)).toEqual(['a', 'b', 'c', 'd'])
})

test('an entry can be made from the ones before it in the same append', async () => {
  const { ledger } = await openSample()
  const [intent, , outcome] = await ledger.append([
    { type: 'exclude.intent', body: { op_id: '1', params: {}, inputs: {} } },
    note('between'),
    (earlier) => ({
      type: 'exclude.outcome',
      body: {
        op_id: '1',
        intent: earlier.at(-2)!.hash,
        status: 'ok',
        tables: {},
        left_out: [],
      },
    }),
  ])
  expect(outcome?.record.body['intent']).toBe(intent?.hash)
})

test('appends of one process queue up, whatever the order of their starts', async () => {
  const { store, ledger } = await openSample()
  await Promise.all(Array.from({ length: 50 }, (_, index) => ledger.append(note(`${index}`))))
  expect(await readTexts(store)).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`))
})

test('what the caller changes after the call is not written', async () => {
  const { store, ledger } = await openSample()
  const input = note('before')
  const pending = ledger.append(input)
  input.body.text = 'after'
  await pending
  expect(await readTexts(store)).toEqual(['before'])
})

test('many writers on one store make one chain without loss', async () => {
  const store = memoryStore()
  const writers = await Promise.all(
    Array.from({ length: 4 }, () =>
      openLedger(store, { actor: { kind: 'ci', id: 'x' }, sleep: async () => undefined }),
    ),
  )
  await Promise.all(
    writers.flatMap((writer, index) =>
      Array.from({ length: 25 }, (_, count) => writer.append(note(`${index}-${count}`))),
    ),
  )
  const texts = await readTexts(store)
  expect(texts.length).toBe(100)
  expect(new Set(texts).size).toBe(100)
  expect((await verifyLedger(store)).integrity.status).toBe('ok')
})

test('a clock that goes back repeats the time before', async () => {
  const sample = await openSample()
  await fill(sample, [1, 1])
  const before = sample.nowMs
  sample.nowMs -= 10 * HOUR_MS
  const entry = await sample.ledger.append(note('late'))
  expect(entry.record.ts).toBe(new Date(before).toISOString())
  const other = await openOn(sample.store, () => START_MS - HOUR_MS)
  expect((await other.append(note('later'))).record.ts).toBe(entry.record.ts)
  expect((await verifyLedger(sample.store)).integrity.status).toBe('ok')
})

test.each<[string, AppendInput, string]>([
  ['an unknown key of time', { type: 'waiver.grant', body: {} }, 'body.reason of'],
  ['a status', outcome({ status: 'fine' }), 'body.status of'],
  ['a version', outcome({ tables: { bars: -1 } }), 'body.tables of'],
  ['a symbol left out', outcome({ left_out: [{ symbol: 'A' }] }), 'body.left_out of'],
  ['the run in the body', { type: 'note', body: { text: 'x', run_id: 'r' } }, 'body.run_id of'],
  ['the run id', { type: 'note', body: { text: 'x' }, run_id: '../x' }, 'run_id of'],
  ['a second genesis', { type: 'genesis', body: {} }, 'type of'],
  ['a type', { type: 'No Type', body: {} }, 'type of'],
  ['an absolute path', withUri('/etc/passwd'), 'refs[0].uri of'],
  ['a way out', withUri('runs/r/../x'), 'refs[0].uri of'],
  ['a scheme', withUri('file:///x'), 'refs[0].uri of'],
  ['a body', { type: 'note', body: [] }, 'body of'],
])('%s is refused by name, and nothing is written', async (_what, input, message) => {
  const { store, ledger } = await openSample()
  await expect(ledger.append(input)).rejects.toMatchObject({ code: 'invalid_record', exit: 2 })
  await expect(ledger.append([note('x'), input])).rejects.toThrow(message)
  expect(store.files.size).toBe(0)
  await ledger.append(note('goes on'))
})

function outcome(changed: object): AppendInput {
  const body = { op_id: '1', status: 'ok', tables: {}, left_out: [], ...changed }
  return { type: 'backfill.outcome', body }
}

function withUri(uri: string): AppendInput {
  const digest = { sha256: 'a'.repeat(64) }
  return { ...note('x'), refs: [{ name: 'x', uri, digest, size: 1 }] }
}

test('an unknown type is kept, and listed by verification', async () => {
  const { store, ledger } = await openSample()
  await ledger.append({ type: 'custom.thing', body: { any: [1] } })
  await ledger.append({ type: 'custom.thing', body: {} })
  const { integrity, completeness } = await verifyLedger(store)
  expect(integrity.status).toBe('ok')
  expect(completeness.unknown_types).toEqual([{ type: 'custom.thing', count: 2, first_seq: 1 }])
})

test('a record has at most 65,535 bytes, an append at most 8 MiB', async () => {
  const { store, ledger } = await openSample()
  await ledger.append(note('small'))
  const { record } = await ledger.append(note('x'))
  const empty = JSON.stringify(record).length - 1
  const largest = note('y'.repeat(65_535 - empty))
  await ledger.append(largest)
  await expect(ledger.append(note(`${largest.body.text}y`))).rejects.toMatchObject({
    code: 'record_too_large',
    exit: 2,
  })
  const many = Array.from({ length: 130 }, () => note('y'.repeat(65_000)))
  await expect(ledger.append(many)).rejects.toMatchObject({ code: 'invalid_record', exit: 2 })
  expect((await readAll(store)).length).toBe(4)
  expect((await verifyLedger(store)).integrity.status).toBe('ok')
})

test('when others always win the append ends in contention, and nothing of it is written', async () => {
  const store = memoryStore()
  const other = await openOn(store)
  let round = 0
  const unlucky: LedgerStore = {
    ...store,
    putIfAbsent: async (at, bytes) => {
      await other.append(note(`winner ${round++}`))
      return store.putIfAbsent(at, bytes)
    },
  }
  let nowMs: number = START_MS
  const ledger = await openLedger(unlucky, {
    actor: { kind: 'ci', id: 'x' },
    timeoutMs: 100,
    clock: (): number => (nowMs += 10),
    sleep: async () => undefined,
  })
  await expect(ledger.append(note('loser'))).rejects.toMatchObject({ code: 'contention', exit: 5 })
  expect(await readTexts(store)).not.toContain('loser')
  expect(round).toBeGreaterThan(1)
})

test.each([
  ['the last entry', 2],
  ['the entry before', 1],
] as const)('a flipped bit of %s stops every append with exit 3', async (_what, seq) => {
  const sample = await openSample()
  await fill(sample, [1])
  await sample.ledger.append(note('second'))
  const [first, second] = [...sample.store.files.values()]
  if (seq === 2) second![200]! ^= 1
  else first![first!.indexOf(10) + 200]! ^= 1
  const before = [...sample.store.files.keys()]
  const other = await openOn(sample.store, () => sample.nowMs)
  await expect(other.append(note('x'))).rejects.toMatchObject({
    code: 'hash_mismatch',
    exit: 3,
    finding: { seq },
  })
  expect([...sample.store.files.keys()]).toEqual(before)
})

test('an entry whose link to the one before is broken stops every append', async () => {
  const one = await openSample()
  const two = await openSample()
  await fill(one, [1, 1])
  await fill(two, [1, 1])
  one.store.files.set(name(2), two.store.files.get(name(2))!)
  await expect((await openOn(one.store)).append(note('x'))).rejects.toMatchObject({
    code: 'prev_mismatch',
    exit: 3,
  })
})

test('options that can never work are refused', async () => {
  const store = memoryStore()
  const actor = { kind: 'ci', id: 'x' } as const
  await expect(openLedger(store, { actor: { kind: 'ci', id: '' } })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  await expect(openLedger(store, { actor, timeoutMs: Number.NaN })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  await expect(openLedger(store, { actor, origin: 'a\nb' })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  await expect(openLedger(store, { actor, signingKey: 'x' })).rejects.toMatchObject({
    code: 'bad_key',
  })
  await expect((await openLedger(store, { actor })).append([])).rejects.toMatchObject({
    code: 'invalid_input',
  })
})

test('a head that is remembered saves the listing, for ten minutes', async () => {
  const sample = await openSample()
  let lists = 0
  const counting: LedgerStore = {
    ...sample.store,
    list: (folder, after) => {
      lists++
      return sample.store.list(folder, after)
    },
  }
  const ledger = await openOn(counting, () => sample.nowMs)
  for (let count = 0; count < 20; count++) await ledger.append(note(`${count}`))
  expect(lists).toBe(1)
  sample.nowMs += 11 * 60 * 1000
  await ledger.append(note('later'))
  expect(lists).toBe(2)
})
