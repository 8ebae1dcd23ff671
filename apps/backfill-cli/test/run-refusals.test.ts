import { computeFeatures } from '@fs/ratings'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BTC, ETH, SOL, TABLE, BARS, END, candidates, expectRefusal, usePlaces } from './places.ts'
import {
  barRows,
  columnOf,
  DAY,
  filesOf,
  fsBackfill,
  importBars,
  matrixOf,
  runReport,
  sliceBars,
  stateOf,
  unnamedFiles,
} from './store.ts'

const places = usePlaces()

test('a run id belongs to its inputs', async () => {
  const place = await places.withFeatures()
  const args = [...(await candidates(place, [BTC])), '--run-id', 'mine']
  await runReport(place, args)
  const before = await filesOf(place.folder)
  const other = [...(await candidates(place, [ETH], 'other.json')), '--run-id', 'mine']
  for (const [given, input] of [
    [other, 'candidates_sha256'],
    [[...args, '--policy', 'research'], 'policy'],
    [[...args, '--as-of', '2025-12-01'], 'as_of'],
    [[...other, '--dry-run'], 'candidates_sha256'],
    [['--all', '--run-id', 'mine'], 'candidates_sha256'],
  ] as const) {
    expectRefusal(
      await fsBackfill(place, ['run', ...given]),
      2,
      `${join(place.runs, 'mine')} belongs to a run that was begun with other inputs: ${input}`,
      'Nothing was touched.',
      '--run-id',
    )
  }
  await rm(join(place.folder, 'other.json'))
  expect(await filesOf(place.folder)).toEqual(before)
  expect((await runReport(place, args)).committed, 'with its own inputs it may go on').toBe(false)
})

test("another step's candidates in the folder of the run are not overwritten", async () => {
  const place = await places.withFeatures()
  await place.write('runs/taken/candidates.json', [ETH])
  expectRefusal(
    await fsBackfill(place, ['run', ...(await candidates(place, [BTC])), '--run-id', 'taken']),
    2,
    'other inputs: candidates_sha256',
  )
  const own = await runReport(place, ['--candidates', 'runs/taken/candidates.json'])
  expect(own.run_id, 'the folder of runs/ID/candidates.json is the id').toBe('taken')
})

test("what is no report in the run's folder is named", async () => {
  const place = await places.withFeatures()
  await place.write('runs/odd/backfill.json', '{ "inp')
  expectRefusal(
    await fsBackfill(place, ['run', '--all', '--run-id', 'odd']),
    5,
    `${join(place.runs, 'odd/backfill.json')} is no report of a backfill`,
  )
})

test('validation that fails leaves table and matrix as they were', async () => {
  const place = await places.withFeatures()
  const own = BARS.get(SOL)!
  const wrong = { ...own, close: own.close.map((close, i) => (i === 150 ? -close : close)) }
  await importBars(place.lakehouse, [barRows(SOL, wrong)], { restatedAt: END + DAY })
  const before = await stateOf(place)
  const args = [...(await candidates(place, [BTC, SOL])), '--run-id', 'bad']
  expectRefusal(
    await fsBackfill(place, ['run', ...args]),
    1,
    'validation failed: RANGE-01 on bars',
    SOL,
    'Nothing was committed. Table and matrix are as they were.',
    join(place.runs, 'bad/validation_report.json'),
  )
  expect(await stateOf(place)).toEqual(before)
  expect(await unnamedFiles(place, TABLE), 'what was written for it is gone').toEqual([])
  const kept = JSON.parse(await readFile(join(place.runs, 'bad/backfill.json'), 'utf8')) as object
  expect(kept).toMatchObject({ status: 'refused', validation: 'failed', committed: false })

  const dry = await fsBackfill(place, ['run', ...args, '--dry-run'])
  expectRefusal(dry, 1, 'validation failed: RANGE-01 on bars')
  expect(dry.err, 'a dry run keeps no report').not.toContain('validation_report.json')

  const report = await runReport(place, [...args.slice(0, 2), '--policy', 'research'])
  expect(report.validation, 'a milder policy only warns').toBe('warned')
})

test('symbols that cannot be used are named and left out while some remain', async () => {
  const place = await places.withBars()
  await importBars(place.lakehouse, [barRows('BINANCE:NEWUSDT', sliceBars(BARS.get(BTC)!, 0, 3))])
  const args = await candidates(place, ['BINANCE:NEWUSDT', BTC, 'BINANCE:NOPEUSDT'])
  const { code, out } = await fsBackfill(place, ['run', ...args, '--run-id', 'some'])
  expect(code).toBe(0)
  expect(out).toContain('BINANCE:NOPEUSDT (unknown: no bars were imported for it)')
  const kept = JSON.parse(await readFile(join(place.runs, 'some/backfill.json'), 'utf8')) as object
  expect(kept).toMatchObject({
    left_out: [
      { symbol: 'BINANCE:NOPEUSDT', reason: 'unknown: no bars were imported for it' },
      { symbol: 'BINANCE:NEWUSDT', reason: 'too few bars: has 3, the first value needs 10' },
    ],
    symbols: [{ symbol: BTC }],
  })
})

