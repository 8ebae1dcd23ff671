import { expect, test } from 'vitest'
import type { LedgerStore } from '../src/index.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Registers what every store of a ledger promises; `open` returns one that holds nothing. */
export function testLedgerStoreContract(name: string, open: () => Promise<LedgerStore>): void {
  const contract = (sentence: string, body: (store: LedgerStore) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => body(await open()))
  }

  contract('a name is taken once, and its bytes stay', async (store) => {
    expect(await store.get('ledger/a')).toBe(null)
    expect(await store.putIfAbsent('ledger/a', text('mine'))).toBe(true)
    expect(await store.putIfAbsent('ledger/a', text('yours'))).toBe(false)
    expect(new TextDecoder().decode((await store.get('ledger/a'))!)).toBe('mine')
  })

  contract('of many writers at once exactly one wins', async (store) => {
    const won = await Promise.all(
      Array.from({ length: 16 }, (_, writer) =>
        store.putIfAbsent('ledger/a', text(`writer ${writer}`)),
      ),
    )
    expect(won.filter(Boolean).length).toBe(1)
    const bytes = (await store.get('ledger/a'))!
    expect(new TextDecoder().decode(bytes)).toBe(`writer ${won.indexOf(true)}`)
  })

  contract(
    'a folder is listed ascending by code unit, behind a name, without dots',
    async (store) => {
      expect(await store.list('ledger')).toEqual([])
      for (const each of [
        'ledger/5.jsonl',
        'ledger/0.jsonl',
        'ledger/0-4.jsonl',
        'ledger/10.jsonl',
      ]) {
        await store.putIfAbsent(each, text('x'))
      }
      await store.putIfAbsent('ledger/.tmp-1', text('x'))
      await store.putIfAbsent('checkpoints/1.note', text('x'))
      expect(await store.list('ledger')).toEqual([
        'ledger/0-4.jsonl',
        'ledger/0.jsonl',
        'ledger/10.jsonl',
        'ledger/5.jsonl',
      ])
      expect(await store.list('ledger', 'ledger/10.jsonl')).toEqual(['ledger/5.jsonl'])
      expect(await store.list('checkpoints')).toEqual(['checkpoints/1.note'])
    },
  )

  contract('a deleted name is free again, and a missing one is no error', async (store) => {
    await store.putIfAbsent('ledger/a', text('x'))
    await store.delete('ledger/a')
    await store.delete('ledger/a')
    await store.delete('never/was')
    expect(await store.get('ledger/a')).toBe(null)
    expect(await store.putIfAbsent('ledger/a', text('y'))).toBe(true)
  })
}
