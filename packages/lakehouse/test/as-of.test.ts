import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AsOfOptions,
  type Columns,
  concatRows,
  isLakehouseError,
  openLakehouse,
  type Table,
  type TableColumn,
} from '../src/index.ts'
import { answerOf } from './brute-force.ts'
import { putForeignTable } from './foreign-table.ts'
import { columnsOf, rowsOf, tableOf, temporaryLake, valueColumns } from './tables.ts'

const NOW = 1_000_000
const lake = temporaryLake({ now: () => NOW })
const text = (name: string): TableColumn => ({ name, type: 'string', nullable: true })

type Row = Record<string, string | number | null>

async function table(
  name: string,
  rows: readonly Row[],
  values: (string | TableColumn)[] = ['value'],
  keyParts: string[] = [],
): Promise<Table> {
  const columns = valueColumns(...values)
  return await tableOf(
    lake,
    name,
    columns,
    [columnsOf(rows, columns)],
    ['symbol', 'timestamp', ...keyParts],
  )
}

async function codeOf(read: Promise<unknown>): Promise<string> {
  try {
    await read
  } catch (error) {
    if (isLakehouseError(error)) return error.code
    throw error
  }
  return 'no error'
}

// --- random tables: each symbol is a case of its own ------------------------------------------------------------------

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { freq: 8 })
const time = fc.integer({ min: 0, max: 24 })
const symbolRows = fc.uniqueArray(
  fc.record({
    timestamp: time,
    known_at: maybe(time),
    source: fc.constantFrom('computed', 'computed', 'retrieved'),
    value: maybe(fc.nat(99)),
  }),
  { maxLength: 20, selector: (row) => `${row.timestamp} ${row.known_at} ${row.source}` },
)
const RANDOM_COLUMNS = valueColumns('value', text('source'))
const [cases] = fc.sample(fc.array(symbolRows, { minLength: 1000, maxLength: 1000 }), {
  seed: 20_260_116,
  numRuns: 1,
}) as [{ timestamp: number; known_at: number | null; source: string; value: number | null }[][]]
const randomRows = cases.flatMap((rows, index) =>
  rows.map((row) => ({ symbol: `X:${String(index).padStart(4, '0')}`, ...row })),
)
const [spineTimes] = fc.sample(
  fc.array(maybe(fc.integer({ min: -2, max: 40 })), { minLength: 4000, maxLength: 4000 }),
  { seed: 7, numRuns: 1 },
) as [(number | null)[]]
// Symbols in turn, one of them unknown: every symbol's questions lie apart.
const spine = spineTimes.map((asOf, i) => ({
  symbol: i % 50 === 0 ? 'X:unknown' : `X:${String((i * 7) % 1000).padStart(4, '0')}`,
  asOf,
}))

/** The rows cut into files of arbitrary rows, so that each symbol lies in several. */
function intoFiles(rows: readonly Row[], files: number, shift: number): Columns[] {
  return Array.from({ length: files }, (_, file) =>
    columnsOf(
      rows.filter((_row, i) => (i * 31 + shift) % files === file),
      RANDOM_COLUMNS,
    ),
  )
}

const READS: readonly AsOfOptions[] = [
  {},
  { ttl: 0 },
  { ttl: 5, embargo: 2 },
  { strict: true },
  { strict: true, embargo: 3, ttl: 9 },
  { hindsight: true },
  { hindsight: true, ttl: 4, strict: true },
  { source: 'retrieved' },
]

test('agreement: a table answers 1,000 random symbols as a filter and a maximum do', async () => {
  const random = await tableOf(lake, 'random', RANDOM_COLUMNS, intoFiles(randomRows, 3, 0), [
    'symbol',
    'timestamp',
    'source',
  ])
  for (const options of READS) {
    const { rows, report } = await random.asOf(spine, { columns: ['value'], ...options })
    const rule = { embargo: 0, strict: false, hindsight: false, ...options }
    const expected = spine.map(({ symbol, asOf }) => {
      const own = randomRows.filter(
        (row) => row.symbol === symbol && row.source === (options.source ?? 'computed'),
      )
      const at = answerOf(own, asOf, rule)
      return { symbol, asOf, value: own[at]?.value ?? null, found: at >= 0 }
    })
    expect(rowsOf(rows), JSON.stringify(options)).toEqual(
      expected.map(({ found: _found, ...row }) => row),
    )
    expect(report.answered).toBe(expected.filter(({ found }) => found).length)
    expect(report).toMatchObject({ rows: 4000, tied: 0, hindsight: options.hindsight ?? false })
  }
})

