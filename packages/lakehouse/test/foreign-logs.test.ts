import { expect, test } from 'vitest'
import {
  commitPath,
  decodePath,
  encodePath,
  fileStats,
  mayHoldSymbols,
  readSnapshot,
  schemaFields,
} from '../src/index.ts'
import { commit, makeAdd, putLines } from './delta-table.ts'
import { memoryStore } from './memory-store.ts'

// Written by hand after the protocol's text, in the manner of each engine: the field order, spacing, nulls and extras.
const SCHEMA = JSON.stringify(
  '{"type":"struct","fields":[{"name":"symbol","type":"string","nullable":true,"metadata":{}},' +
    '{"name":"timestamp","type":"long","nullable":true,"metadata":{"comment":"open of the bar"}},' +
    '{"name":"date","type":"string","nullable":true,"metadata":{}}]}',
)
const SPARK = [
  [
    '{"commitInfo":{"timestamp":1700000000123,"operation":"CREATE TABLE AS SELECT","operationParameters":{"partitionBy":"[\\"date\\"]","isManaged":"true"},"isolationLevel":"Serializable","isBlindAppend":true,"operationMetrics":{"numFiles":"2","numOutputRows":"5"},"engineInfo":"Apache-Spark/3.5.1 Delta-Lake/3.2.0","txnId":"0a5f3c1e-6d0f-4f57-9d6e-3f2b3b6f4f11"}}',
    `{"metaData":{"id":"b1f0a5a2-58a6-4a1e-8f8b-0c6d1f3f2a10","format":{"provider":"parquet","options":{}},"schemaString":${SCHEMA},"partitionColumns":["date"],"configuration":{"delta.logRetentionDuration":"interval 60 days","owner":"research"},"createdTime":1699999999000}}`,
    '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}',
    '{"add":{"path":"date=2024-01-01/part-00000-2f6b.c000.snappy.parquet","partitionValues":{"date":"2024-01-01"},"size":812,"modificationTime":1700000000100,"dataChange":true,"stats":"{\\"numRecords\\":3,\\"minValues\\":{\\"symbol\\":\\"BINANCE:BTCUSDT\\",\\"timestamp\\":1704067200},\\"maxValues\\":{\\"symbol\\":\\"BINANCE:ETHUSDT\\",\\"timestamp\\":1704067200},\\"nullCount\\":{\\"symbol\\":0,\\"timestamp\\":0}}","baseRowId":0,"defaultRowCommitVersion":0,"clusteringProvider":"none"}}',
    '{"add":{"path":"date=A%20B%252F%25/part-00001-2f6b.c000.snappy.parquet","partitionValues":{"date":"A B/%"},"size":798,"modificationTime":1700000000101,"dataChange":true,"stats":"{\\"numRecords\\":2}","tags":{"INSERTION_TIME":"1700000000100000"}}}',
    '{"domainMetadata":{"domain":"delta.clustering","configuration":"{}","removed":false}}',
    '{"cdc":{"path":"_change_data/cdc-0.parquet","partitionValues":{},"size":1,"dataChange":false}}',
    '{"someActionOfTheFuture":[1,2,3]}',
  ],
  [
    '{"commitInfo":{"timestamp":1700000060000,"userId":"7","userName":"x@y.z","operation":"DELETE","operationParameters":{"predicate":"[\\"(symbol = \'X\')\\"]"},"notebook":{"notebookId":"1"},"readVersion":0,"isolationLevel":"WriteSerializable","isBlindAppend":false}}',
    '{"remove":{"path":"date=2024-01-01/part-00000-2f6b.c000.snappy.parquet","deletionTimestamp":1700000059000,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{"date":"2024-01-01"},"size":812,"stats":"{\\"numRecords\\":3}"}}',
    '{"txn":{"appId":"3ba13872-2d47-4e17-86a0-21afd2a22395","version":364475}}',
  ],
]
const DELTA_RS = [
  [
    '{"protocol":{"minReaderVersion":1,"minWriterVersion":2,"readerFeatures":null,"writerFeatures":null}}',
    `{"metaData":{"id":"1d7a","name":null,"description":null,"format":{"provider":"parquet","options":{}},"schemaString":${SCHEMA},"partitionColumns":[],"createdTime":1700000000000,"configuration":{"delta.checkpoint.writeStatsAsStruct":null}}}`,
    '{"add":{"path":"part-00001-6a-c000.zstd.parquet","partitionValues":{},"size":99,"modificationTime":1700000000000,"dataChange":true,"stats":"{\\"numRecords\\":4,\\"minValues\\":{\\"symbol\\":\\"NASDAQ:AAPL\\"},\\"maxValues\\":{\\"symbol\\":\\"NYSE:VERY LONG SYMBOL NAME THAT WA\\"},\\"nullCount\\":{\\"symbol\\":0}}","tags":null,"baseRowId":null,"defaultRowCommitVersion":null,"clusteringProvider":null,"deletionVector":null}}',
    '{"add":{"path":"part-00002-6a-c000.zstd.parquet","partitionValues":{},"size":98,"modificationTime":1700000000000,"dataChange":true,"stats":null,"deletionVector":null}}',
    '{"commitInfo":{"timestamp":1700000000500,"operation":"WRITE","operationParameters":{"mode":"ErrorIfExists"},"clientVersion":"delta-rs.0.20.0"}}',
  ],
]
const load = async (
  commits: readonly (readonly string[])[],
): Promise<ReturnType<typeof memoryStore>> => {
  const store = memoryStore()
  for (const [version, lines] of commits.entries()) await putLines(store, 't', version, ...lines)
  return store
}

