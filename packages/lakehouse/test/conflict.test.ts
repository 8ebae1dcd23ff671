import { expect, test } from 'vitest'
import { foldCommits, judge, type Action, type Commit, type Operation } from '../src/index.ts'
import { makeAdd, makeMetaData, makeTable } from './delta-table.ts'

const live = makeAdd('live', 'BINANCE:BTCUSDT', 'BINANCE:ETHUSDT')
const base = foldCommits(
  null,
  [{ version: 0, modifiedMs: 0, actions: [...makeTable(), { add: live }] }],
  't',
)
const winner = (...actions: readonly Action[]): Commit => ({ version: 1, modifiedMs: 0, actions })
const remove = (path: string, dataChange = true): Action => ({ remove: { path, dataChange } })
const compacted = (path: string): Action => ({
  add: { ...makeAdd(path, 'BINANCE:BTCUSDT', 'BINANCE:ETHUSDT'), dataChange: false },
})
const { stats: _, ...unknown } = makeAdd('unknown')

const append: Operation = { kind: 'append' }
const upsert: Operation = { kind: 'upsertSymbols', symbols: ['NYSE:IBM', 'BINANCE:BTCUSDT'] }
const compact: Operation = { kind: 'compact', removedPaths: ['live', 'other'] }
const schemaChange: Operation = { kind: 'schemaChange' }
const extraColumn = { name: 'open', type: 'double', nullable: true, metadata: {} }
const fields = JSON.parse(makeMetaData().schemaString).fields as readonly object[]

test.each<[string, Commit, [string, string, string, string]]>([
  [
    'rows of other symbols appended',
    winner({ add: makeAdd('n', 'BINANCE:BTT', 'BINANCE:ZRX') }),
    ['go-on', 'go-on', 'go-on', 'go-on'],
  ],
  [
    'rows whose range holds one of our symbols',
    winner({ add: makeAdd('n', 'NASDAQ:AAPL', 'NYSE:XOM') }),
    ['go-on', 're-plan', 'go-on', 'go-on'],
  ],
  ['rows without statistics', winner({ add: unknown }), ['go-on', 're-plan', 'go-on', 'go-on']],
  [
    'a file we read compacted away',
    winner(remove('live', false), compacted('n')),
    ['go-on', 're-plan', 'drop', 'go-on'],
  ],
  ['a file we read removed', winner(remove('live')), ['go-on', 're-plan', 'drop', 'go-on']],
  [
    'a file nobody knows removed',
    winner(remove('mystery')),
    ['go-on', 're-plan', 'go-on', 'go-on'],
  ],
  [
    'a column added',
    winner({ metaData: makeMetaData({ fields: [...fields, extraColumn] }) }),
    ['go-on', 're-plan', 'abort', 'abort'],
  ],
  [
    'a column dropped',
    winner({ metaData: makeMetaData({ fields: fields.slice(1) }) }),
    ['re-plan', 're-plan', 'abort', 'abort'],
  ],
  [
    'a column that from now on demands a value',
    winner({
      metaData: makeMetaData({
        fields: fields.map((field, index) => (index === 2 ? { ...field, nullable: false } : field)),
      }),
    }),
    ['re-plan', 're-plan', 'abort', 'abort'],
  ],
  [
    'a new column that demands a value',
    winner({
      metaData: makeMetaData({ fields: [...fields, { ...extraColumn, nullable: false }] }),
    }),
    ['re-plan', 're-plan', 'abort', 'abort'],
  ],
  [
    'a setting changed',
    winner({ metaData: makeMetaData({ configuration: { owner: 'research' } }) }),
    ['go-on', 're-plan', 'abort', 'abort'],
  ],
  [
    'a protocol we support',
    winner({
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly'] },
    }),
    ['go-on', 'go-on', 'go-on', 'go-on'],
  ],
  [
    'a protocol we do not support',
    winner({
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['rowTracking'] },
    }),
    ['abort', 'abort', 'abort', 'abort'],
  ],
  [
    'a mark of another run alone',
    winner({ txn: { appId: 'x', version: 1 } }),
    ['go-on', 'go-on', 'go-on', 'go-on'],
  ],
])('after %s: append, upsert, compact, schema change', (_name, commit, expected) => {
  const verdicts = [append, upsert, compact, schemaChange].map((operation) =>
    judge(operation, base, [commit]),
  )
  expect(verdicts.map((verdict) => verdict.kind)).toEqual(expected)
  for (const verdict of verdicts) if (verdict.kind !== 'go-on') expect(verdict.version).toBe(1)
})

test('an upsert goes on when a file of other symbols is removed', () => {
  const others: Operation = { kind: 'upsertSymbols', symbols: ['NYSE:IBM'] }
  expect(judge(others, base, [winner(remove('live'))]).kind).toBe('go-on')
})

test('a file that one winner added and the next removed is judged by its own statistics', () => {
  const commits = (min: string): readonly Commit[] => [
    winner({ add: makeAdd('brief', min) }),
    { ...winner(remove('brief')), version: 2 },
  ]
  expect(judge(upsert, base, commits('NASDAQ:AAPL')).kind).toBe('go-on')
  expect(judge(upsert, base, commits('NYSE:IBM')).kind).toBe('re-plan')
})

test('a compaction is told every file it lost, however the paths are encoded', () => {
  const ours: Operation = { kind: 'compact', removedPaths: ['a b', 'c', 'd'] }
  const winners = [winner(remove('a%20b')), { ...winner(remove('d')), version: 2 }]
  expect(judge(ours, base, winners)).toMatchObject({ kind: 'drop', paths: ['a b', 'd'] })
})

test('the severest verdict over several winners stands', () => {
  const winners = [
    winner({ add: makeAdd('n', 'NYSE:IBM') }),
    { ...winner({ protocol: { minReaderVersion: 4, minWriterVersion: 7 } }), version: 2 },
    { ...winner({ add: makeAdd('m', 'NYSE:IBM') }), version: 3 },
  ]
  expect(judge(upsert, base, winners)).toMatchObject({ kind: 'abort', version: 2 })
})

test('a table that another writer created first is planned on anew', () => {
  const created = { ...winner(...makeTable()), version: 0 }
  expect(judge(append, null, [created]).kind).toBe('re-plan')
})

test('nobody won: the plan stands', () => {
  expect(judge(upsert, base, [])).toEqual({ kind: 'go-on' })
})
