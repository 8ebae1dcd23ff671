import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { runProgram, type Io } from '@fs/cli'
import { createTestIo } from '@fs/cli/testing'
import { openLakehouse, type Columns } from '@fs/lakehouse'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BarsImport } from '../src/bars-import.ts'
import { createIngestProgram } from '../src/program.ts'

const utc = (text: string) => Date.parse(text) / 1000
const DAY = 86_400
const NOW = utc('2024-02-01T12:00:00Z')
const HEADER = 'date,open,high,low,close,volume'

let cwd: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fs-bars-'))
  await mkdir(join(cwd, 'in'))
})

afterEach(async () => {
  await rm(cwd, { recursive: true })
})

async function given(name: string, ...lines: string[]) {
  await writeFile(join(cwd, 'in', name), [HEADER, ...lines].join('\n'))
}

async function run(args: readonly string[], io: Partial<Io> = {}) {
  const test = createTestIo({ cwd, argv: args, now: () => NOW, random: Math.random, ...io })
  const exitCode = await runProgram((setExitCode) => createIngestProgram(test, setExitCode), test)
  return { exitCode, out: test.out(), err: test.err() }
}

async function imported(args: readonly string[], io: Partial<Io> = {}) {
  const { exitCode, out, err } = await run(['bars', '--from', 'in', '--json', ...args], io)
  expect(exitCode, err).toBe(0)
  return JSON.parse(out) as BarsImport
}

async function rowsOf(table: string) {
  const lake = openLakehouse(join(cwd, 'data/lakehouse'), { workers: 1 })
  try {
    const rows: Record<string, number | string | null>[] = []
    for await (const columns of lake.table(table).scan()) rows.push(...toRows(columns))
    return rows
  } finally {
    await lake.close()
  }
}

function toRows(columns: Columns) {
  const names = Object.keys(columns)
  return Array.from({ length: columns['symbol']?.length ?? 0 }, (_, at) =>
    Object.fromEntries(
      names.map((name) => {
        const cell = columns[name]?.[at] ?? null
        return [name, Number.isNaN(cell) ? null : cell]
      }),
    ),
  )
}

const entries = (path: string) => readdir(join(cwd, path)).catch(() => [])

test('bars come with two clocks, and a new symbol gets a registry record', async () => {
  await given('BINANCE_BTCUSDT_1d.csv', '2024-01-30,10,12,9,11,100', '2024-01-31,11,13,10,12,')
  const report = await imported(['--run-id', 'r1', '--known-at', 'close+900'])
  expect(report).toMatchObject({
    run_id: 'r1',
    version: 0,
    symbols: [{ symbol: 'BINANCE:BTCUSDT', rows: 2, imported: 2, restated: 0, unchanged: 0 }],
    registry: { opened: 1 },
  })
  const bar = { symbol: 'BINANCE:BTCUSDT', run_id: 'r1' }
  const first = utc('2024-01-30')
  expect(await rowsOf('bars_1d')).toEqual([
    {
      ...bar,
      timestamp: first,
      known_at: first + DAY + 900,
      open: 10,
      high: 12,
      low: 9,
      close: 11,
      volume: 100,
    },
    {
      ...bar,
      timestamp: first + DAY,
      known_at: first + 2 * DAY + 900,
      open: 11,
      high: 13,
      low: 10,
      close: 12,
      volume: null,
    },
  ])
  expect(await rowsOf('symbols')).toMatchObject([
    {
      symbol: 'BINANCE:BTCUSDT',
      exchange: 'BINANCE',
      description: null,
      active: 1,
      valid_from: first,
      valid_until: null,
      known_at: NOW,
    },
  ])
  const artefact = await readFile(join(cwd, 'data/runs/r1/bars_import.json'), 'utf8')
  expect(JSON.parse(artefact)).toEqual(report)
})

test('the same files again change nothing, and it is said', async () => {
  await given('BINANCE_BTCUSDT_1d.csv', '2024-01-30,10,12,9,11,100')
  await imported([])
  const stored = () => readdir(join(cwd, 'data/lakehouse'), { recursive: true })
  const before = await stored()
  const again = await run(['bars', '--from', 'in'], { now: () => NOW + DAY })
  expect(again.exitCode).toBe(0)
  expect(again.err, 'there is no Parquet file').not.toContain('checksums')
  expect(again.out).toContain('1 symbol: 0 bars imported, 0 restated, 1 unchanged')
  expect(again.out).toContain('bars_1d knew all of it already and was not changed')
  expect(await stored(), 'neither a commit nor a data file').toEqual(before)
})