test('permutation: commits, files, questions and threads do not change an answer', async () => {
  const key = ['symbol', 'timestamp', 'source']
  const one = lake.table('random')
  const other = await tableOf(
    lake,
    'random_shuffled',
    RANDOM_COLUMNS,
    intoFiles(randomRows.toReversed(), 5, 3),
    key,
  )
  const order = spine.map((_, i) => (i * 1009) % spine.length)
  const expected = rowsOf((await one.asOf(spine)).rows)
  expect(rowsOf((await other.asOf(spine)).rows)).toEqual(expected)
  expect(rowsOf((await other.asOf(order.map((i) => spine[i]!))).rows)).toEqual(
    order.map((i) => expected[i]),
  )
  await using threads = openLakehouse(lake.store.uri, { workers: 3 })
  expect(rowsOf((await threads.table('random').asOf(spine)).rows)).toEqual(expected)
})

test('decomposition: symbols and times at once are symbols and times one by one', async () => {
  const random = lake.table('random')
  const some = spine.slice(0, 12)
  const together = rowsOf((await random.asOf(some)).rows)
  const apart: Row[] = []
  for (const question of some) apart.push(...rowsOf((await random.asOf([question])).rows))
  expect(apart).toEqual(together)
})

test('truncation: a table without the rows known later answers the same', async () => {
  const cut = 12
  const known = randomRows.filter((row) => row.known_at !== null && row.known_at <= cut)
  const truncated = await tableOf(
    lake,
    'random_truncated',
    RANDOM_COLUMNS,
    intoFiles(known, 2, 1),
    ['symbol', 'timestamp', 'source'],
  )
  const questions = spine.filter(({ asOf }) => asOf === null || asOf >= cut)
  const whole = await lake.table('random').asOf(questions, { knownAt: cut })
  expect((await truncated.asOf(questions, { knownAt: cut })).rows).toEqual(whole.rows)
  const early = spine.filter(({ asOf }) => asOf !== null && asOf <= cut)
  expect((await truncated.asOf(early)).rows).toEqual((await lake.table('random').asOf(early)).rows)
})

test('one rule: asOf, snapshot and latest agree', async () => {
  const random = lake.table('random')
  const symbols = [...new Set(randomRows.map((row) => row.symbol))].toSorted()
  for (const date of [0, 7, 12, 30]) {
    const asOf = rowsOf(
      (await random.asOf(symbols.map((symbol) => ({ symbol, asOf: date })))).rows,
    ).map(({ symbol, value }) => ({ symbol, value }))
    const universe = rowsOf((await random.snapshot(date)).rows)
    const members = new Set(
      randomRows
        .filter(
          (row) =>
            row.source === 'computed' &&
            row.timestamp <= date &&
            row.known_at !== null &&
            row.known_at <= date,
        )
        .map((row) => row.symbol),
    )
    expect(universe).toEqual(asOf.filter((row) => members.has(row.symbol as string)))
  }
  const latest = await random.latest()
  expect(rowsOf(latest.rows)).toEqual(rowsOf((await random.snapshot(NOW)).rows))
  const some = symbols.slice(3, 6).toReversed()
  const { rows, age } = await random.latest(some, { provenance: true })
  expect(rows['symbol']).toEqual(some)
  expect([...age]).toEqual(
    [...(rows['timestamp'] as Float64Array)].map((timestamp) => NOW - timestamp),
  )
})

test('idempotence: ingesting a batch twice changes neither answers nor version', async () => {
  const bars = lake.table('twice', {
    schema: { columns: valueColumns('value'), time: 'timestamp', key: ['symbol', 'timestamp'] },
  })
  const batch = columnsOf(
    [
      { symbol: 'A', timestamp: 1, known_at: 2, value: 1 },
      { symbol: 'A', timestamp: 2, known_at: 3, value: null },
    ],
    valueColumns('value'),
  )
  await bars.upsertSymbols([batch], { runId: 'first' })
  const before = await bars.asOf([{ symbol: 'A', asOf: 5 }])
  await bars.upsertSymbols([batch], { runId: 'second' })
  const after = await bars.asOf([{ symbol: 'A', asOf: 5 }])
  expect(after.rows).toEqual(before.rows)
  expect(after.report.version).toBe(before.report.version)
})