test('when none remains the run ends with 1', async () => {
  const place = await places.withFeatures()
  await importBars(place.lakehouse, [barRows('BINANCE:NEWUSDT', sliceBars(BARS.get(BTC)!, 0, 3))])
  const before = await stateOf(place)
  for (const [list, text] of [
    [['BINANCE:NOPEUSDT'], 'BINANCE:NOPEUSDT (unknown: no bars were imported for it)'],
    [['BINANCE:NEWUSDT'], 'BINANCE:NEWUSDT (too few bars: has 3, the first value needs 10)'],
  ] as const) {
    expectRefusal(
      await fsBackfill(place, ['run', ...(await candidates(place, list))]),
      1,
      `no symbol can be computed: ${text}`,
      'Table and matrix are as they were.',
    )
  }
  expectRefusal(
    await fsBackfill(place, ['run', '--all', '--as-of', '2001-01-01']),
    1,
    'no bars known at the as-of time',
  )
  expect(await stateOf(place)).toEqual(before)
})

test('a lakehouse without bars is named', async () => {
  const place = await places.empty()
  expectRefusal(
    await fsBackfill(place, ['run', '--all']),
    1,
    `there are no bars in the lakehouse`,
    place.lakehouse,
  )
  expect(await filesOf(place.folder), 'nothing is created').toEqual({})
  expect(existsSync(place.lakehouse)).toBe(false)
})

test('without candidates or --all the run is refused', async () => {
  const place = await places.withFeatures()
  const before = await filesOf(place.folder)
  expectRefusal(await fsBackfill(place, ['run']), 2, 'no candidates were given', '--all')
  const both = await fsBackfill(place, ['run', '--all', '--candidates', 'candidates.json'])
  expectRefusal(both, 2, '--candidates and --all exclude each other')
  expect(await filesOf(place.folder)).toEqual(before)
})

test.each([
  ['a missing file', null, 'does not exist', 'missing_file'],
  ['unreadable JSON', '[ "BINANCE:BTCUSDT"', 'no JSON', 'invalid_json'],
  ['no list', '{ "tickers": [] }', 'must be a list', 'not_candidates'],
  ['an empty list', '[]', 'empty', 'empty_list'],
  ['a malformed entry', '["BINANCE:BTCUSDT", { "ticker": "X" }]', 'index 1', 'malformed_entry'],
  ['a symbol without exchange', '["BTCUSDT"]', 'index 0', 'malformed_entry'],
])('candidates: %s is refused with an error of its own', async (_, text, message, code) => {
  const place = await places.withFeatures()
  const file = join(place.folder, 'list.json')
  if (text !== null) await writeFile(file, text)
  const before = await filesOf(place.folder)
  const ended = await fsBackfill(place, ['run', '--candidates', file, '--json'])
  expectRefusal(ended, 2, file, message, 'Nothing was touched.')
  expect(JSON.parse(ended.out)).toMatchObject({ error: { code, exit_code: 2 } })
  expect(await filesOf(place.folder)).toEqual(before)
})

test('duplicates collapse, order does not matter', async () => {
  const place = await places.withFeatures()
  const args = await candidates(place, [ETH, BTC, ETH])
  const { code, err } = await fsBackfill(place, ['run', ...args])
  expect(code).toBe(0)
  expect(err).toContain('1 duplicate candidates collapsed')
})

test('a folder in the place of the candidates is an unreadable input', async () => {
  const place = await places.withFeatures()
  const ended = await fsBackfill(place, ['run', '--candidates', place.runs])
  expectRefusal(ended, 5, place.runs, 'cannot be read')
})