test('a bar whose values changed becomes a second row, known since that import', async () => {
  await given('BINANCE_BTCUSDT_1d.csv', '2024-01-30,10,12,9,11,100')
  await imported([])
  await given('BINANCE_BTCUSDT_1d.csv', '2024-01-30,10,12,9,11.5,100', '2024-01-31,10,12,9,11,100')
  const report = await imported([], { now: () => NOW + DAY })
  expect(report.symbols).toMatchObject([{ imported: 1, restated: 1, unchanged: 0 }])
  const rows = await rowsOf('bars_1d')
  expect(rows.map(({ timestamp, close, known_at }) => [timestamp, close, known_at])).toEqual([
    [utc('2024-01-30'), 11, utc('2024-01-31')],
    [utc('2024-01-30'), 11.5, NOW + DAY],
    [utc('2024-01-31'), 11, utc('2024-02-01')],
  ])
})

test('a column brings its own known_at, corrections included', async () => {
  await writeFile(
    join(cwd, 'in', 'NYSE_GS.csv'),
    [
      'date,high,low,close,seen',
      '2024-01-29,12,9,11,2024-01-29 21:00:00',
      '2024-01-29,12,9,11.5,2024-01-30 21:00:00',
      '2024-01-30,12,9,11,2024-01-30 00:00:00',
    ].join('\n'),
  )
  const report = await imported(['--known-at', 'column:seen'])
  expect(report.symbols).toMatchObject([{ rows: 3, imported: 1, restated: 1, rejected: 1 }])
  expect(report.rejected).toMatchObject([
    { file: 'NYSE_GS.csv', row: 4, reason: 'known_too_early' },
  ])
  expect((await rowsOf('bars_1d')).map((row) => [row['close'], row['known_at']])).toEqual([
    [11, utc('2024-01-29T21:00:00Z')],
    [11.5, utc('2024-01-30T21:00:00Z')],
  ])
})

test('wrong rows are named and counted, right ones imported; an open bar waits', async () => {
  await given(
    'NASDAQ_AAPL.csv',
    '2024-01-29,10,12,9,11,100',
    '2024-01-30,10,9,12,11,100',
    '2024-01-31,10,12,9,eleven,100',
    '2024-02-01,10,12,9,11,100',
  )
  const { exitCode, out, err } = await run(['bars', '--from', 'in/NASDAQ_AAPL.csv'])
  expect(exitCode).toBe(0)
  expect(out).toMatch(/NASDAQ:AAPL +4 +1 +0 +0 +2 +2024-01-29 +2024-01-29/)
  expect(out).toContain('NASDAQ_AAPL.csv:3 NASDAQ:AAPL 2024-01-30: inconsistent')
  expect(out).toContain(
    'NASDAQ_AAPL.csv:4 NASDAQ:AAPL 2024-01-31: unreadable, close is no number: "eleven"',
  )
  expect(out).toContain('NASDAQ_AAPL.csv:5 NASDAQ:AAPL 2024-02-01\n')
  expect(err).toContain('warning: rows rejected: 2')
})

test('bars from a given time on are left for a later import', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100', '2024-01-30,10,12,9,11,100')
  const report = await imported(['--before', '2024-01-30'])
  expect(report.symbols).toMatchObject([{ rows: 2, imported: 1, later: 1 }])
  expect(report.options.before).toBe(utc('2024-01-30'))
  expect((await imported([])).symbols).toMatchObject([{ imported: 1, unchanged: 1 }])
})

test('a file without a usable bar is left out by name; when none has any, the answer is 1 and nothing is written', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,9,12,11,100')
  await given('NASDAQ_MSFT.csv', '2024-01-29,10,12,9,0,100')
  await writeFile(join(cwd, 'in', 'NASDAQ_NOTES.csv'), 'a,b\n1,2\n')
  const none = await run(['bars', '--from', 'in', '--json'])
  expect(none.exitCode).toBe(1)
  const report = JSON.parse(none.out) as BarsImport
  expect(report.left_out.map(({ symbol, reason }) => [symbol, reason.slice(0, 24)])).toEqual([
    ['NASDAQ:AAPL', 'no usable bar: 1 rejecte'],
    ['NASDAQ:MSFT', 'no usable bar: 1 rejecte'],
    ['NASDAQ:NOTES', 'no column timestamp (or '],
  ])
  expect(await entries('.')).toEqual(['in'])

  await given('NASDAQ_AMZN.csv', '2024-01-29,10,12,9,11,100')
  const some = await imported([])
  expect(some.symbols.map(({ symbol }) => symbol)).toEqual(['NASDAQ:AMZN'])
  expect(some.left_out).toHaveLength(3)
})

