import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  Bool,
  type DataType,
  Field,
  Int32,
  Int64,
  List,
  Map_,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import {
  checkpointPath,
  commitPath,
  createCheckpoints,
  type Lakehouse,
  type LakehouseEvent,
  type LakehouseOptions,
  openLakehouse,
  readSnapshot,
} from '../src/index.ts'
import { foreignParquet, putForeignTable } from './foreign-table.ts'
import { bar, BARS, barsOf, linesOf } from './bars.ts'
import { collect, temporaryLake } from './temporary-lake.ts'

const TABLE = 'bars_1d'

const DAY = 86_400
const START = 1_700_000_000
// Committing is what takes time here, so it is done once and the folder copied.
let template: Promise<string> | undefined

async function makeTemplate(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoints-'))
  let now = START
  await using lake = openLakehouse(folder, { workers: 1, now: () => now })
  for (let version = 0; version < 22; version++) {
    await append(lake, version)
    now += 5 * DAY
  }
  return folder
}
afterAll(async () => {
  if (template !== undefined) await rm(await template, { recursive: true, force: true })
})

/** Commits a version: one bar of one symbol. */
async function append(lake: Lakehouse, version: number): Promise<void> {
  await lake
    .table(TABLE, { schema: BARS })
    .upsertSymbols([barsOf([bar('A', version, version)])], { runId: `run-${version}` })
}

