import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  foldCommits,
  formatActions,
  parseActions,
  type Action,
  type Commit,
  type Snapshot,
} from '../src/index.ts'
import { makeAdd, makeMetaData, makeTable } from './delta-table.ts'

const fold = (commits: readonly Commit[], base: Snapshot | null = null): Snapshot =>
  foldCommits(base, commits, 't')

const path = fc.constantFrom('a', 'b b', 'c', 'd=1/e', 'f%', 'g')
const encoded = fc
  .tuple(path, fc.boolean())
  .map(([name, eager]) =>
    eager ? name.split('/').map(encodeURIComponent).join('/') : name.replaceAll('%', '%25'),
  )
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(encoded, fc.nat({ max: 99 }))
      .map(([name, rows]) => ({ add: makeAdd(name, 'A', 'B', rows) })),
  },
  { weight: 3, arbitrary: encoded.map((name) => ({ remove: { path: name, dataChange: true } })) },
  {
    weight: 1,
    arbitrary: fc
      .record({ appId: fc.constantFrom('x', 'y'), version: fc.nat() })
      .map((txn) => ({ txn })),
  },
  { weight: 1, arbitrary: fc.string().map((name) => ({ metaData: makeMetaData({ name }) })) },
  { weight: 1, arbitrary: fc.constant({ protocol: { minReaderVersion: 1, minWriterVersion: 1 } }) },
  { weight: 1, arbitrary: fc.nat({ max: 50 }).map((timestamp) => ({ commitInfo: { timestamp } })) },
)
const history: fc.Arbitrary<readonly Commit[]> = fc
  .array(fc.tuple(fc.array(action, { maxLength: 6 }), fc.nat({ max: 50 })), { maxLength: 10 })
  .map((rest) => [
    { version: 0, modifiedMs: 0, actions: makeTable() },
    ...rest.map(([actions, modifiedMs], index) => ({ version: index + 1, modifiedMs, actions })),
  ])
const decoded = (name: string): string => decodeURIComponent(name)

test('folding in one go or in any two parts gives the same snapshot', () => {
  fc.assert(
    fc.property(history, fc.nat(), (commits, cut) => {
      const at = 1 + (cut % commits.length)
      const parts = fold(commits.slice(at), fold(commits.slice(0, at)))
      expect(parts).toEqual(fold(commits))
    }),
  )
})

test('a base is not changed by what comes after it', () => {
  fc.assert(
    fc.property(history, (commits) => {
      const base = fold(commits.slice(0, 1))
      const before = structuredClone(base)
      fold(commits.slice(1), base)
      expect(base).toEqual(before)
    }),
  )
})

test('the live files are those whose last action is an add, each once, in the order they came to stay', () => {
  fc.assert(
    fc.property(history, (commits) => {
      const live: string[] = []
      const last = new Map<string, Action>()
      for (const entry of commits.flatMap((commit) => commit.actions)) {
        if ('add' in entry) {
          const name = decoded(entry.add.path)
          if (!live.includes(name)) live.push(name)
          last.set(name, entry)
        } else if ('remove' in entry) {
          const name = decoded(entry.remove.path)
          if (live.includes(name)) live.splice(live.indexOf(name), 1)
          last.set(name, entry)
        }
      }
      const snapshot = fold(commits)
      expect(snapshot.files.map((file) => decoded(file.path))).toEqual(live)
      expect(snapshot.files).toEqual(live.map((name) => (last.get(name) as { add: object }).add))
      expect(new Set(snapshot.tombstones.map((file) => decoded(file.path)))).toEqual(
        new Set([...last].filter(([, entry]) => 'remove' in entry).map(([name]) => name)),
      )
    }),
  )
})

test('rows added less rows removed, over all versions, are the rows of the live files', () => {
  fc.assert(
    fc.property(history, (commits) => {
      const snapshot = fold(commits)
      const net = snapshot.commits.reduce(
        (sum, entry) => sum + entry.rowsAdded! - entry.rowsRemoved!,
        0,
      )
      const rows = snapshot.files.map(
        (file) => (JSON.parse(file.stats!) as { numRecords: number }).numRecords,
      )
      expect(net).toBe(rows.reduce((sum, count) => sum + count, 0))
    }),
  )
})

test('timestamps rise from version to version and are never earlier than noted', () => {
  fc.assert(
    fc.property(history, (commits) => {
      const times = fold(commits).commits.map((entry) => entry.timestampMs)
      for (const [index, time] of times.entries()) {
        if (index > 0) expect(time).toBeGreaterThan(times[index - 1]!)
        const noted = commits[index]!.actions.findLast((entry) => 'commitInfo' in entry)
        const own =
          (noted?.commitInfo['timestamp'] as number | undefined) ?? commits[index]!.modifiedMs
        expect(time).toBeGreaterThanOrEqual(own)
      }
    }),
  )
})

test('the last mark, description and protocol are in force', () => {
  fc.assert(
    fc.property(history, (commits) => {
      const snapshot = fold(commits)
      const all = commits.flatMap(({ version, actions }) =>
        actions.map((entry) => ({ version, entry })),
      )
      const lastOf = (kind: string) => all.findLast(({ entry }) => kind in entry)?.entry
      expect({ metaData: snapshot.metaData }).toEqual(lastOf('metaData'))
      expect({ protocol: snapshot.protocol }).toEqual(lastOf('protocol'))
      for (const appId of ['x', 'y']) {
        const mark = all.findLast(({ entry }) => 'txn' in entry && entry.txn.appId === appId)
        const expected = mark && {
          ...(mark.entry as { txn: object }).txn,
          tableVersion: mark.version,
        }
        expect(snapshot.transactions.get(appId)).toEqual(expected)
      }
    }),
  )
})

test('what is written is read back, action by action', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 1 }), (actions) => {
      const order = ['commitInfo', 'protocol', 'metaData', 'txn', 'remove', 'add']
      const sorted = order.flatMap((kind) => actions.filter((entry) => kind in entry))
      expect(parseActions(formatActions(actions), 1, 'f')).toEqual(sorted)
    }),
  )
})

test('a commit out of turn is corrupt_log', () => {
  const commits = [0, 1, 3].map((version) => ({ version, modifiedMs: 0, actions: makeTable() }))
  expect(() => fold(commits)).toThrow(
    expect.objectContaining({
      code: 'corrupt_log',
      evidence: { table: 't', version: 2, found: 3 },
    }),
  )
})
