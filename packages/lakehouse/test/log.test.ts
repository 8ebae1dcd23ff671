import { expect, test } from 'vitest'
import { commitPath, listLog, readSnapshot, tableExists } from '../src/index.ts'
import { commit, makeAdd, makeMetaData, makeTable, putLines } from './delta-table.ts'
import { memoryStore } from './memory-store.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('no log, no table', async () => {
  const store = memoryStore()
  await store.put('t/part-0.parquet', bytes('x'))
  await store.put('t/_delta_log/_last_checkpoint', bytes('{}'))
  expect(await tableExists(store, 't')).toBe(false)
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({
    code: 'not_found',
    evidence: { table: 't' },
  })
  await commit(store, 't', [])
  expect(await tableExists(store, 't')).toBe(true)
  expect(await tableExists(store, '')).toBe(false)
})

test('a store can be the table', async () => {
  const store = memoryStore()
  await commit(store, '', [{ add: makeAdd('a') }])
  expect((await readSnapshot(store, '')).files.length).toBe(1)
  expect([...store.files.keys()]).toEqual(['_delta_log/00000000000000000000.json'])
})

test('every version can be read again as it was', async () => {
  const store = memoryStore()
  const states = []
  for (const name of ['a', 'b', 'c', 'd']) {
    states.push((await commit(store, 't', [{ add: makeAdd(name) }])).snapshot)
  }
  for (const [version, state] of states.entries()) {
    expect(await readSnapshot(store, 't', { version })).toEqual(state)
    expect(await readSnapshot(store, 't', { version, base: state })).toEqual(state)
    for (const base of states) {
      expect(await readSnapshot(store, 't', { base })).toEqual(states.at(-1))
      expect(await readSnapshot(store, 't', { version, base })).toEqual(state)
    }
  }
  await expect(readSnapshot(store, 't', { version: 4 })).rejects.toMatchObject({
    code: 'version_not_available',
    evidence: { version: 4, newest: 3 },
  })
  await expect(readSnapshot(store, 't', { version: 4, base: states[2]! })).rejects.toMatchObject({
    code: 'version_not_available',
  })
  for (const version of [-1, 0.5, Number.NaN]) {
    await expect(readSnapshot(store, 't', { version })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  }
})

test('with an earlier snapshot only the newer commits are read', async () => {
  const store = memoryStore()
  for (let index = 0; index < 20; index++) await commit(store, 't', [{ add: makeAdd(`f${index}`) }])
  const base = await readSnapshot(store, 't', { version: 17 })
  const calls: string[] = []
  const counting = {
    ...store,
    get: (path: string) => (calls.push(path), store.get(path)),
    list: (...args: Parameters<typeof store.list>) => (calls.push('list'), store.list(...args)),
  }
  expect((await readSnapshot(counting, 't', { base })).version).toBe(19)
  expect(calls).toEqual(['list', commitPath('t', 18), commitPath('t', 19)])
})

test('a snapshot of a table that was made anew is not continued', async () => {
  const store = memoryStore()
  for (const name of ['a', 'b', 'c']) await commit(store, 't', [{ add: makeAdd(name) }])
  const base = await readSnapshot(store, 't')
  store.files.clear()
  await commit(store, 't', [{ add: makeAdd('new') }])
  expect((await readSnapshot(store, 't', { base })).files.map((file) => file.path)).toEqual(['new'])
})

test('a gap is corrupt_log with the missing version, for all who need it', async () => {
  const store = memoryStore()
  for (const name of ['a', 'b', 'c', 'd']) await commit(store, 't', [{ add: makeAdd(name) }])
  const base = await readSnapshot(store, 't', { version: 1 })
  await store.remove(commitPath('t', 2))
  const expected = { code: 'corrupt_log', evidence: { table: 't', version: 2 } }
  await expect(readSnapshot(store, 't')).rejects.toMatchObject(expected)
  await expect(readSnapshot(store, 't', { base })).rejects.toMatchObject(expected)
  await expect(commit(store, 't', [{ add: makeAdd('e') }], { base })).rejects.toMatchObject(
    expected,
  )
  expect((await readSnapshot(store, 't', { version: 1 })).files.length).toBe(2)
  await store.remove(commitPath('t', 0))
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({
    code: 'corrupt_log',
    evidence: { version: 0 },
  })
})

test.each([
  ['not JSON', 2, `${JSON.stringify({ add: makeAdd('a') })}\n{"add":{"path":"to`],
  ['a list', 1, '[]'],
  ['a number', 3, '{"x":1}\n{}\n7'],
  ['an add without size', 1, JSON.stringify({ add: { ...makeAdd('a'), size: undefined } })],
  ['an add with a size as text', 1, JSON.stringify({ add: { ...makeAdd('a'), size: '10' } })],
  [
    'a partition value that is no string',
    1,
    JSON.stringify({ add: { ...makeAdd('a'), partitionValues: { d: 1 } } }),
  ],
  ['an action that is no object', 1, '{"remove":"a"}'],
  ['nothing', 1, ''],
  ['only blank lines', 1, '\n\n'],
])('a commit that holds %s is corrupt_log with version and line %i', async (_name, line, text) => {
  const store = memoryStore()
  await commit(store, 't', [])
  await store.put(commitPath('t', 1), bytes(text))
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({
    code: 'corrupt_log',
    evidence: { file: commitPath('t', 1), version: 1, line },
  })
  expect((await readSnapshot(store, 't', { version: 0 })).version).toBe(0)
})

test('bytes that are no UTF-8 and paths that are no URI are corrupt_log', async () => {
  const store = memoryStore()
  await commit(store, 't', [])
  await store.put(commitPath('t', 1), Buffer.from('{"commitInfo":{"by":"\xff"}}', 'latin1'))
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({ code: 'corrupt_log' })
  await putLines(store, 't', 1, { add: makeAdd('100%') })
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({ code: 'corrupt_log' })
})

test('a first version without protocol or metaData is corrupt_log', async () => {
  const store = memoryStore()
  await putLines(store, 't', 0, { metaData: makeMetaData() })
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({
    code: 'corrupt_log',
    message: expect.stringContaining('no protocol'),
  })
  await putLines(store, 't', 0, makeTable()[0]!)
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({
    code: 'corrupt_log',
    message: expect.stringContaining('no metaData'),
  })
})

test.each<[string, object, object, object[]]>([
  [
    'deletionVectors',
    {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['deletionVectors'],
    },
    {},
    [],
  ],
  [
    'timestampNtz',
    { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['timestampNtz'] },
    {},
    [],
  ],
  [
    'columnMapping',
    { minReaderVersion: 2, minWriterVersion: 5 },
    { configuration: { 'delta.columnMapping.mode': 'name' } },
    [],
  ],
  ['reader version 4', { minReaderVersion: 4, minWriterVersion: 7 }, {}, []],
  ['format orc', { minReaderVersion: 1, minWriterVersion: 2 }, { format: { provider: 'orc' } }, []],
  [
    'deletionVectors',
    { minReaderVersion: 1, minWriterVersion: 2 },
    {},
    [{ add: { ...makeAdd('a'), deletionVector: { storageType: 'u' } } }],
  ],
  [
    'shallow clone',
    { minReaderVersion: 1, minWriterVersion: 2 },
    {},
    [{ add: makeAdd('s3://other/part-0.parquet') }],
  ],
  [
    'shallow clone',
    { minReaderVersion: 1, minWriterVersion: 2 },
    {},
    [{ add: makeAdd('/etc/part-0.parquet') }],
  ],
])(
  'a table that needs %s of its readers is refused by that name',
  async (feature, protocol, change, more) => {
    const store = memoryStore()
    await putLines(store, 't', 0, { protocol }, { metaData: makeMetaData(change) }, ...more)
    await expect(readSnapshot(store, 't')).rejects.toMatchObject({
      code: 'unsupported_feature',
      evidence: { feature: expect.stringContaining(feature) },
      message: expect.stringContaining(feature),
    })
  },
)

test('column mapping that is switched off, and reader version 3 without features, are read', async () => {
  const store = memoryStore()
  await putLines(
    store,
    't',
    0,
    {
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: [],
        writerFeatures: [],
      },
    },
    { metaData: makeMetaData({ configuration: { 'delta.columnMapping.mode': 'none' } }) },
  )
  expect((await readSnapshot(store, 't')).version).toBe(0)
})