/** Opens a lakehouse with a table of this many versions, five days between them. */
async function lakeWith(versions: number, options: LakehouseOptions = {}): Promise<Lakehouse> {
  template ??= makeTemplate()
  const folder = await mkdtemp(join(tmpdir(), 'checkpoints-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await cp(await template, folder, { recursive: true, preserveTimestamps: true })
  const lake = openLakehouse(folder, { workers: 1, now: () => START + 200 * DAY, ...options })
  onTestFinished(() => lake.close())
  for (const name of await logOf(lake)) {
    if (Number.parseInt(name) >= versions) await lake.store.remove(`${TABLE}/_delta_log/${name}`)
  }
  const hint = versions > 20 ? 20 : versions > 10 ? 10 : -1
  await lake.store.put(
    `${TABLE}/_delta_log/_last_checkpoint`,
    new TextEncoder().encode(`{"version":${hint}}`),
  )
  return lake
}

async function removeCommits(lake: Lakehouse, from: number, to: number): Promise<void> {
  for (let version = from; version <= to; version++) {
    await lake.store.remove(commitPath(TABLE, version))
  }
}

async function logOf(lake: Lakehouse): Promise<string[]> {
  return await readdir(fileURLToPath(`${lake.store.uri}/${TABLE}/_delta_log`))
}

test('every tenth commit leaves a checkpoint, from which the table opens without the commits before', async () => {
  const lake = await lakeWith(22)
  const before = await collect(lake.table(TABLE))
  expect((await logOf(lake)).filter((name) => name.includes('checkpoint'))).toEqual([
    '00000000000000000010.checkpoint.parquet',
    '00000000000000000020.checkpoint.parquet',
    '_last_checkpoint',
  ])
  await removeCommits(lake, 0, 19)
  const opened = lake.table(TABLE)
  expect(linesOf(await collect(opened))).toEqual(linesOf(before))
  await append(lake, 22)
  expect((await opened.state())!.version).toBe(22)
  expect(linesOf(await collect(opened)).length).toBe(23)
})

test('a state read from a checkpoint is the state read from its commits, history and marks included', async () => {
  const lake = await lakeWith(13)
  const checkpoints = createCheckpoints(lake.store, lake.workers)
  for (const version of [10, 11, 12]) {
    const fromCommits = await readSnapshot(lake.store, TABLE, { version })
    expect(await readSnapshot(lake.store, TABLE, { version, checkpoints })).toEqual(fromCommits)
  }
  const seen: number[] = []
  const counting = {
    ...checkpoints,
    read: async (...args: Parameters<typeof checkpoints.read>) => {
      seen.push(args[0])
      return await checkpoints.read(...args)
    },
  }
  await readSnapshot(lake.store, TABLE, { checkpoints: counting })
  await readSnapshot(lake.store, TABLE, { checkpoints: counting, version: 9 })
  expect(seen, 'the newest is used, and none for a version before it').toEqual([10])
})

test('a run that is repeated after its commit was cleaned up is still recognised', async () => {
  const lake = await lakeWith(12)
  await removeCommits(lake, 0, 9)
  const state = await lake.table(TABLE).state()
  expect(state!.transactions.get('run-3')).toMatchObject({ version: 0, tableVersion: 3 })
  expect((await lake.table(TABLE).versions()).map(({ version }) => version)).toEqual(
    Array.from({ length: 12 }, (_, i) => i),
  )
})

test('a version before the oldest that is left is refused by name', async () => {
  const lake = await lakeWith(12)
  await removeCommits(lake, 0, 9)
  await expect(collect(lake.table(TABLE), { version: 4 })).rejects.toMatchObject({
    code: 'version_not_available',
    evidence: { oldest: 10 },
  })
  expect((await collect(lake.table(TABLE), { version: 10 }))['close']).toHaveLength(11)
})

test('removed files are listed for a week, and keep nothing of the table from being read', async () => {
  let now = START + 200 * DAY
  const lake = await lakeWith(12, { now: () => now })
  const expected = linesOf(await collect(lake.table(TABLE)))
  await lake.table(TABLE).compact({ runId: 'compact' })
  const checkpoints = createCheckpoints(lake.store, lake.workers)
  const removed = async () => {
    expect(await lake.table(TABLE).checkpoint()).toBe(12)
    const { tombstones } = await readSnapshot(lake.store, TABLE, { checkpoints })
    return tombstones.length
  }
  now += 7 * DAY
  expect(await removed()).toBe(12)
  now += 1
  expect(await removed()).toBe(0)
  expect(linesOf(await collect(lake.table(TABLE)))).toEqual(expected)
})

test('a checkpoint that cannot be written fails no commit, and is reported', async () => {
  const events: LakehouseEvent[] = []
  const lake = await lakeWith(10, { onEvent: (event) => events.push(event) })
  // A folder stands where the checkpoint would go.
  await mkdir(fileURLToPath(`${lake.store.uri}/${checkpointPath(TABLE, 10)}/x`), {
    recursive: true,
  })
  await append(lake, 10)
  const table = lake.table(TABLE)
  expect((await table.state())!.version).toBe(10)
  expect(events).toMatchObject([{ kind: 'checkpoint_failed', table: TABLE, version: 10 }])
  await rm(fileURLToPath(`${lake.store.uri}/${checkpointPath(TABLE, 10)}`), { recursive: true })
  expect(await table.checkpoint(), 'on demand').toBe(10)
  expect(await logOf(lake)).toContain('_last_checkpoint')
})

test('a damaged checkpoint is passed over while the commits are there, and named when they are not', async () => {
  const lake = await lakeWith(12)
  const path = checkpointPath(TABLE, 10)
  const bytes = await lake.store.get(path)
  for (const at of [40, Math.floor(bytes.length / 2), bytes.length - 40]) {
    const damaged = bytes.slice()
    damaged[at]! ^= 1
    await lake.store.put(path, damaged)
    expect((await collect(lake.table(TABLE)))['close']).toHaveLength(12)
  }
  await removeCommits(lake, 0, 9)
  await using other = openLakehouse(lake.store.uri, { workers: 1 })
  await expect(collect(other.table(TABLE))).rejects.toMatchObject({
    code: 'corrupt_file',
    evidence: { file: path },
  })
  await lake.store.put(path, bytes)
  expect((await collect(lake.table(TABLE)))['close']).toHaveLength(12)
})

test('the hint is only a hint: missing, stale, broken and wrong ones change nothing', async () => {
  const lake = await lakeWith(22)
  await removeCommits(lake, 0, 9)
  const checkpoints = createCheckpoints(lake.store, lake.workers)
  const expected = await readSnapshot(lake.store, TABLE, { checkpoints })
  expect(expected.version).toBe(21)
  for (const hint of ['{"version":10}', '{"version":999}', '{"version":"x"}', '{', '[]', null]) {
    const path = `${TABLE}/_delta_log/_last_checkpoint`
    if (hint === null) await lake.store.remove(path)
    else await lake.store.put(path, new TextEncoder().encode(hint))
    expect(await readSnapshot(lake.store, TABLE, { checkpoints }), String(hint)).toEqual(expected)
  }
})

test('a checkpoint that its own commit contradicts is corrupt, not used', async () => {
  const lake = await lakeWith(12)
  const commit = new TextDecoder().decode(await lake.store.get(commitPath(TABLE, 10)))
  for (const [from, to] of [
    ['"path":"part-', '"path":"part-other-'],
    ['"appId":"run-10"', '"appId":"run-of-others"'],
  ] as const) {
    expect(commit).toContain(from)
    await lake.store.put(commitPath(TABLE, 10), new TextEncoder().encode(commit.replace(from, to)))
    await expect(lake.table(TABLE).state()).rejects.toMatchObject({
      code: 'corrupt_log',
      evidence: { version: 10 },
    })
  }
})

// --- another engine's checkpoint ---------------------------------------------------------------------------------------

const text = new Utf8()
const texts = new List(new Field('element', text, true))
const entry = new Struct<{ key: Utf8; value: Utf8 }>([
  new Field('key', text, false),
  new Field('value', text, true),
])
const map = new Map_(new Field('entries', entry, false))
const struct = (fields: Readonly<Record<string, DataType>>) =>
  new Struct(Object.entries(fields).map(([name, type]) => new Field(name, type, true)))

/** Encodes actions as another engine would: other widths and order, fields and columns this package does not know. */
function foreignCheckpoint(
  rows: readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[],
): Uint8Array {
  const column = (name: string, type: DataType) =>
    vectorFromArray(
      rows.map((row) => row[name] ?? null),
      type,
    )
  return foreignParquet({
    add: column(
      'add',
      struct({
        size: new Int64(),
        path: text,
        stats_parsed: struct({ numRecords: new Int64() }),
        stats: text,
        partitionValues: map,
        modificationTime: new Int64(),
        dataChange: new Bool(),
        deletionVector: struct({ storageType: text }),
      }),
    ),
    sidecar: column('sidecar', struct({ path: text })),
    txn: column('txn', struct({ appId: text, version: new Int32() })),
    protocol: column(
      'protocol',
      struct({ minReaderVersion: new Int32(), minWriterVersion: new Int32() }),
    ),
    metaData: column(
      'metaData',
      struct({
        id: text,
        format: struct({ provider: text, options: map }),
        schemaString: text,
        partitionColumns: texts,
        configuration: map,
        createdTime: new Int64(),
      }),
    ),
  })
}

async function foreignTable(lake: Lakehouse, extra: object = {}) {
  const vector = (values: readonly number[]) =>
    vectorFromArray(
      values.map((value) => BigInt(value)),
      new Int64(),
    )
  const data = foreignParquet({
    symbol: vectorFromArray(['A', 'B'], text),
    timestamp: vector([1, 1]),
    known_at: vector([2, 2]),
  })
  const fields = [
    { name: 'symbol', type: 'string' },
    { name: 'timestamp', type: 'long' },
    { name: 'known_at', type: 'long' },
  ]
  await putForeignTable(lake.store, TABLE, fields, [{ path: 'a b.parquet', bytes: data }])
  const { metaData } = await readSnapshot(lake.store, TABLE)
  await lake.store.remove(commitPath(TABLE, 0))
  return [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        ...metaData,
        createdTime: 5n,
        format: { provider: 'parquet', options: new Map() },
        configuration: new Map([['owner', 'research']]),
      },
    },
    { txn: { appId: 'their-run', version: 7 } },
    {
      add: {
        path: 'a%20b.parquet',
        partitionValues: new Map(),
        size: BigInt(data.length),
        modificationTime: 3n,
        dataChange: false,
        stats: null,
        stats_parsed: { numRecords: 2n },
        deletionVector: null,
        ...extra,
      },
    },
  ]
}