test('a damaged Parquet file stops the whole import before it writes: 3', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  await writeFile(join(cwd, 'in', 'NASDAQ_MSFT.parquet'), 'PAR1 and no more of it')
  const { exitCode, err, out } = await run(['bars', '--from', 'in', '--json'])
  expect(exitCode).toBe(3)
  expect(err).toContain('NASDAQ_MSFT.parquet')
  expect(err).toContain('Nothing was written, of the other files neither.')
  expect(err.match(/carry no checksums/g), 'said once of all Parquet files').toHaveLength(1)
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'corrupt_file', exit_code: 3 } })
  expect(await entries('data/runs')).toEqual([])
  expect(await entries('data/lakehouse/bars_1d/_delta_log')).toEqual([])
})

test('a file that cannot be read stops it likewise: 5', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  await symlink(join(cwd, 'gone.csv'), join(cwd, 'in', 'NASDAQ_MSFT.csv'))
  const { exitCode, err } = await run(['bars', '--from', 'in'])
  expect(exitCode).toBe(5)
  expect(err).toContain('NASDAQ_MSFT.csv cannot be read')
  expect(await entries('data/lakehouse/bars_1d/_delta_log')).toEqual([])
})

test('an interrupt ends the import before its commit: 5', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  const { exitCode } = await run(['bars', '--from', 'in'], { signal: AbortSignal.abort() })
  expect(exitCode).toBe(5)
  expect(await entries('data/lakehouse/bars_1d/_delta_log')).toEqual([])
})

test('a run id is for one set of inputs; the same inputs again keep its account', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  await imported(['--run-id', 'r1'])
  const artefact = join(cwd, 'data/runs/r1/bars_import.json')
  const account = await readFile(artefact, 'utf8')
  await imported(['--run-id', 'r1'], { now: () => NOW + DAY })
  expect(await readFile(artefact, 'utf8')).toBe(account)

  const refused = async (...args: string[]) => {
    const { exitCode, err } = await run(['bars', '--from', 'in', '--run-id', 'r1', ...args])
    expect(exitCode).toBe(2)
    return err
  }
  expect(await refused('--known-at', 'close+1')).toContain('--known-at differs')
  await given('NASDAQ_MSFT.csv', '2024-01-29,10,12,9,11,100')
  expect(await refused()).toContain('NASDAQ_MSFT.csv differs')
  await rm(join(cwd, 'in', 'NASDAQ_MSFT.csv'))
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11.5,100')
  expect(await refused()).toContain('NASDAQ_AAPL.csv differs')
  expect(await readFile(artefact, 'utf8')).toBe(account)
})

const STARTED = 'data/runs/r1/bars_import_started.json'

test('an import whose run folder cannot be written imports nothing: 5', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  await mkdir(join(cwd, 'data'))
  await writeFile(join(cwd, 'data/runs'), 'a file where a folder should be')
  const { exitCode, err } = await run(['bars', '--from', 'in', '--run-id', 'r1'])
  expect(exitCode).toBe(5)
  expect(err).toContain('data/runs/r1/bars_import.json cannot be read')
  expect(err).toContain('Nothing was touched.')
  expect(await entries('data/lakehouse/bars_1d/_delta_log')).toEqual([])
})

test('an import that cannot claim its run imports nothing: 5', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  await symlink('nowhere', join(cwd, 'in', 'loop'))
  const runs = join(cwd, 'in', 'loop')
  const { exitCode, err } = await run(['bars', '--from', 'in', '--runs', runs])
  expect(exitCode).toBe(5)
  expect(err).toContain('cannot be written')
  expect(err).toContain('Nothing was imported.')
  expect(await entries('data/lakehouse/bars_1d/_delta_log')).toEqual([])
})

