import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { type Lakehouse, openLakehouse, type TableColumn } from '../src/index.ts'
import { runFsLake } from '../src/fs-lake/program.ts'
import { columnsOf, rowsOf, valueColumns } from './tables.ts'
import { temporaryFolder } from './temporary-lake.ts'

const DAY = 86_400
const JAN_1 = Date.UTC(2024, 0, 1) / 1000
const text = (name: string): TableColumn => ({ name, type: 'string', nullable: true })
const FEATURES = valueColumns(text('source'), text('run_id'), 'rsi')
const BARS = valueColumns('close', text('run_id'))

interface Store {
  readonly folder: string
  /** Runs a command and gives what it printed. */
  readonly run: (...argv: string[]) => Promise<{ exit: number; out: string; talk: string }>
  readonly json: (...argv: string[]) => Promise<{ exit: number; value: Record<string, unknown> }>
}

/** Two symbols over three days; the first day of BTC is computed anew on the third. */
async function store(): Promise<Store> {
  const folder = await temporaryFolder()
  await using lake: Lakehouse = openLakehouse(join(folder, 'lake'), {
    workers: 1,
    now: () => JAN_1 + 5 * DAY,
  })
  const feature = (symbol: string, day: number, rsi: number, run_id: string, known = day + 1) => ({
    symbol,
    timestamp: JAN_1 + day * DAY,
    known_at: JAN_1 + known * DAY,
    source: 'computed',
    run_id,
    rsi,
  })
  const features = lake.table('features/local_1d', {
    schema: {
      columns: FEATURES,
      time: 'timestamp',
      key: ['symbol', 'timestamp', 'source'],
      configuration: { 'fs.formula': 'institutional', 'fs.timeframe': '1d' },
    },
  })
  const first = [
    feature('BTC', 0, 50, 'r1'),
    feature('BTC', 1, 51, 'r1'),
    feature('ETH', 0, 40, 'r1'),
  ]
  await features.upsertSymbols([columnsOf(first, FEATURES)], { runId: 'r1' })
  const restated = { ...feature('BTC', 0, 55, 'r2', 3), source: 'computed' }
  const retrieved = { ...feature('BTC', 1, 60, 'r2', 2), source: 'retrieved' }
  await features.upsertSymbols([columnsOf([restated, retrieved], FEATURES)], { runId: 'r2' })
  const bar = (symbol: string, day: number, close: number, known = day + 1) => ({
    symbol,
    timestamp: JAN_1 + day * DAY,
    known_at: JAN_1 + known * DAY,
    close,
    run_id: 'import',
  })
  await lake
    .table('bars_1d', {
      schema: { columns: BARS, time: 'timestamp', key: ['symbol', 'timestamp'] },
    })
    .upsertSymbols([columnsOf([bar('BTC', 0, 100), bar('BTC', 1, 101), bar('ETH', 0, 10)], BARS)], {
      runId: 'import',
    })
  const run: Store['run'] = async (...argv) => {
    let out = ''
    let talk = ''
    const exit = await runFsLake(argv, {
      env: { FS_LAKEHOUSE: 'lake' },
      cwd: folder,
      stdout: (written) => (out += written),
      stderr: (written) => (talk += written),
      now: () => JAN_1 + 3 * DAY,
    })
    return { exit, out, talk }
  }
  return {
    folder,
    run,
    json: async (...argv) => {
      const { exit, out } = await run(...argv, '--json', '--workers', '1')
      return { exit, value: JSON.parse(out) as Record<string, unknown> }
    },
  }
}

