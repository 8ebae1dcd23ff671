import { computeFeatures } from '@fs/ratings'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BTC, ETH, SOL, AAPL, RATINGS, TABLE, BARS, END, candidates, usePlaces } from './places.ts'
import {
  barRows,
  columnOf,
  damageBars,
  DAY,
  filesOf,
  fsBackfill,
  importBars,
  matrixOf,
  rowsOf,
  runReport,
  sliceBars,
  stateOf,
} from './store.ts'

const places = usePlaces()

test('a first run computes the candidates into table, matrix and run folder', async () => {
  const place = await places.withBars()
  const report = await runReport(place, [
    ...(await candidates(place, [SOL, BTC])),
    '--run-id',
    'first',
    '--profile',
    'crypto',
  ])
  expect(report).toMatchObject({
    run_id: 'first',
    profile: 'crypto',
    status: 'done',
    table_version: 0,
    committed: true,
    rows: { added: 460, restated: 0, unchanged: 0 },
    validation: 'passed',
    as_of: END,
    matrix: { path: place.master, rows: 230, columns: 6 },
    left_out: [],
    also_refreshed: [],
  })
  expect(report.symbols.map(({ symbol }) => symbol)).toEqual([BTC, SOL])

  const expected = computeFeatures(BARS.get(BTC)!, RATINGS, { formula: 'institutional' })
  const rows = (await rowsOf(place)).filter(({ symbol }) => symbol === BTC)
  const matrix = await matrixOf(place)
  for (const name of RATINGS) {
    expect(
      rows.map((row) => row[name]),
      'what the package computes',
    ).toEqual([...expected[name]])
    expect([...columnOf(matrix, BTC, name)]).toEqual([...expected[name]])
  }
  expect(rows.every((row) => row.known_at === row.timestamp + DAY)).toBe(true)
  expect(new Set(rows.map((row) => `${row.source} ${row.run_id}`))).toEqual(
    new Set(['computed first']),
  )
  expect([...matrix.timestamps]).toEqual([...BARS.get(BTC)!.timestamp])
  expect(matrix.description).toMatchObject({
    formula: 'institutional',
    table: TABLE,
    tableVersion: 0,
    runId: 'first',
    retrieved: {},
    filled: {},
  })

  const run = await filesOf(join(place.runs, 'first'))
  expect(Object.keys(run)).toEqual([
    'backfill.json',
    'candidates.json',
    'features_matrix.parquet',
    'validation_report.json',
  ])
  const master = (await stateOf(place))['features_matrix.parquet']
  expect(run['features_matrix.parquet'], 'the run keeps the matrix it made').toBe(master)
  expect(report.matrix!.sha256).toBe(master)
  const kept = JSON.parse(await readFile(join(place.runs, 'first/backfill.json'), 'utf8')) as object
  const { seconds: _, ...said } = report
  expect(kept, 'what is printed is what is kept').toEqual(said)
})

test('a second run changes nothing, whatever its id', async () => {
  const place = await places.withFeatures()
  const before = await filesOf(place.lakehouse)
  const report = await runReport(place, [
    ...(await candidates(place, [BTC, ETH])),
    '--run-id',
    'again',
  ])
  expect(report).toMatchObject({
    committed: false,
    table_version: 0,
    rows: { added: 0, restated: 0, unchanged: 460 },
    also_refreshed: [],
  })
  expect(await filesOf(place.lakehouse)).toEqual(before)
  expect(report.matrix!.sha256, 'the run stands for the matrix as it is').toBe(
    before['features_matrix.parquet'],
  )
  expect(existsSync(join(place.runs, 'again/features_matrix.parquet'))).toBe(true)
})

test('a run for other symbols leaves the columns of the first bit for bit as they were', async () => {
  const place = await places.withFeatures()
  const before = await matrixOf(place)
  const report = await runReport(place, await candidates(place, [AAPL, SOL], 'more.json'))
  expect(report.also_refreshed).toEqual([])
  const after = await matrixOf(place)
  expect(after.columns.slice(0, 6).map(({ symbol, feature }) => [symbol, feature])).toEqual(
    before.columns.map(({ symbol, feature }) => [symbol, feature]),
  )
  for (const { symbol, feature, values } of before.columns) {
    const now = columnOf(after, symbol, feature)
    expect(Buffer.from(now.buffer, now.byteOffset, now.byteLength)).toEqual(
      Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    )
  }
  const missing = columnOf(after, AAPL, 'recommend_all')
  const sessions = new Set(BARS.get(AAPL)!.timestamp)
  after.timestamps.forEach((time, row) => {
    if (!sessions.has(time)) expect(missing[row], 'no bar at a weekend, no value').toBeNaN()
  })
})

