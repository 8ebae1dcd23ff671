import { type CommandError, EXIT } from '@fs/cli'
import { type Lakehouse, openLakehouse } from '@fs/lakehouse'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BackfillRequest, runBackfill } from '../src/backfill.ts'
import { backfillPolicy } from '../src/backfill-policy.ts'
import { openRunRecord, type RunRecord } from '../src/run-record.ts'
import { BTC, candidates, END, ETH, PEPE, SOL, TABLE, usePlaces } from './places.ts'
import { fsBackfill, matrixOf, type Place, rowsOf, runReport, threads } from './store.ts'

// What other runs do at the worst moment, which real races hit only now and then.

const places = usePlaces()

async function requestOf(
  place: Place,
  symbol: string,
  given: Partial<BackfillRequest> = {},
): Promise<BackfillRequest> {
  const folder = join(place.runs, 'mine')
  return {
    lake: openLakehouse(place.lakehouse, { workers: threads }),
    runId: 'mine',
    profile: 'default',
    candidates: [{ symbol, values: {}, raw: { symbol } }],
    candidatesSha256: null,
    table: TABLE,
    output: place.master,
    runFile: join(folder, 'features_matrix.parquet'),
    policy: await backfillPolicy('strict', place.folder),
    strictScope: false,
    dryRun: false,
    startedAt: END,
    now: () => END,
    signal: new AbortController().signal,
    record: await openRunRecord(folder, null),
    onStep: () => undefined,
    onComputed: () => undefined,
    ...given,
  }
}

/** A record that lets something happen after the run was planned, before it commits. */
async function recordThat(place: Place, happens: () => Promise<unknown>): Promise<RunRecord> {
  const record = await openRunRecord(join(place.runs, 'mine'), null)
  return {
    ...record,
    async keepReport(report) {
      await record.keepReport(report)
      if (report.status === 'started') await happens()
    },
  }
}

/** A lakehouse in which something happens while the matrix is being written. */
function lakeThat(place: Place, happens: () => Promise<unknown>): Lakehouse {
  const lake = openLakehouse(place.lakehouse, { workers: threads })
  let happened = false
  return {
    ...lake,
    workers: {
      ...threads,
      async run<Result>(module: URL, name: string, args: unknown): Promise<Result> {
        const result = await threads.run<Result>(module, name, args)
        if (name === 'upsertFile' && !happened) {
          happened = true
          await happens()
        }
        return result
      },
    },
  }
}

const other = async (place: Place, list: readonly string[], ...args: readonly string[]) =>
  await runReport(place, [...(await candidates(place, list, 'other.json')), ...args])

/** A run of others that ends between its commit and its matrix. */
async function otherWithoutMatrix(place: Place, list: readonly string[]): Promise<void> {
  const interrupt = new AbortController()
  const stderr = {
    write(text: string) {
      if (text.startsWith('save the matrix')) interrupt.abort()
    },
  }
  const args = await candidates(place, list, 'other.json')
  const { code } = await fsBackfill(place, ['run', ...args], { signal: interrupt.signal, stderr })
  expect(code).toBe(EXIT.environment)
}

function symbolsShown(matrix: Awaited<ReturnType<typeof matrixOf>>): Set<string> {
  return new Set(matrix.columns.map(({ symbol }) => symbol))
}

test.each([
  [['--formula', 'tradingview'], "is computed by the formula 'tradingview', not 'institutional'"],
  [['--features', 'rsi'], 'does not hold recommend_ma'],
  [
    ['--features', 'recommend_ma,recommend_other,recommend_all,rsi'],
    'has just created features/local_1d with the features',
  ],
])(
  'another first run creates the table with %j in between: this one is refused',
  async (args, text) => {
    const place = await places.withBars()
    const record = await recordThat(place, () =>
      other(place, [BTC], ...args, '--output', 'other.parquet'),
    )
    const error = await runBackfill(await requestOf(place, ETH, { record })).catch(
      (thrown: unknown) => thrown as CommandError,
    )
    expect(error).toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(text) as string,
    })
    expect(new Set((await rowsOf(place)).map(({ symbol }) => symbol))).toEqual(new Set([BTC]))
  },
)

test('another first run creates the same table in between: both are in it', async () => {
  const place = await places.withBars()
  const record = await recordThat(place, () => other(place, [BTC]))
  const report = await runBackfill(await requestOf(place, ETH, { record }))
  expect(report).toMatchObject({ table_version: 1, committed: true, also_refreshed: [] })
  expect(symbolsShown(await matrixOf(place))).toEqual(new Set([BTC, ETH]))
})

test('another run computes the same symbol in between: each row once', async () => {
  const place = await places.withFeatures()
  const record = await recordThat(place, () => other(place, [SOL, PEPE]))
  const report = await runBackfill(await requestOf(place, SOL, { record }))
  expect(report).toMatchObject({ committed: false, rows: { added: 0, unchanged: 230 } })
  expect((await rowsOf(place)).filter(({ symbol }) => symbol === SOL)).toHaveLength(230)
})

test('another run swaps its matrix in while this one is written: nobody is lost', async () => {
  const place = await places.withFeatures()
  const lake = lakeThat(place, () => other(place, [PEPE]))
  const report = await runBackfill(await requestOf(place, SOL, { lake }))
  expect(report).toMatchObject({ table_version: 2, also_refreshed: [] })
  expect(symbolsShown(await matrixOf(place))).toEqual(new Set([BTC, ETH, SOL, PEPE]))
})

test('another run commits while the matrix is written and never saves its own: this one shows it', async () => {
  const place = await places.withFeatures()
  const lake = lakeThat(place, () => otherWithoutMatrix(place, [PEPE]))
  const report = await runBackfill(await requestOf(place, SOL, { lake }))
  expect(report).toMatchObject({ table_version: 2, also_refreshed: [PEPE] })
  const matrix = await matrixOf(place)
  expect(matrix.description.tableVersion).toBe(2)
  expect(symbolsShown(matrix)).toEqual(new Set([BTC, ETH, SOL, PEPE]))
})

test('under a strict scope what others commit in between is not brought in', async () => {
  const place = await places.withFeatures()
  const record = await recordThat(place, () => otherWithoutMatrix(place, [PEPE]))
  const request = await requestOf(place, SOL, { record, strictScope: true })
  const error = await runBackfill(request).catch((thrown: unknown) => thrown as CommandError)
  expect(error).toMatchObject({
    code: 'out_of_scope',
    exitCode: EXIT.saidNo,
    message: expect.stringContaining(PEPE) as string,
    unchanged: expect.stringContaining('is complete (version 2)') as string,
  })
  expect((await matrixOf(place)).description.tableVersion).toBe(0)
})