test("another engine's checkpoint opens a table, in one file or in parts", async () => {
  const lake = await temporaryLake()
  const rows = await foreignTable(lake)
  const log = `${TABLE}/_delta_log/00000000000000000007.checkpoint`
  await lake.store.put(`${log}.parquet`, foreignCheckpoint(rows))
  const table = lake.table(TABLE)
  const state = (await table.state())!
  expect(state).toMatchObject({
    version: 7,
    metaData: { configuration: { owner: 'research' }, partitionColumns: [], createdTime: 5 },
    files: [{ path: 'a%20b.parquet', partitionValues: {}, modificationTime: 3 }],
    commits: [],
  })
  expect(state.files[0]).not.toHaveProperty('stats')
  expect(state.transactions.get('their-run')).toMatchObject({ version: 7, tableVersion: 7 })
  expect((await collect(table))['symbol']).toEqual(['A', 'B'])

  await lake.store.remove(`${log}.parquet`)
  await lake.store.put(`${log}.0000000001.0000000002.parquet`, foreignCheckpoint(rows.slice(0, 2)))
  await expect(collect(lake.table(TABLE)), 'half of it').rejects.toMatchObject({
    code: 'unsupported_feature',
  })
  await lake.store.put(`${log}.0000000002.0000000002.parquet`, foreignCheckpoint(rows.slice(2)))
  expect((await collect(lake.table(TABLE)))['symbol']).toEqual(['A', 'B'])
})