test('new bars add rows and leave those before', async () => {
  const place = await places.withBars()
  await rm(join(place.lakehouse, 'bars_1d'), { recursive: true })
  const own = BARS.get(BTC)!
  await importBars(place.lakehouse, [barRows(BTC, sliceBars(own, 0, 200))])
  const args = await candidates(place, [BTC])
  await runReport(place, args)
  await importBars(place.lakehouse, [barRows(BTC, own)])
  const report = await runReport(place, args)
  expect(report.rows).toEqual({ added: 30, restated: 0, unchanged: 200 })
  expect([...columnOf(await matrixOf(place), BTC, 'recommend_all')]).toEqual([
    ...computeFeatures(own, RATINGS).recommend_all,
  ])
})

test('--all takes every symbol there are bars for', async () => {
  const place = await places.withBars()
  const report = await runReport(place, ['--all'])
  expect(report.symbols.map(({ symbol }) => symbol)).toEqual([...BARS.keys()].toSorted())
  expect(report.inputs.candidates_sha256).toBeNull()
  expect(existsSync(join(place.runs, report.run_id, 'candidates.json'))).toBe(false)
})

test('two threads or one: the same bytes', async () => {
  // Copies of one store, as a matrix names the identity of its table.
  const place = await places.withFeatures()
  const other = await places.withFeatures()
  await runReport(place, ['--all', '--run-id', 'same', '--workers', '1'], { threads: 'own' })
  await runReport(other, ['--all', '--run-id', 'same', '--workers', '2'], { threads: 'own' })
  expect((await stateOf(other))['features_matrix.parquet']).toBe(
    (await stateOf(place))['features_matrix.parquet'],
  )
  expect(await rowsOf(other)).toEqual(await rowsOf(place))
})

test('--dry-run says what would change and changes no byte', async () => {
  const place = await places.withFeatures()
  const args = await candidates(place, [SOL, 'BINANCE:NOPEUSDT'], 'more.json')
  const before = await filesOf(place.folder)
  const report = await runReport(place, [...args, '--dry-run', '--run-id', 'maybe'])
  expect(report).toMatchObject({
    status: 'planned',
    committed: false,
    matrix: null,
    validation: 'passed',
    rows: { added: 230, restated: 0, unchanged: 0 },
    left_out: [{ symbol: 'BINANCE:NOPEUSDT' }],
  })
  expect(report.symbols.map(({ symbol }) => symbol)).toEqual([SOL])
  const { code, out } = await fsBackfill(place, ['run', ...args, '--dry-run'])
  expect(code).toBe(0)
  expect(out).toContain('would write  230 new, 0 restated, 0 unchanged')
  expect(out).toContain('nothing was changed (--dry-run)')
  expect(await filesOf(place.folder)).toEqual(before)
})

test('--dry-run on a store without features writes nothing either', async () => {
  const place = await places.withBars()
  const before = await filesOf(place.folder)
  const { out } = await fsBackfill(place, ['run', '--all', '--dry-run'])
  expect(out).toContain('features/local_1d (new)')
  expect(await filesOf(place.folder)).toEqual(before)
})

test('a profile names candidates, table, formula and matrix', async () => {
  const place = await places.withBars()
  await place.write('fs.config.json', {
    profiles: {
      parity: {
        candidates: 'lists/parity.json',
        table: 'features/parity_1d',
        output: 'parity.parquet',
        formula: 'tradingview',
        features: ['recommend_all'],
        policy: 'research',
      },
    },
  })
  await place.write('lists/parity.json', [BTC])
  for (const args of [
    ['--profile', 'parity'],
    ['--candidates', 'lists/parity.json'],
  ]) {
    const report = await runReport(place, args)
    expect(report).toMatchObject({
      profile: 'parity',
      inputs: {
        table: 'features/parity_1d',
        formula: 'tradingview',
        features: ['recommend_all'],
        output: join(place.folder, 'parity.parquet'),
        policy: 'research',
      },
    })
  }
})