test('a log that starts with a checkpoint is refused as that, not misread', async () => {
  const store = memoryStore()
  for (const name of ['a', 'b', 'c']) await commit(store, 't', [{ add: makeAdd(name) }])
  await store.put('t/_delta_log/00000000000000000001.checkpoint.parquet', bytes('PAR1'))
  expect((await readSnapshot(store, 't')).version, 'all commits are there').toBe(2)
  expect((await listLog(store, 't')).checkpoints).toEqual([1])
  await store.remove(commitPath('t', 0))
  await expect(readSnapshot(store, 't')).rejects.toMatchObject({
    code: 'unsupported_feature',
    evidence: { feature: 'checkpoint' },
  })
})

test('names in the log that are not ours to know are ignored', async () => {
  const store = memoryStore()
  await commit(store, 't', [{ add: makeAdd('a') }])
  for (const name of [
    '00000000000000000001.crc',
    '00000000000000000000.00000000000000000004.compacted.json',
    '_last_checkpoint',
    '_sidecars/3a0d65cd.parquet',
    '_commits/00000000000000000005.0f.json',
    '_staged_commits/00000000000000000006.json',
    '.00000000000000000007.json.crc',
    '1.json',
  ]) {
    await store.put(`t/_delta_log/${name}`, bytes('not a commit'))
  }
  expect((await readSnapshot(store, 't')).version).toBe(0)
})

test('a commit that vanishes while the log is read is corrupt_log, never "no table"', async () => {
  const store = memoryStore()
  for (const name of ['a', 'b']) await commit(store, 't', [{ add: makeAdd(name) }])
  const entries = await store.list('t/_delta_log/')
  await store.remove(commitPath('t', 0))
  const late = { ...store, list: async () => entries }
  const expected = { code: 'corrupt_log', evidence: { version: 0 } }
  await expect(readSnapshot(late, 't')).rejects.toMatchObject(expected)
  await expect(commit(late, 't', [{ add: makeAdd('c') }])).rejects.toMatchObject(expected)
})