test("what another engine's checkpoint says of unknown features is refused, not overlooked", async () => {
  const lake = await temporaryLake()
  const rows = await foreignTable(lake, { deletionVector: { storageType: 'u' } })
  await lake.store.put(checkpointPath(TABLE, 7), foreignCheckpoint(rows))
  await expect(lake.table(TABLE).state()).rejects.toMatchObject({
    code: 'unsupported_feature',
    evidence: { feature: 'deletionVectors' },
  })
  await lake.store.put(checkpointPath(TABLE, 7), foreignCheckpoint(rows.slice(1)))
  await expect(lake.table(TABLE).state(), 'no protocol').rejects.toMatchObject({
    code: 'corrupt_log',
  })
})

// --- cleaning up -------------------------------------------------------------------------------------------------------

test('vacuum removes the versions of the log that an old checkpoint stands for, and the table reads on', async () => {
  let now = START + 12 * 5 * DAY
  const lake = await lakeWith(22, { now: () => now })
  const expected = linesOf(await collect(lake.table(TABLE)))
  const table = lake.table(TABLE)
  // Version 10 is of ten days ago, version 20 lies ahead.
  expect(await table.vacuum()).toMatchObject({ checkpoint: null, logFiles: [] })
  now = START + 22 * 5 * DAY
  expect(
    await table.vacuum({ pinnedVersions: [3] }),
    'a pinned version needs its commits',
  ).toMatchObject({ checkpoint: null, logFiles: [] })
  const plan = await table.vacuum({ dryRun: true })
  expect(plan).toMatchObject({ checkpoint: 10, oldestReadableVersion: 10 })
  expect(plan.logFiles).toHaveLength(10)
  expect(await logOf(lake)).toHaveLength(25)
  await table.vacuum()
  expect((await logOf(lake))[0]).toBe('00000000000000000010.checkpoint.parquet')
  expect(linesOf(await collect(lake.table(TABLE)))).toEqual(expected)
  now += 100 * DAY
  expect(await table.vacuum()).toMatchObject({ checkpoint: 20, oldestReadableVersion: 20 })
  expect(linesOf(await collect(lake.table(TABLE)))).toEqual(expected)
  expect((await lake.table(TABLE).state())!.version).toBe(21)
})

test('vacuum keeps the log when the checkpoint that would stand for it is damaged', async () => {
  const lake = await lakeWith(12)
  const bytes = await lake.store.get(checkpointPath(TABLE, 10))
  bytes[50]! ^= 1
  await lake.store.put(checkpointPath(TABLE, 10), bytes)
  expect(await lake.table(TABLE).vacuum()).toMatchObject({ checkpoint: null, logFiles: [] })
})
