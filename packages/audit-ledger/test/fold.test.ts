import { expect, test } from 'vitest'
import { verifyLedger, verifyStream, type LedgerStore } from '../src/index.ts'
import { faultStore, type StoreFault } from './fault-store.ts'
import { memoryStore, type MemoryStore } from './memory-store.ts'
import { fill, HOUR_MS, note, openOn, openSample, readAll, readTexts } from './sample-ledger.ts'

const segments = (store: MemoryStore): string[] =>
  [...store.files.keys()].filter((name) => name.startsWith('ledger/')).sort()
const copyOf = (store: MemoryStore): MemoryStore =>
  memoryStore([...store.files].map(([name, bytes]) => [name, bytes.slice()]))

/** Segments of 1 + 500, 600 and 1200 entries, then three small ones; all old but the last two. */
async function makeOld(): Promise<{ store: MemoryStore; nowMs: number }> {
  const sample = await openSample()
  await fill(sample, [500, 600, 1200, 1])
  sample.nowMs += 2 * HOUR_MS
  await fill(sample, [1, 1])
  return sample
}
const old = await makeOld()
const all = await readAll(old.store)

test('a fold brings whole segments together, the same bytes one after the other', async () => {
  const store = copyOf(old.store)
  const ledger = await openOn(store, () => old.nowMs)
  const result = await ledger.checkpoint({ fold: true })
  expect(result).toMatchObject({ size: 2304, hash: all.at(-1)!.hash })
  expect(result.folded).toEqual([
    'ledger/00000000000000000000-00000000000000001100.jsonl',
    'ledger/00000000000000001101-00000000000000002300.jsonl',
  ])
  expect(segments(store)).toEqual([
    ...result.folded,
    'ledger/00000000000000002301.jsonl',
    'ledger/00000000000000002302.jsonl',
    'ledger/00000000000000002303.jsonl',
  ])
  const bytesOf = (from: MemoryStore): Buffer =>
    Buffer.concat(segments(from).map((name) => from.files.get(name)!))
  expect(bytesOf(store).equals(bytesOf(old.store))).toBe(true)
  expect(await readAll(store)).toEqual(all)
  const report = await verifyLedger(store)
  expect(report.integrity.status).toBe('ok')
  expect(report.tail).toEqual({ state: 'pinned', size: 2304, source: 'beside', after: 0 })
  expect((await verifyStream([bytesOf(store)])).last_hash).toBe(result.hash)
})

test('young segments, the newest one, and too few are left alone', async () => {
  const store = copyOf(old.store)
  const early = await openOn(store, () => old.nowMs - 2 * HOUR_MS + 5000)
  expect((await early.checkpoint({ fold: true })).folded).toEqual([])
  const sample = await openSample()
  await fill(sample, [3000])
  sample.nowMs += 2 * HOUR_MS
  expect((await sample.ledger.checkpoint({ fold: true })).folded, 'the newest').toEqual([])
  await fill(sample, [1])
  expect((await sample.ledger.checkpoint({ fold: true })).folded.length).toBe(1)
  expect((await sample.ledger.checkpoint()).folded).toEqual([])
})

test('a damaged segment is not folded, nor is any other', async () => {
  for (const at of [0, 2, 5]) {
    const store = copyOf(old.store)
    const before = segments(store)
    store.files.get(before[at]!)![300]! ^= 1
    const ledger = await openOn(store, () => old.nowMs)
    await expect(ledger.checkpoint({ fold: true })).rejects.toMatchObject({ exit: 3 })
    expect(segments(store)).toEqual(before)
  }
})

test('a copy that a dead fold left is deleted by the next; one that differs is a fork', async () => {
  const store = copyOf(old.store)
  const ledger = await openOn(store, () => old.nowMs)
  await ledger.checkpoint({ fold: true })
  const folded = segments(store)
  const left = 'ledger/00000000000000000501.jsonl'
  store.files.set(left, old.store.files.get(left)!.slice())
  expect((await verifyLedger(store)).integrity.status).toBe('ok')
  expect(await readAll(store)).toEqual(all)
  await ledger.append(note('goes on'))
  await ledger.checkpoint({ fold: true })
  expect(segments(store)).toEqual([...folded, 'ledger/00000000000000002304.jsonl'])

  store.files.set(left, old.store.files.get(left)!.slice())
  store.files.get(left)![250]! ^= 1
  expect((await verifyLedger(store)).integrity.findings).toMatchObject([
    { code: 'fork', seq: 501, segment: left, line: 1, offset: 0 },
  ])
  await expect(ledger.checkpoint({ fold: true })).rejects.toMatchObject({ code: 'fork', exit: 3 })
  expect(store.files.has(left)).toBe(true)
})

test.each<StoreFault>(['fail', 'lose-reply', 'die'])(
  'whichever call of checkpoint and fold goes wrong (%s), readers see every entry once',
  async (fault) => {
    let failed = 0
    for (let at = 1; ; at++) {
      const store = copyOf(old.store)
      const faulty = faultStore(store, fault, at)
      const ledger = await openOn(faulty, () => old.nowMs)
      const ended = await ledger.checkpoint({ fold: true }).catch(() => null)
      if (ended === null) failed++
      const { integrity, size } = await verifyLedger(store)
      expect(integrity.findings).toEqual([])
      expect(size).toBe(2304)
      const again = await openOn(store, () => old.nowMs)
      await again.checkpoint({ fold: true })
      expect(segments(store).length, 'the next fold ends what this one began').toBe(5)
      expect((await verifyLedger(store)).last_hash).toBe(all.at(-1)!.hash)
      if (faulty.calls < at) break
    }
    expect(failed).toBeGreaterThan(5)
  },
)