test.each([
  [['--formula', 'tradingview'], "features/local_1d is computed by the formula 'institutional'"],
  [['--formula', 'mine'], "there is no formula 'mine'"],
  [['--features', 'rsi'], 'features/local_1d does not hold rsi'],
  [['--features', 'recommend_all,nope'], "there is no feature 'nope'"],
  [['--features', 'recommend_all,recommend_all'], "'recommend_all' is named twice"],
  [['--features', ''], "there is no feature ''"],
  [['--table', 'local_1d'], "'local_1d' cannot be a feature table"],
  [['--table', 'features/tv_technicals_4h'], 'cannot be a feature table'],
  [['--table', 'features/../bars_1d'], 'cannot be a feature table'],
  [['--policy', 'nope'], "'nope' is no policy and no file"],
  [['--run-id', '../x'], 'a run id holds only letters'],
  [['--output', 'lakehouse'], 'lakehouse is a folder'],
  [['--output', 'matrix.csv'], 'its name must end in .parquet'],
  [['--workers', '0'], 'must be a positive whole number'],
  [['--as-of', 'yesterday'], 'must be Unix seconds or an ISO date'],
  [['--as-of', '2025'], 'must be Unix seconds'],
  [['--as-of', '1767139200000'], 'not milliseconds'],
  [['--as-of', '2025-02-30'], 'must be Unix seconds or an ISO date'],
  [['--lakehouse', 's3://bucket/lake'], 's3://'],
])('%j is refused with exit code 2', async (args, text) => {
  const place = await places.withFeatures()
  const before = await filesOf(place.folder)
  const ended = await fsBackfill(place, ['run', '--all', ...args])
  expectRefusal(ended, 2, text)
  expect(await filesOf(place.folder)).toEqual(before)
})

test('a table decides its features: naming some of them computes all', async () => {
  const place = await places.withBars()
  const args = await candidates(place, [BTC])
  const features = ['--features', 'rsi, recommend_all ,volatility_20d']
  const first = await runReport(place, [...args, ...features])
  expect(first.inputs.features).toEqual(['rsi', 'recommend_all', 'volatility_20d'])
  const second = await runReport(place, [...args, '--features', 'rsi'])
  expect(second.inputs.features).toEqual(['rsi', 'recommend_all', 'volatility_20d'])
  expect(second.committed).toBe(false)
  const matrix = await matrixOf(place)
  const expected = computeFeatures(BARS.get(BTC)!, ['rsi', 'volatility_20d'])
  expect([...columnOf(matrix, BTC, 'rsi')]).toEqual([...expected.rsi])
  expect([...columnOf(matrix, BTC, 'volatility_20d')]).toEqual([...expected.volatility_20d])
})

test('a table that fs-backfill did not make is refused', async () => {
  const place = await places.withBars()
  const ended = await fsBackfill(place, ['run', '--all', '--table', 'features/foreign'])
  expect(ended.code).toBe(0)
  const log = join(place.lakehouse, 'features/foreign/_delta_log/00000000000000000000.json')
  await writeFile(log, (await readFile(log, 'utf8')).replaceAll('fs.formula', 'xx.formula'))
  expectRefusal(
    await fsBackfill(place, ['run', '--all', '--table', 'features/foreign']),
    2,
    'features/foreign was not made by fs-backfill',
  )
})

test('a policy may be a file', async () => {
  const place = await places.withBars()
  const own = BARS.get(SOL)!
  const wrong = { ...own, close: own.close.map((close, i) => (i === 150 ? -close : close)) }
  await importBars(place.lakehouse, [barRows(SOL, wrong)], { restatedAt: END + DAY })
  const policy = await place.write('policy.json', {
    id: 'mild',
    version: 1,
    checks: { 'RANGE-01': { severity: 'W' } },
  })
  const args = ['--all', '--policy', policy]
  const report = await runReport(place, args)
  expect(report.validation).toBe('warned')
  expect(report.inputs.policy).toMatch(/^[0-9a-f]{64}$/)
  for (const [content, text] of [
    ['{', 'policy.json: '],
    ['{ "id": "x", "version": 1, "checks": { "NOPE-01": {} } }', 'checks.NOPE-01 is not a check'],
  ] as const) {
    await writeFile(policy, content)
    expectRefusal(await fsBackfill(place, ['run', ...args]), 2, text, 'Nothing was touched.')
  }
})

test.each(['strict', 'research', 'compat'])(
  'bars that stopped long ago pass the policy %s: freshness is not for a backfill',
  async (policy) => {
    const place = await places.withBars()
    await rm(join(place.lakehouse, 'bars_1d'), { recursive: true })
    const ended = { ...BARS.get(BTC)!, close: BARS.get(BTC)!.close.slice() }
    ended.close.fill(Number.NaN, 220)
    await importBars(place.lakehouse, [barRows(BTC, ended)])
    const report = await runReport(place, ['--all', '--policy', policy])
    expect(report.validation).toBe('warned')
  },
)

test('a run folder that cannot be made is named before anything is computed', async () => {
  const place = await places.withFeatures()
  const before = await stateOf(place)
  await writeFile(join(place.folder, 'blocked'), 'a file where a folder should be')
  await rm(place.runs, { recursive: true, force: true })
  await writeFile(place.runs, 'a file where a folder should be')
  const blocked = await fsBackfill(place, ['run', '--all', '--run-id', 'y'])
  expect(blocked.code).toBe(5)
  expect(blocked.err).toContain(join(place.runs, 'y/backfill.json'))
  expect(await stateOf(place)).toEqual(before)
})