// --- single rules ----------------------------------------------------------------------------------------------------

test('the newest row answers as a whole: its missing value is not filled from an older row', async () => {
  const rows = await table(
    'row_wise',
    [
      { symbol: 'A', timestamp: 1, known_at: 1, rsi: 50, adx: 20 },
      { symbol: 'A', timestamp: 2, known_at: 2, rsi: null, adx: 25 },
    ],
    ['rsi', 'adx'],
  )
  const question = [{ symbol: 'A', asOf: 3 }]
  expect(rowsOf((await rows.asOf(question)).rows)[0]).toMatchObject({ rsi: null, adx: 25 })
  expect(rowsOf((await rows.asOf(question, { carry: { rsi: 2 } })).rows)[0]).toMatchObject({
    rsi: 50,
    rsi_carried_from: 1,
    adx: 25,
  })
  expect(rowsOf((await rows.asOf(question, { carry: { rsi: 1 } })).rows)[0]).toMatchObject({
    rsi: null,
    rsi_carried_from: null,
  })
})

test('a value that was taken back is not carried forward', async () => {
  const rows = await table('taken_back', [
    { symbol: 'A', timestamp: 1, known_at: 1, value: 10 },
    { symbol: 'A', timestamp: 2, known_at: 2, value: 20 },
    { symbol: 'A', timestamp: 2, known_at: 4, value: null },
    { symbol: 'A', timestamp: 3, known_at: 3, value: null },
  ])
  const { rows: answers } = await rows.asOf(
    [
      { symbol: 'A', asOf: 3 },
      { symbol: 'A', asOf: 4 },
    ],
    { carry: { value: 100 } },
  )
  expect(answers['value']).toEqual(Float64Array.of(20, 10))
  expect(answers['value_carried_from']).toEqual(Float64Array.of(2, 1))
})

test('provenance says which row answered and which version of the table', async () => {
  const rows = await table(
    'provenance',
    [{ symbol: 'A', timestamp: 1, known_at: 2, value: 1, source: 'computed', run_id: 'r' }],
    ['value', text('source'), text('run_id')],
  )
  const { rows: answers } = await rows.asOf(
    [
      { symbol: 'A', asOf: 5 },
      { symbol: 'B', asOf: 5 },
    ],
    { provenance: true },
  )
  expect(rowsOf(answers)).toEqual([
    {
      symbol: 'A',
      asOf: 5,
      value: 1,
      timestamp: 1,
      known_at: 2,
      source: 'computed',
      run_id: 'r',
      version: 0,
    },
    {
      symbol: 'B',
      asOf: 5,
      value: null,
      timestamp: null,
      known_at: null,
      source: null,
      run_id: null,
      version: null,
    },
  ])
})

test('a pinned version answers as the table was', async () => {
  const columns = valueColumns('value')
  const grown = await tableOf(
    lake,
    'grown',
    columns,
    [1, 2].map((time) =>
      columnsOf([{ symbol: 'A', timestamp: time, known_at: 1, value: time }], columns),
    ),
  )
  const question = [{ symbol: 'A', asOf: 9 }]
  expect((await grown.asOf(question, { version: 0 })).rows['value']).toEqual(Float64Array.of(1))
  expect((await grown.asOf(question)).rows['value']).toEqual(Float64Array.of(2))
  expect(await codeOf(grown.asOf(question, { version: 2 }))).toBe('version_not_available')
})