test('a table as Spark writes it is read, extras and unknown actions included', async () => {
  const store = await load(SPARK)
  const first = await readSnapshot(store, 't', { version: 0 })
  expect(first.files.map((file) => decodePath(file.path))).toEqual([
    'date=2024-01-01/part-00000-2f6b.c000.snappy.parquet',
    'date=A B%2F%/part-00001-2f6b.c000.snappy.parquet',
  ])
  expect(first.files.map((file) => file.partitionValues['date'])).toEqual(['2024-01-01', 'A B/%'])
  expect(schemaFields(first.metaData).map((field) => field.metadata)).toEqual([
    {},
    { comment: 'open of the bar' },
    {},
  ])
  const snapshot = await readSnapshot(store, 't')
  expect(snapshot.files.length).toBe(1)
  expect(snapshot.tombstones[0]).toMatchObject({ deletionTimestamp: 1700000059000 })
  expect(snapshot.transactions.get('3ba13872-2d47-4e17-86a0-21afd2a22395')).toMatchObject({
    version: 364475,
    tableVersion: 1,
  })
  expect(
    snapshot.commits.map(({ operation, rowsAdded, rowsRemoved }) => [
      operation,
      rowsAdded,
      rowsRemoved,
    ]),
  ).toEqual([
    ['CREATE TABLE AS SELECT', 5, 0],
    ['DELETE', 0, 3],
  ])
})

test('what another engine noted survives our reading and our commits', async () => {
  const store = await load(SPARK)
  await commit(store, 't', [{ add: makeAdd('ours') }])
  const { files, metaData, tombstones } = await readSnapshot(store, 't')
  expect(metaData.configuration).toEqual({
    'delta.logRetentionDuration': 'interval 60 days',
    owner: 'research',
  })
  expect(files[0]?.tags).toEqual({ INSERTION_TIME: '1700000000100000' })
  expect(tombstones[0]).toMatchObject({ stats: '{"numRecords":3}' })
  const first = await readSnapshot(store, 't', { version: 0 })
  expect(first.files[0]).toMatchObject({ baseRowId: 0, clusteringProvider: 'none' })
})

test('a table as delta-rs writes it is read: nulls are absent, and missing statistics prune nothing', async () => {
  const { files, commits } = await readSnapshot(await load(DELTA_RS), 't')
  expect(files.map((file) => fileStats(file).numRecords)).toEqual([4, undefined])
  expect(files[1]).not.toHaveProperty('stats')
  expect(commits[0]).toMatchObject({ operation: 'WRITE', rowsAdded: null })
  const held = (symbol: string): readonly boolean[] =>
    files.map((file) => mayHoldSymbols(file, [symbol]))
  expect(held('NYSE:IBM')).toEqual([true, true])
  expect(
    held('NYSE:VERY LONG SYMBOL NAME THAT WAS CUT'),
    'the maximum was cut to 32 characters',
  ).toEqual([true, true])
  expect(held('XETR:SAP')).toEqual([false, true])
})

test('lines may end in CRLF, the last one in nothing, and blank ones lie between', async () => {
  const store = memoryStore()
  const text = `${SPARK[0]!.join('\r\n\r\n')}`
  await store.put(commitPath('t', 0), new TextEncoder().encode(text))
  expect((await readSnapshot(store, 't')).files.length).toBe(2)
})

test('paths are decoded as other engines encode them, and encoded so that they can read them', () => {
  const cases = [
    ['date=2024-01-01/part-0.parquet', 'date=2024-01-01/part-0.parquet'],
    ['symbol=A%3AB/part 1#?.parquet', 'symbol=A%253AB/part%201%23%3F.parquet'],
    ['µ/日本:x', '%C2%B5/%E6%97%A5%E6%9C%AC%3Ax'],
  ] as const
  for (const [path, uri] of cases) {
    expect(encodePath(path)).toBe(uri)
    expect(decodePath(uri)).toBe(path)
    expect(new URL(uri, 'file:///t/').href, 'as a URI parser reads it').toBe(`file:///t/${uri}`)
  }
  expect(decodePath('date%3D2024-01-01/a%2Bb.parquet')).toBe('date=2024-01-01/a+b.parquet')
})