test('join answers a file of questions from several tables, as a Parquet file', async () => {
  const { folder, run, json } = await store()
  await writeFile(
    join(folder, 'labels.csv'),
    'symbol,asOf,label,note\nBTC,2024-01-02,1,"a, b"\nETH,2024-01-03T00:00:00Z,-1,\nBTC,1704326400,0.5,c\nNONE,2024-01-03,,d\n',
  )
  const { exit, value } = await json(
    ...'join --spine labels.csv --table features/local_1d --table bars_1d'.split(' '),
    ...'--columns rsi,bars_1d:close --provenance --out out/training.parquet'.split(' '),
  )
  expect(exit).toBe(0)
  expect(value).toMatchObject({
    rows: 4,
    hindsight: false,
    reads: [
      { table: 'features/local_1d', version: 1, answered: 3 },
      { table: 'bars_1d', version: 0, answered: 3 },
    ],
  })
  await using lake = openLakehouse(folder, { workers: 1 })
  const written = await lake.readParquet(join(folder, 'out', 'training.parquet'))
  expect(written.types).toMatchObject({ asOf: 'Int', label: 'Float', bars_1d_known_at: 'Int' })
  const rows = rowsOf(written.columns)
  expect(
    rows.map(({ symbol, label, note, rsi, close }) => [symbol, label, note, rsi, close]),
  ).toEqual([
    ['BTC', 1, 'a, b', 50, 100],
    ['ETH', -1, null, 40, 10],
    ['BTC', 0.5, 'c', 51, 101],
    ['NONE', null, 'd', null, null],
  ])
  expect(rows[0]).toMatchObject({ local_1d_run_id: 'r1', local_1d_version: 1 })

  // The file just written is a spine as well.
  const again = await run(
    ...'join --spine out/training.parquet --columns source --out again.parquet'.split(' '),
  )
  expect(again).toMatchObject({ exit: 0, talk: '' })
  expect(again.out).toContain('3 of 4 rows answered')
})

