import { expect, test } from 'vitest'
import type { Store } from '../src/index.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const read = async (store: Store, path: string): Promise<string> =>
  new TextDecoder().decode(await store.get(path))

/** Registers what every store promises; `open` returns a store that holds nothing. */
export function testStoreContract(name: string, open: () => Promise<Store>): void {
  const contract = (sentence: string, body: (store: Store) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => body(await open()))
  }

  contract('what was put is read back, whole and by range', async (store) => {
    await store.put('a/b.bin', text('0123456789'))
    expect(await read(store, 'a/b.bin')).toBe('0123456789')
    expect(new TextDecoder().decode(await store.getRange('a/b.bin', 2, 5))).toBe('234')
    expect((await store.getRange('a/b.bin', 10, 10)).length).toBe(0)
    expect((await store.head('a/b.bin'))?.size).toBe(10)
  })

  contract('an empty file is a file', async (store) => {
    await store.put('empty', new Uint8Array())
    expect((await store.get('empty')).length).toBe(0)
    expect((await store.head('empty'))?.size).toBe(0)
  })

  contract('put replaces, whether the new file is longer or shorter', async (store) => {
    for (const value of ['first', 'a much longer second', 'x']) {
      await store.put('file', text(value))
      expect(await read(store, 'file')).toBe(value)
    }
  })

  contract('putIfAbsent takes a free name once and never replaces', async (store) => {
    expect(await store.putIfAbsent('log/1.json', text('mine'))).toBe(true)
    expect(await store.putIfAbsent('log/1.json', text('yours'))).toBe(false)
    expect(await read(store, 'log/1.json')).toBe('mine')
  })

  contract('of many putIfAbsent at once exactly one wins, and its bytes stay', async (store) => {
    const won = await Promise.all(
      Array.from({ length: 16 }, (_, writer) =>
        store.putIfAbsent('name', text(`writer ${writer}`)),
      ),
    )
    expect(won.filter(Boolean).length).toBe(1)
    expect(await read(store, 'name')).toBe(`writer ${won.indexOf(true)}`)
  })

  contract('list is recursive, sorted by code unit, and filtered by prefix', async (store) => {
    for (const path of ['t/b', 't/a/2', 't/a/10', 't/a-b', 't/B', 'tt', 'u/t/a']) {
      await store.put(path, text(path))
    }
    const list = async (prefix: string): Promise<string[]> =>
      (await store.list(prefix)).map((entry) => entry.path)
    expect(await list('t/')).toEqual(['t/B', 't/a-b', 't/a/10', 't/a/2', 't/b'])
    expect(await list('t/a/1')).toEqual(['t/a/10'])
    expect(await list('t')).toEqual(['t/B', 't/a-b', 't/a/10', 't/a/2', 't/b', 'tt'])
    expect((await list('')).length).toBe(7)
    expect(await list('nothing/here/')).toEqual([])
    expect((await store.list('t/b'))[0]).toMatchObject({ path: 't/b', size: 3 })
  })

  contract('list continues after a path', async (store) => {
    for (const version of [1, 2, 3]) await store.put(`log/${version}.json`, text('{}'))
    const later = await store.list('log/', { after: 'log/1.json' })
    expect(later.map((entry) => entry.path)).toEqual(['log/2.json', 'log/3.json'])
  })

  contract('remove removes, and a missing file is no error', async (store) => {
    await store.put('gone', text('x'))
    await store.remove('gone')
    await store.remove('gone')
    await store.remove('never/was')
    expect(await store.head('gone')).toBe(null)
    expect(await store.list('')).toEqual([])
  })

  contract('a missing file is not_found with its path as evidence', async (store) => {
    await store.put('file', text('x'))
    for (const path of ['missing', 'no/such/folder', 'file/below']) {
      const expected = { code: 'not_found', evidence: { file: path } }
      await expect(store.get(path)).rejects.toMatchObject(expected)
      await expect(store.getRange(path, 0, 1)).rejects.toMatchObject(expected)
      expect(await store.head(path)).toBe(null)
    }
  })

  contract('a range beyond the end is corrupt_file, not fewer bytes', async (store) => {
    await store.put('short', text('12345'))
    await expect(store.getRange('short', 3, 9)).rejects.toMatchObject({ code: 'corrupt_file' })
    await expect(store.getRange('short', 3, 2)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  contract('a path that could leave the store is refused by every method', async (store) => {
    for (const path of [
      '../x',
      'a/../../x',
      '/etc/x',
      'a//b',
      './a',
      'a/.',
      'a\\..\\b',
      'a\0b',
      'a/',
    ]) {
      const refused = { code: 'invalid_input' }
      await expect(store.get(path), path).rejects.toMatchObject(refused)
      await expect(store.getRange(path, 0, 1), path).rejects.toMatchObject(refused)
      await expect(store.head(path), path).rejects.toMatchObject(refused)
      await expect(store.put(path, text('x')), path).rejects.toMatchObject(refused)
      await expect(store.putIfAbsent(path, text('x')), path).rejects.toMatchObject(refused)
      await expect(store.remove(path), path).rejects.toMatchObject(refused)
    }
    await expect(store.list('../')).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(store.list('/')).rejects.toMatchObject({ code: 'invalid_input' })
  })

  contract(
    'names with spaces, percent signs and other alphabets are plain names',
    async (store) => {
      for (const path of ['a b/c%20d', 'date=2024-01-01/x:y', 'µ/日本']) {
        await store.put(path, text(path))
        expect(await read(store, path)).toBe(path)
        expect((await store.list(path)).map((entry) => entry.path)).toEqual([path])
      }
    },
  )
}