test('a tie of foreign rows goes to the later in the log, is counted, and refused on request', async () => {
  const columns = valueColumns('value')
  const tied = await tableOf(
    lake,
    'tied',
    columns,
    [1, 2].map((value) => columnsOf([{ symbol: 'A', timestamp: 1, known_at: 1, value }], columns)),
  )
  const questions = [
    { symbol: 'A', asOf: 1 },
    { symbol: 'A', asOf: 2 },
    { symbol: 'A', asOf: 0 },
  ]
  const { rows, report } = await tied.asOf(questions)
  expect(rows['value']).toEqual(Float64Array.of(2, 2, Number.NaN))
  expect(report).toMatchObject({
    answered: 2,
    tied: 2,
    ties: [{ symbol: 'A', timestamp: 1, known_at: 1 }],
  })
  await expect(tied.asOf(questions, { onDuplicate: 'error' })).rejects.toMatchObject({
    code: 'ambiguous_rows',
    message: expect.stringContaining('A at 1, known at 1') as string,
  })
  expect(await codeOf(tied.asOf([questions[2]!], { onDuplicate: 'error' }))).toBe('no error')
})

test('of two snapshots of one second the greater run answers, and that is no tie', async () => {
  const snapshots = await table(
    'snapshots',
    [
      { symbol: 'A', timestamp: 1, known_at: 1, value: 2, run_id: 'run-2' },
      { symbol: 'A', timestamp: 1, known_at: 1, value: 1, run_id: 'run-1' },
    ],
    ['value', text('run_id')],
    ['run_id'],
  )
  const { rows, report } = await snapshots.asOf([{ symbol: 'A', asOf: 1 }])
  expect(rows['value']).toEqual(Float64Array.of(2))
  expect(report.tied).toBe(0)
})

test('keys of several parts are compared part by part, and no key answers for another', async () => {
  const rows = await table(
    'composite',
    [
      { symbol: '1', venue: '23', timestamp: 1, known_at: 1, value: 1 },
      { symbol: '12', venue: '3', timestamp: 1, known_at: 1, value: 2 },
      { symbol: '12', venue: null, timestamp: 1, known_at: 1, value: 3 },
      { symbol: '12', venue: 'late', timestamp: 5, known_at: 5, value: 4 },
    ],
    ['value', text('venue')],
    ['venue'],
  )
  const { rows: answers } = await rows.asOf([
    { symbol: '12', venue: '3', asOf: 2 },
    { symbol: '1', venue: '23', asOf: 2 },
    { symbol: '1', venue: '3', asOf: 2 },
    { symbol: '12', venue: null, asOf: 2 },
  ])
  expect(answers['value']).toEqual(Float64Array.of(2, 1, Number.NaN, Number.NaN))
  expect(rowsOf((await rows.snapshot(2)).rows)).toEqual([
    { symbol: '1', venue: '23', value: 1 },
    { symbol: '12', venue: null, value: 3 },
    { symbol: '12', venue: '3', value: 2 },
  ])
  expect(await codeOf(rows.asOf([{ symbol: '1', asOf: 2 }]))).toBe('invalid_input')
})

test('duplicate questions and those of no symbol or time each keep their row', async () => {
  const rows = await table('kept', [{ symbol: 'A', timestamp: 1, known_at: 1, value: 1 }])
  const { rows: answers } = await rows.asOf([
    { symbol: 'A', asOf: 1, weight: 0.5 },
    { symbol: 'A', asOf: 1, weight: 0.25 },
    { symbol: null, asOf: 1, weight: 1 },
    { symbol: 'A', asOf: null, weight: null },
  ])
  expect(rowsOf(answers)).toEqual([
    { symbol: 'A', asOf: 1, weight: 0.5, value: 1 },
    { symbol: 'A', asOf: 1, weight: 0.25, value: 1 },
    { symbol: null, asOf: 1, weight: 1, value: null },
    { symbol: 'A', asOf: null, weight: null, value: null },
  ])
})

test('a spine comes as rows, as columns or as a map of typed arrays', async () => {
  const kept = lake.table('kept')
  const expected = Float64Array.of(Number.NaN, 1)
  for (const given of [
    { symbol: ['A', 'A'], asOf: Float64Array.of(0, 1) },
    { symbol: ['A', 'A'], asOf: BigInt64Array.of(0n, 1n) },
    new Map<string, string[] | Int32Array>([
      ['symbol', ['A', 'A']],
      ['asOf', Int32Array.of(0, 1)],
    ]),
  ]) {
    expect((await kept.asOf(given)).rows['value']).toEqual(expected)
  }
  expect((await kept.asOf([])).report).toMatchObject({ rows: 0, answered: 0 })
})