test('when the account cannot be written at last, it is said that the bars are in; the same run completes it', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  const artefact = join(cwd, 'data/runs/r1/bars_import.json')
  const now = () => {
    if (existsSync(join(cwd, STARTED))) mkdirSync(artefact, { recursive: true })
    return NOW
  }
  const failed = await run(['bars', '--from', 'in', '--run-id', 'r1'], { now })
  expect(failed.exitCode).toBe(5)
  expect(failed.err).toContain('the bars are in, and the account of their import')
  expect(failed.err).toContain('The table bars_1d holds the bars of all 1 symbols (version 0).')
  expect(await rowsOf('bars_1d')).toHaveLength(1)
  expect(JSON.parse(await readFile(join(cwd, STARTED), 'utf8'))).toMatchObject({
    run_id: 'r1',
    files: [{ symbol: 'NASDAQ:AAPL', file: 'NASDAQ_AAPL.csv' }],
  })

  await rm(artefact, { recursive: true })
  const other = await run(['bars', '--from', 'in', '--run-id', 'r1', '--known-at', 'close+1'])
  expect(other.exitCode).toBe(2)
  expect(other.err).toContain('the run r1 has begun to import bars, and with other inputs')
  expect((await imported(['--run-id', 'r1'])).symbols).toMatchObject([{ unchanged: 1 }])
  expect(await entries('data/runs/r1')).toEqual(['bars_import.json'])
})

test('a damaged table names what was left and what to do: 3', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  await imported([])
  await writeFile(join(cwd, 'data/lakehouse/bars_1d/_delta_log/00000000000000000000.json'), '{"no')
  const { exitCode, err } = await run(['bars', '--from', 'in', '--run-id', 'r1'])
  expect(exitCode, err).toBe(3)
  expect(err).toContain('Nothing was imported: bars_1d and the registry are as they were.')
  expect(err).toContain('Restore the file')
  expect(await entries('data/runs/r1')).toEqual([])
})

test.each([
  [['--known-at', 'open'], '--known-at must be close'],
  [['--before', 'soon'], '--before must be a date'],
  [['--format', 'xml'], '--format'],
  [['--run-id', 'a b'], 'a run id holds only'],
  [['--lakehouse', 'http://host'], 's3:// URI'],
  [['--symbol', 'AAPL'], 'EXCHANGE:TICKER'],
])('the usage %j is refused with 2 and nothing is touched', async (args, words) => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  const { exitCode, err } = await run(['bars', '--from', 'in', ...args])
  expect(err).toContain(words)
  expect(exitCode).toBe(2)
  expect(await entries('.')).toEqual(['in'])
})

test.each([64, 150])('%i symbols arrive whole, in order and under one version', async (count) => {
  const names = Array.from({ length: count }, (_, at) => `S${String(at).padStart(3, '0')}`)
  for (const name of names)
    await given(`${name}.csv`, '2024-01-29,10,12,9,11,1', '2024-01-30,10,12,9,11,2')
  const report = await imported(['--exchange', 'NYSE'])
  expect(report).toMatchObject({ version: 0, registry: { opened: count } })
  const rows = await rowsOf('bars_1d')
  expect(rows.map((row) => row['symbol'])).toEqual(
    names.flatMap((name) => [`NYSE:${name}`, `NYSE:${name}`]),
  )
})

test('the example of the help works', async () => {
  const help = await run(['bars', '--help'])
  const example = help.out.trimEnd().split('\n').at(-1)?.trim().split(' ') ?? []
  expect(example[0]).toBe('fs-ingest')
  await mkdir(join(cwd, 'data/vendor'), { recursive: true })
  await writeFile(join(cwd, 'data/vendor/AAPL.csv'), `${HEADER}\n2024-01-29,10,12,9,11,100\n`)
  const { exitCode, err } = await run(example.slice(1))
  expect(exitCode, err).toBe(0)
})

test('the real binary imports and passes its exit code on', async () => {
  await given('NASDAQ_AAPL.csv', '2024-01-29,10,12,9,11,100')
  const main = resolve(import.meta.dirname, '../src/main.ts')
  const start = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['--conditions=@fs/source', main, ...args], { cwd })
  const { stdout } = await start('bars', '--from', 'in', '--json')
  expect((JSON.parse(stdout) as BarsImport).symbols).toMatchObject([{ imported: 1 }])
  await expect(start('bars')).rejects.toMatchObject({ code: 2 })
})