test('an interrupt before the commit leaves the store as it was and ends with 5', async () => {
  const place = await places.withFeatures()
  const before = await stateOf(place)
  const interrupt = new AbortController()
  let steps = ''
  const stderr = {
    write(text: string) {
      steps += text
      if (text.startsWith('compute')) interrupt.abort()
    },
  }
  const args = [...(await candidates(place, [SOL])), '--run-id', 'cut']
  const ended = await fsBackfill(place, ['run', ...args], {
    signal: interrupt.signal,
    stderr,
    threads: 'own',
  })
  expect(ended.code).toBe(5)
  expect(steps).toContain('error: ')
  expect(steps).toContain('Table and matrix are as they were.')
  expect(steps).toContain('Run the same command again')
  expect(await stateOf(place)).toEqual(before)
  const kept = JSON.parse(await readFile(join(place.runs, 'cut/backfill.json'), 'utf8')) as object
  expect(kept, 'an unfinished run says so').toMatchObject({ status: 'started' })
  expect((await runReport(place, args)).status).toBe('done')
})

test('an interrupt between table and matrix says that the table is complete', async () => {
  const place = await places.withFeatures()
  const interrupt = new AbortController()
  let said = ''
  const stderr = {
    write(text: string) {
      said += text
      if (text.startsWith('save the matrix')) interrupt.abort()
    },
  }
  const args = await candidates(place, [SOL])
  const ended = await fsBackfill(place, ['run', ...args], {
    signal: interrupt.signal,
    stderr,
    threads: 'own',
  })
  expect(ended.code).toBe(5)
  expect(said).toContain('The table features/local_1d is complete (version 1)')
  expect((await matrixOf(place)).description.tableVersion).toBe(0)
  await runReport(place, args)
  expect((await matrixOf(place)).description.tableVersion).toBe(1)
})

test('the printed report fits the terminal and names what a person looks for', async () => {
  const place = await places.withFeatures()
  for (const columns of [80, 160]) {
    let out = ''
    const stdout = { write: (text: string) => (out += text), columns }
    const args = [...(await candidates(place, [BTC, SOL])), '--run-id', `w${columns}`]
    const { code } = await fsBackfill(place, ['run', ...args], { stdout })
    expect(code).toBe(0)
    const lines = out.split('\n').filter((line) => !/\/backfill-/.test(line))
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns)
    expect(out).toMatch(/symbol +last bar/)
    expect(out).toContain('label')
    expect(out).toContain('validation  passed')
    expect(out).toContain(`kept in     ${join(place.runs, `w${columns}`)}`)
  }
})

test("one vendor's value and several are said as a person says it", async () => {
  const of = (symbol: string) => ({ symbol, 'Recommend.All': 0.5, retrieved_at: END - 60 })
  for (const [list, text] of [
    [[of(BTC), SOL], '1 symbol shows'],
    [[of(BTC), of(SOL)], '2 symbols show'],
  ] as const) {
    const place = await places.withBars()
    const { out } = await fsBackfill(place, ['run', ...(await candidates(place, list))])
    expect(out).toContain(`vendor      ${text} the vendor's value on the last bar`)
  }
})

test('progress is a bar on a terminal, and a failure does not write into its line', async () => {
  const place = await places.withFeatures()
  let time = END
  const args = await candidates(place, [SOL])
  const given = { terminal: true, now: () => (time += 0.05) }
  const { code, err } = await fsBackfill(place, ['run', ...args], given)
  expect(code).toBe(0)
  expect(err).toContain('compute [........................] 0/1 symbols')
  expect(err).toContain('compute [########################] 1/1 symbols')
  expect(err, 'the bar ends with its line').toMatch(/1\/1 symbols [^\n]*\n/)

  const quiet = await fsBackfill(place, ['run', ...args, '--quiet'], given)
  expect(quiet.err).toBe('')

  await damageBars(place)
  const damaged = await fsBackfill(place, ['run', ...args], given)
  expect(damaged.code).toBe(3)
  expect(damaged.err).toMatch(/\nerror: /)
})

test('help is complete and its example is understood', async () => {
  const place = await places.withFeatures()
  const { code, out } = await fsBackfill(place, ['run', '--help'])
  expect(code).toBe(0)
  const options =
    'candidates all output table formula features policy as-of workers strict-scope dry-run ' +
    'lakehouse runs run-id profile json quiet no-color'
  for (const option of options.split(' ')) expect(out).toContain(`--${option}`)
  const example = /Example:\n +fs-backfill (.+)\n/.exec(out)![1]!.split(' ')
  await place.write(example.at(-1)!, [BTC])
  const ended = await fsBackfill(place, [...example, '--dry-run'])
  expect(ended.code).toBe(0)
})