test('what cannot be honoured is refused by name', async () => {
  const kept = lake.table('kept')
  const question = [{ symbol: 'A', asOf: 5 }]
  const refused: [AsOfOptions, string][] = [
    [{ ttl: 1.5 }, 'ttl'],
    [{ ttl: -1 }, 'ttl'],
    [{ embargo: -1 }, 'embargo'],
    [{ embargo: 2, ttl: 1 }, 'embargo'],
    [{ hindsight: true, knownAt: 1 }, 'hindsight'],
    [{ knownAt: 6 }, 'knownAt'],
    [{ knownAt: Number.NaN }, 'knownAt'],
    [{ source: 'computed' }, 'source'],
    [{ carry: { other: 1 } }, 'carry'],
    [{ carry: { value: -1 } }, 'carry'],
    [{ columns: ['value', 'value'] }, 'columns'],
    [{ columns: ['symbol'] }, 'columns'],
    [{ onDuplicate: 'first' as 'error' }, 'onDuplicate'],
    [{ tolerance: 1 } as AsOfOptions, 'tolerance'],
  ]
  for (const [options, option] of refused) {
    await expect(kept.asOf(question, options), JSON.stringify(options)).rejects.toMatchObject({
      code: 'unsupported_option',
      evidence: { option },
    })
  }
  expect(await codeOf(kept.asOf(question, { columns: ['other'] }))).toBe('schema_mismatch')
  expect(await codeOf(kept.asOf([{ ...question[0]!, value: 1 }])), 'a clash of names').toBe(
    'unsupported_option',
  )
  expect(await codeOf(kept.asOf([{ symbol: 'A', asOf: 1.5 }]))).toBe('invalid_input')
  expect(await codeOf(kept.asOf({ symbol: ['A'], asOf: ['1'] }))).toBe('invalid_input')
  expect(await codeOf(kept.asOf({ symbol: ['A'], asOf: Float64Array.of(1, 2) }))).toBe(
    'invalid_input',
  )
  expect(await codeOf(lake.table('nowhere').asOf(question))).toBe('not_found')
  expect(await codeOf(kept.snapshot(1.5))).toBe('invalid_input')
})

test('a table that does not say what was known when is not read as of a time', async () => {
  await putForeignTable(
    lake.store,
    'without_known_at',
    [
      { name: 'symbol', type: 'string' },
      { name: 'timestamp', type: 'long' },
    ],
    [],
  )
  await expect(
    lake.table('without_known_at').asOf([{ symbol: 'A', asOf: 1 }]),
  ).rejects.toMatchObject({ code: 'unsupported_option', evidence: { option: 'known_at' } })
})

test('a knownAt at exactly the time asked for is allowed, one second later refused', async () => {
  const kept = lake.table('kept')
  expect(await codeOf(kept.asOf([{ symbol: 'A', asOf: 5 }], { knownAt: 5 }))).toBe('no error')
  expect(
    await codeOf(
      kept.asOf(
        [
          { symbol: 'A', asOf: 5 },
          { symbol: 'A', asOf: 4 },
        ],
        { knownAt: 5 },
      ),
    ),
  ).toBe('unsupported_option')
  expect(await codeOf(kept.snapshot(4, { knownAt: 5 }))).toBe('unsupported_option')
})

test('latest flags what is stale and drops nothing', async () => {
  const day = 86_400
  const prices = await table('prices', [
    { symbol: 'FRESH', timestamp: NOW - day, known_at: NOW - 5, value: 1 },
    { symbol: 'OLD', timestamp: NOW - 3 * day, known_at: NOW - 2 * day, value: 2 },
  ])
  const { rows, age, stale } = await prices.latest(['OLD', 'NEVER', 'FRESH'])
  expect(rowsOf(rows)).toEqual([
    { symbol: 'OLD', value: 2 },
    { symbol: 'NEVER', value: null },
    { symbol: 'FRESH', value: 1 },
  ])
  expect(age).toEqual(Float64Array.of(3 * day, Number.NaN, day))
  expect(stale).toEqual(['OLD', 'NEVER'])
  expect((await prices.latest(undefined, { staleAfter: 10 * day })).stale).toEqual([])
})

