import { openLedger, type Ledger, type LedgerEntry, type LedgerStore } from '../src/index.ts'
import { entries } from '../src/index.ts'
import { memoryStore, type MemoryStore } from './memory-store.ts'

/** When the sample ledgers begin, milliseconds since 1970 UTC. */
export const START_MS: number = Date.parse('2026-01-01T00:00:00.000Z')
/** One hour. */
export const HOUR_MS = 3_600_000

/** A ledger with a clock that tests move. */
export interface SampleLedger {
  readonly store: MemoryStore
  readonly ledger: Ledger
  nowMs: number
}

/** Opens a ledger in memory, its clock at `START_MS`, its waits skipped. */
export async function openSample(store: MemoryStore = memoryStore()): Promise<SampleLedger> {
  const sample = { store, nowMs: START_MS }
  const ledger = await openOn(store, () => sample.nowMs)
  return Object.assign(sample, { ledger })
}

/** Opens a ledger on any store, without waits. */
export function openOn(store: LedgerStore, clock: () => number = () => START_MS): Promise<Ledger> {
  return openLedger(store, {
    actor: { kind: 'service', id: 'test' },
    origin: 'example.org/ledger',
    clock,
    timeoutMs: 0,
    random: () => 0,
    sleep: async () => undefined,
  })
}

/** Makes a ledger of segments with these numbers of notes; the first also holds the genesis. */
export async function fill(sample: SampleLedger, sizes: readonly number[]): Promise<void> {
  let written = 0
  for (const size of sizes) {
    sample.nowMs += 1000
    await sample.ledger.append(Array.from({ length: size }, () => note(`entry ${written++}`)))
  }
}

/** A note to append. */
export function note(text: string): { type: 'note'; body: { text: string } } {
  return { type: 'note', body: { text } }
}

/** Reads all entries. */
export async function readAll(store: LedgerStore, from = 0): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = []
  for await (const entry of entries(store, { from })) all.push(entry)
  return all
}

/** The texts of the notes of a ledger, in order. */
export async function readTexts(store: LedgerStore): Promise<unknown[]> {
  return (await readAll(store)).slice(1).map(({ record }) => record.body['text'])
}