test('what a join cannot honour is refused with exit code 2, and writes nothing', async () => {
  const { folder, run } = await store()
  await writeFile(join(folder, 'labels.csv'), 'symbol,asOf\nBTC,2024-01-02\n')
  await writeFile(join(folder, 'broken.csv'), 'symbol,asOf\nBTC,2024-02-30\n')
  await writeFile(join(folder, 'short.csv'), 'symbol,time\nBTC,1\n')
  const out = ['--out', 'out.parquet']
  const refused: [string[], string][] = [
    [['join', ...out], '--spine'],
    [['join', '--spine', 'labels.csv', '--promoted', 'crypto', ...out], '--promoted'],
    [['join', '--spine', 'labels.csv', '--columns', 'nothing', ...out], "'nothing'"],
    [['join', '--spine', 'labels.csv', '--ttl', 'long', ...out], '--ttl'],
    [['join', '--spine', 'labels.csv', '--hindsight', '--known-at', '1', ...out], 'hindsight'],
    [['join', '--spine', 'labels.csv', '--tolerance', '1', ...out], '--tolerance'],
    [['join', '--spine', 'labels.csv', '--table', 'nowhere', ...out], 'nowhere'],
    [['join', '--spine', 'absent.csv', ...out], 'absent.csv'],
    [['join', '--spine', 'broken.csv', ...out], 'row 1'],
    [['join', '--spine', 'short.csv', ...out], 'symbol and asOf'],
    [['wash'], "'wash'"],
    [['versions'], 'TABLE'],
    [['snapshot'], '--as-of'],
  ]
  for (const [argv, named] of refused) {
    const { exit, talk, out: data } = await run(...argv)
    expect({ exit, data }, argv.join(' ')).toEqual({ exit: 2, data: '' })
    expect(talk).toContain(named)
  }
  await expect(readFile(join(folder, 'out.parquet'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('latest and snapshot show the universe, as data on stdout', async () => {
  const { run, json } = await store()
  const latest = await run('latest', '--columns', 'rsi')
  expect(latest).toMatchObject({
    exit: 0,
    out: `symbol,rsi,age\nBTC,51,${2 * DAY}\nETH,40,${3 * DAY}\n`,
    talk: 'stale: 1 symbols (ETH)\n',
  })
  const then = await json('snapshot', '--as-of', '2024-01-02', '--provenance')
  expect(then.value).toMatchObject({
    as_of: JAN_1 + DAY,
    rows: [
      { symbol: 'BTC', rsi: 50, run_id: 'r1' },
      { symbol: 'ETH', rsi: 40 },
    ],
  })
  expect((await run('snapshot', '--as-of', '2024-01-01')).out).toBe('symbol,rsi\n')
})

test('versions and diff tell what happened to a table', async () => {
  const { run, json } = await store()
  const { value } = await json('versions', 'features/local_1d')
  expect(value['versions']).toMatchObject([
    { version: 0, run_id: 'r1', rows_added: 3 },
    { version: 1, run_id: 'r2', rows_added: 2 },
  ])
  expect((await json('diff', 'features/local_1d', '0', '1')).value).toMatchObject({
    runs: [{ version: 1, run_id: 'r2' }],
    files_added: 1,
    files_removed: 0,
    rows: { BTC: 2 },
  })
  expect((await run('diff', 'features/local_1d', '0', '7')).exit).toBe(2)
})

test('explain names run, bars, formula, since when a value was known and what superseded it', async () => {
  const { run, json } = await store()
  const { value } = await json('explain', 'BTC', 'rsi', '2024-01-01')
  expect(value).toEqual({
    table: 'features/local_1d',
    symbol: 'BTC',
    feature: 'rsi',
    timestamp: JAN_1,
    formula: 'institutional',
    values: [
      {
        value: 50,
        origin: 'computed from bars',
        source: 'computed',
        known_at: JAN_1 + DAY,
        run_id: 'r1',
        version: 0,
        committed_at: JAN_1 + 5 * DAY,
        bars: {
          table: 'bars_1d',
          count: 1,
          first: JAN_1,
          last: JAN_1,
          close: 100,
          last_known_at: JAN_1 + DAY,
          run_id: 'import',
        },
        superseded: { value: 55, known_at: JAN_1 + 3 * DAY, run_id: 'r2' },
      },
      expect.objectContaining({ value: 55, run_id: 'r2', version: 1, superseded: null }),
    ],
  })
  const second = await run('explain', 'BTC', 'rsi', '2024-01-02')
  expect(second.out).toContain('60: retrieved from the vendor, known since 2024-01-03')
  expect(second.out).toContain('51: computed from bars, known since 2024-01-03')
  expect((await run('explain', 'BTC', 'rsi', '2024-03-01')).exit).toBe(2)
})

test('check finds damage by name with exit code 3, and names files that no table knows', async () => {
  const { folder, run, json } = await store()
  expect((await json('check')).value).toMatchObject({
    tables: ['bars_1d', 'features/local_1d'],
    files: 3,
    problems: [],
    notices: [],
  })
  await using lake = openLakehouse(join(folder, 'lake'), { workers: 1 })
  const [file] = (await lake.table('bars_1d').state())!.files
  const path = `bars_1d/${file!.path}`
  const bytes = await lake.store.get(path)
  await lake.store.put('bars_1d/part-stray.parquet', bytes)
  const damaged = bytes.slice()
  damaged[20]! ^= 1
  await lake.store.put(path, damaged)
  const { exit, value } = await json('check')
  expect(exit).toBe(3)
  expect(value).toMatchObject({
    problems: [{ file: path, problem: expect.stringContaining('sha256') as string }],
    notices: [{ file: 'bars_1d/part-stray.parquet' }],
  })
  await lake.store.put(
    'bars_1d/_delta_log/00000000000000000000.json',
    new TextEncoder().encode('{'),
  )
  const broken = await run('check', 'bars_1d')
  expect(broken.exit).toBe(3)
  expect(broken.out).toContain('line 1')
})

test('compact and vacuum look after a table; vacuum removes nothing unless told to', async () => {
  const { folder, run, json } = await store()
  expect((await json('compact', 'features/local_1d', '--run-id', 'c')).value).toMatchObject({
    version: 2,
    files_before: 2,
    files_after: 1,
    rows: 5,
  })
  const left = async () => {
    await using lake = openLakehouse(join(folder, 'lake'), { workers: 1 })
    return (await lake.store.list('features/local_1d/part-')).length
  }
  // The clock of the command stands still in 2024, so every file is young to it.
  expect((await run('vacuum', 'features/local_1d', '--delete')).out).toContain('0 files')
  const { exit, talk } = await run('vacuum', 'features/local_1d', '--retention', '0')
  expect({ exit, talk }).toMatchObject({
    exit: 2,
    talk: expect.stringContaining('24 hours') as string,
  })
  expect(await left()).toBe(3)
  expect((await run('latest', '--columns', 'rsi')).out).toContain('BTC,51')
})

test('help names every command with an example', async () => {
  const { run } = await store()
  const overview = await run('--help')
  expect(overview).toMatchObject({ exit: 0, talk: '' })
  for (const name of [
    'join',
    'latest',
    'snapshot',
    'versions',
    'diff',
    'explain',
    'check',
    'vacuum',
    'compact',
  ]) {
    expect(overview.out).toContain(`  ${name} `)
    expect((await run(name, '--help')).out).toContain(`Example: fs-lake ${name}`)
  }
  expect((await run()).exit).toBe(2)
})

test('the program runs as a process', async () => {
  const { folder } = await store()
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@fs/source', main, 'versions', 'bars_1d', '--json', '--lakehouse', 'lake'],
    { cwd: folder },
  )
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({ table: 'bars_1d', versions: [{ version: 0 }] })
})