test('the universe of a date has its members by the registry, with rows or without', async () => {
  const registry = await tableOf(
    lake,
    'registry',
    [
      { name: 'symbol', type: 'string', nullable: false },
      { name: 'valid_from', type: 'long', nullable: false },
      { name: 'valid_until', type: 'long', nullable: true },
      { name: 'known_at', type: 'long', nullable: false },
      { name: 'timestamp', type: 'long', nullable: false },
    ],
    [
      {
        symbol: ['DELISTED', 'FUTURE', 'LISTED', 'RENAMED'],
        timestamp: Float64Array.of(1, 50, 1, 1),
        valid_from: Float64Array.of(1, 50, 1, 1),
        valid_until: Float64Array.of(10, Number.NaN, Number.NaN, Number.NaN),
        known_at: Float64Array.of(1, 1, 1, 1),
      },
      {
        symbol: ['RENAMED'],
        timestamp: Float64Array.of(1),
        valid_from: Float64Array.of(1),
        valid_until: Float64Array.of(10),
        known_at: Float64Array.of(20),
      },
    ],
  )
  const prices = await table('listed_prices', [
    { symbol: 'DELISTED', timestamp: 2, known_at: 2, value: 1 },
    { symbol: 'RENAMED', timestamp: 2, known_at: 2, value: 2 },
  ])
  const universe = async (date: number) =>
    rowsOf((await prices.snapshot(date, { members: registry })).rows)
  expect(await universe(9)).toEqual([
    { symbol: 'DELISTED', value: 1 },
    { symbol: 'LISTED', value: null },
    { symbol: 'RENAMED', value: 2 },
  ])
  // From 10 on the delisted one is out; that the renamed one was, is known only from 20 on.
  expect((await universe(10)).map((row) => row['symbol'])).toEqual(['LISTED', 'RENAMED'])
  expect((await universe(60)).map((row) => row['symbol'])).toEqual(['FUTURE', 'LISTED'])
})

test('a key that is known but too old stays in the universe, without values', async () => {
  const prices = lake.table('listed_prices')
  expect(rowsOf((await prices.snapshot(30, { ttl: 5, symbols: ['DELISTED'] })).rows)).toEqual([
    { symbol: 'DELISTED', value: null },
  ])
  expect(rowsOf((await prices.snapshot(1)).rows)).toEqual([])
})

test('the history of a symbol has every row, by time and then by when it was known', async () => {
  const restated = await table('restated', [
    { symbol: 'A', timestamp: 2, known_at: 3, value: 3 },
    { symbol: 'A', timestamp: 1, known_at: 9, value: 2 },
    { symbol: 'B', timestamp: 1, known_at: 1, value: 9 },
    { symbol: 'A', timestamp: 1, known_at: 2, value: 1 },
  ])
  const history = await restated.rowHistory('A', { columns: ['value', 'known_at'] })
  expect(history).toEqual({ value: Float64Array.of(1, 2, 3), known_at: Float64Array.of(2, 9, 3) })
  expect(rowsOf(await restated.rowHistory('C'))).toEqual([])
})

test('files that a read cannot use are not opened', async () => {
  const columns = valueColumns('value')
  const files = [0, 100, 200].map((day) =>
    columnsOf([{ symbol: 'A', timestamp: day, known_at: day + 1, value: day }], columns),
  )
  const daily = await tableOf(lake, 'daily', columns, files)
  const bytes = async (asOf: number, options: AsOfOptions = {}) =>
    (await daily.asOf([{ symbol: 'A', asOf }], options)).report.bytesRead
  const whole = await bytes(500)
  expect(await bytes(150)).toBeLessThan(whole)
  expect(await bytes(50)).toBeLessThan(await bytes(150))
  expect(await bytes(500, { ttl: 10 })).toBe(0)
  expect(await bytes(-1)).toBe(0)
  expect(await bytes(200), 'not known before 201').toBeLessThan(await bytes(201))
  const oldest = await daily.asOf([{ symbol: 'A', asOf: 210 }], { ttl: 10 })
  expect(oldest.rows['value'], 'exactly as old as the ttl allows').toEqual(Float64Array.of(200))
  const scanned: number[] = []
  const found: Columns[] = []
  for await (const batch of daily.scan({ onBytesRead: (read) => scanned.push(read) })) {
    found.push(batch)
  }
  expect(concatRows(found)['value']).toEqual(Float64Array.of(0, 100, 200))
  expect(scanned).toEqual([whole])
})