test.each<StoreFault>(['fail', 'lose-reply', 'die'])(
  'whichever call of an append goes wrong (%s), what was acknowledged is there once',
  async (fault) => {
    for (const start of ['empty', 'existing'] as const) {
      let failed = 0
      for (let at = 1; ; at++) {
        const store = memoryStore()
        if (start === 'existing') await (await openOn(store)).append(note('old'))
        const faulty = faultStore(store, fault, at)
        const ledger = await openOn(faulty)
        const acknowledged: string[] = []
        for (const text of ['one', 'two', 'three']) {
          await ledger.append([note(text), note(`${text}!`)]).then(
            () => acknowledged.push(text),
            () => failed++,
          )
        }
        const texts = await readTexts(store)
        expect(new Set(texts).size, 'none twice').toBe(texts.length)
        for (const text of acknowledged) expect(texts).toContain(text)
        for (const text of texts) {
          if (text !== 'old')
            expect(texts, 'all of an append').toContain(`${String(text).replace('!', '')}!`)
        }
        expect((await verifyLedger(store)).integrity.findings).toEqual([])
        if (faulty.calls < at) break
      }
      if (fault !== 'lose-reply') expect(failed, start).toBeGreaterThan(0)
    }
  },
)

test('a reader over a fold sees every entry once, wherever the fold falls', async () => {
  for (let at = 1; at < 12; at++) {
    const store = copyOf(old.store)
    const folder = await openOn(store, () => old.nowMs)
    let calls = 0
    const reading: LedgerStore = {
      ...store,
      get: async (name) => {
        if (++calls === at) await folder.checkpoint({ fold: true })
        return store.get(name)
      },
    }
    expect(
      (await readAll(reading)).map(({ hash }) => hash),
      `call ${at}`,
    ).toEqual(all.map(({ hash }) => hash))
    calls = 0
    const again = copyOf(old.store)
    const other = await openOn(again, () => old.nowMs)
    const report = await verifyLedger({
      ...again,
      get: async (name) => {
        if (++calls === at) await other.checkpoint({ fold: true })
        return again.get(name)
      },
    })
    expect(report.integrity.findings, `call ${at}`).toEqual([])
    expect(report.size).toBe(2304)
  }
})

test('a writer over a fold goes on, whatever it remembers', async () => {
  const store = copyOf(old.store)
  const writer = await openOn(store, () => old.nowMs)
  await writer.append(note('a'))
  await (await openOn(store, () => old.nowMs + HOUR_MS * 3)).checkpoint({ fold: true })
  await writer.append(note('b'))
  expect((await verifyLedger(store)).integrity.findings).toEqual([])
  expect((await readTexts(store)).slice(-2)).toEqual(['a', 'b'])
})

test('a writer that slept over a fold takes its segment back and appends at the end', async () => {
  const sample = await openSample()
  await fill(sample, [1])
  let isAsleep = true
  const sleeping: LedgerStore = {
    ...sample.store,
    putIfAbsent: async (name, bytes) => {
      if (isAsleep) {
        isAsleep = false
        // While it sleeps others append and, hours later, fold: its number is free again.
        await fill(sample, [600, 600, 1])
        sample.nowMs += 2 * HOUR_MS
        await fill(sample, [1])
        await sample.ledger.checkpoint({ fold: true })
        expect(sample.store.files.has(name)).toBe(false)
      }
      return sample.store.putIfAbsent(name, bytes)
    },
  }
  const sleeper = await openOn(sleeping, () => sample.nowMs)
  const entry = await sleeper.append(note('slept'))
  expect(entry.seq).toBe(1204)
  expect((await verifyLedger(sample.store)).integrity.findings).toEqual([])
  expect((await readTexts(sample.store)).filter((text) => text === 'slept').length).toBe(1)
})

test('a checkpoint is the same file when it is written twice, and contradictions refuse', async () => {
  const sample = await openSample()
  await expect(sample.ledger.checkpoint()).rejects.toMatchObject({ code: 'no_ledger', exit: 5 })
  await fill(sample, [1, 1])
  const first = await sample.ledger.checkpoint()
  expect(await sample.ledger.checkpoint()).toEqual(first)
  expect(first.name).toBe('checkpoints/00000000000000000003.unsigned')
  expect(first.text).toBe(`example.org/ledger\n3\n${first.hash}\n`)
  await fill(sample, [1])

  const cut = copyOf(sample.store)
  cut.files.delete('ledger/00000000000000000002.jsonl')
  cut.files.delete('ledger/00000000000000000003.jsonl')
  await expect((await openOn(cut)).checkpoint()).rejects.toMatchObject({
    code: 'tail_missing',
    exit: 3,
  })

  const forged = copyOf(sample.store)
  forged.files.set(first.name, Buffer.from(first.text.replace(first.hash, 'a'.repeat(64))))
  await expect((await openOn(forged)).checkpoint()).rejects.toMatchObject({
    code: 'checkpoint_mismatch',
    exit: 3,
  })
  expect([...forged.files.keys()].filter((name) => name.startsWith('check')).length).toBe(1)
})
