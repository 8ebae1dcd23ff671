import { expect, test } from 'vitest'
import {
  type AsOfOptions,
  type Columns,
  pickRows,
  prepareAnswers,
  type TableColumn,
} from '../src/index.ts'
import { readShared, sharedData, withoutData } from './shared-data.ts'
import { columnsOf, rowsOf, tableOf, temporaryLake, valueColumns } from './tables.ts'

// Published cases with their answers. Each file's shape is its own; what counts is that every case is asked of a table
// as a user would ask it.

type Cell = string | number | null

const lake = temporaryLake()
const seconds = (time: string): number =>
  Date.parse(/[zZ]$/.test(time) ? time : `${time.replace(' ', 'T')}Z`) / 1000

/** Asks a table of these rows; more than a handful are written in two files. */
async function ask(
  name: string,
  columns: readonly TableColumn[],
  rows: readonly Readonly<Record<string, Cell>>[],
  spine: readonly Readonly<Record<string, Cell>>[],
  options: AsOfOptions,
  keyParts: readonly string[] = [],
) {
  const half = rows.length > 8 ? Math.ceil(rows.length / 2) : rows.length
  const files: Columns[] = [rows.slice(0, half), rows.slice(half)]
    .filter((part) => part.length > 0)
    .map((part) => columnsOf(part, columns))
  const table = await tableOf(lake, name.replaceAll(/[^A-Za-z0-9_-]/g, '_'), columns, files, [
    'symbol',
    'timestamp',
    ...keyParts,
  ])
  const { rows: answers, report } = await table.asOf(
    spine as readonly { symbol: string; asOf: number }[],
    options,
  )
  return { answers: rowsOf(answers), report }
}

interface FeastCase {
  id: string
  keys: [string]
  features: [string]
  params: { ttl_s: number | null; filter_by_created: boolean }
  entity_rows: Record<string, number>[]
  feature_rows: Record<string, number | null>[]
  expected: Record<string, number | null>[]
}

test.skipIf(sharedData === undefined)(`Feast's cases${withoutData}`, async () => {
  const { cases } = readShared<{ cases: FeastCase[] }>('pit-cases/feast.json')
  for (const { id, keys, features, params, entity_rows, feature_rows, expected } of cases) {
    const [key] = keys
    const [feature] = features
    const { answers } = await ask(
      id,
      valueColumns(feature),
      feature_rows.map((row) => ({
        symbol: String(row[key]),
        timestamp: row['event_timestamp']!,
        known_at: row['created'] ?? null,
        [feature]: row[feature]!,
      })),
      entity_rows.map((row) => ({ symbol: String(row[key]), asOf: row['event_timestamp']! })),
      {
        ...(params.ttl_s !== null && { ttl: params.ttl_s }),
        hindsight: !params.filter_by_created,
      },
    )
    expect(answers, id).toEqual(
      expected.map((row) => ({
        symbol: String(row[key]),
        asOf: row['event_timestamp'],
        [feature]: row[feature],
      })),
    )
  }
  expect(cases).toHaveLength(14)
})

interface EdgeCase {
  id: string
  keys: string[]
  columns?: string[]
  mode?: string
  entity_rows: string[][]
  rows: (string | number | null | Record<string, number | null>)[][]
  expected: (number | null | Record<string, number | null>)[]
}

test.skipIf(sharedData === undefined)(
  `cases where naive implementations go wrong${withoutData}`,
  async () => {
    const { cases } = readShared<{ cases: EdgeCase[] }>('pit-cases/edge-and-anchor-defects.json')
    for (const { id, keys, columns: values = ['value'], mode, ...given } of cases) {
      const parts = keys.slice(1)
      const columns = valueColumns(
        ...parts.map((name): TableColumn => ({ name, type: 'string', nullable: true })),
        ...values,
      )
      const keysOf = (row: readonly unknown[]) =>
        Object.fromEntries(
          keys.map((key, i): [string, string] => [i === 0 ? 'symbol' : key, row[i] as string]),
        )
      const { answers, report } = await ask(
        id,
        columns,
        given.rows.map((row) => {
          const [timestamp, known, value] = row.slice(keys.length)
          return {
            ...keysOf(row),
            timestamp: seconds(timestamp as string),
            known_at: known === null ? null : seconds(known as string),
            ...(typeof value === 'object' ? value : { value: value! }),
          } as Record<string, Cell>
        }),
        given.entity_rows.map((row) => ({ ...keysOf(row), asOf: seconds(row.at(-1)!) })),
        { columns: values, hindsight: mode === undefined },
        parts,
      )
      expect(
        answers.map((row) =>
          values.length === 1
            ? row[values[0]!]
            : Object.fromEntries(values.map((name) => [name, row[name]])),
        ),
        id,
      ).toEqual(given.expected)
      expect(report.tied, `${id}: ties are reported`).toBe(id.includes('tie') ? 1 : 0)
    }
    expect(cases).toHaveLength(8)
  },
)

test.skipIf(sharedData === undefined)(
  `a row without known_at is no knowledge unless read with hindsight${withoutData}`,
  async () => {
    const { cases } = readShared<{ cases: EdgeCase[] }>('pit-cases/edge-and-anchor-defects.json')
    const { rows, entity_rows } = cases.find(({ id }) => id === 'null-created-newest-default')!
    const { answers } = await ask(
      'null-created-known-time',
      valueColumns('value'),
      rows.map(([symbol, time, , value]) => ({
        symbol: symbol as string,
        timestamp: seconds(time as string),
        known_at: null,
        value: value as number,
      })),
      entity_rows.map(([symbol, time]) => ({ symbol: symbol!, asOf: seconds(time!) })),
      {},
    )
    expect(answers[0]!['value']).toBeNull()
  },
)

interface ChrononCase {
  id: string
  window: string | null
  eventData: [listing: number, event: number, ts: string, ds: string][]
  snapshotData: [listing: number, ts: string, rating: number, ds: string][]
  mutationData: [
    listing: number,
    ts: string,
    rating: number,
    mutation: string,
    isBefore: boolean,
    ds: string,
  ][]
  expected: [listing: number, ts: string, event: number, average: number | null, ds: string][]
}

test.skipIf(sharedData === undefined)(
  `Chronon's mutations: the rows visible to each event have the expected average${withoutData}`,
  async () => {
    const { cases } = readShared<{ cases: ChrononCase[] }>('pit-cases/chronon-mutations.json')
    let checked = 0
    for (const { id, window, snapshotData, mutationData, expected } of cases) {
      // A rated row is a key of its own, whose value changes or is taken back; the event asks for each.
      const versions = new Map<string, Record<string, Cell>>()
      const add = (listing: number, ts: string, known: number, rating: number | null) => {
        const key = `${listing} ${ts} ${known}`
        if (rating === null && versions.has(key)) return
        versions.set(key, {
          symbol: String(listing),
          row: ts,
          timestamp: seconds(ts),
          known_at: known,
          rating,
        })
      }
      for (const [listing, ts, rating, ds] of snapshotData) {
        add(listing, ts, seconds(`${ds} 00:00:00`) + 86_400, rating)
      }
      for (const [listing, ts, rating, mutation, isBefore] of mutationData) {
        // A mutation counts from the second after it, as Chronon compares strictly.
        add(listing, ts, seconds(mutation) + 1, isBefore ? null : rating)
      }
      const rows = [...versions.values()]
      const spine = expected.flatMap(([listing, ts], event) =>
        [...new Set(rows.map((row) => row['row']!))].map((row) => ({
          symbol: String(listing),
          row,
          event,
          asOf: seconds(ts),
        })),
      )
      const { answers } = await ask(
        id,
        valueColumns({ name: 'row', type: 'string', nullable: false }, 'rating'),
        rows,
        spine,
        { columns: ['rating'], strict: true, ...(window !== null && { ttl: 4 * 86_400 }) },
        ['row'],
      )
      for (const [event, [listing, ts, , average]] of expected.entries()) {
        const visible = answers.flatMap((row) =>
          row['event'] === event && row['rating'] !== null ? [row['rating'] as number] : [],
        )
        const mean =
          visible.length === 0 ? null : visible.reduce((sum, each) => sum + each) / visible.length
        expect(mean, `${id}: listing ${listing} at ${ts}`).toBe(average)
        checked++
      }
    }
    expect(checked).toBe(26)
  },
)

interface QlibCase {
  statements: [published: number, period: number, value: number][]
  expected_change_points: [date: string, value: number | null][]
  extra: { expected: [date: string, value: number][] }
  pref: Record<string, [date: string, value: number | null][]>
}

test.skipIf(sharedData === undefined)(
  `Qlib's restated fundamentals become visible on the published days${withoutData}`,
  async () => {
    const { statements, expected_change_points, extra, pref } =
      readShared<QlibCase>('pit-cases/qlib-pit.json')
    const day = (date: number) =>
      Date.UTC(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, date % 100) / 1000
    const period = (quarter: number) =>
      Date.UTC(Math.floor(quarter / 100), (quarter % 100) * 3, 0) / 1000
    const rows = statements.map(([published, quarter, value]) => ({
      symbol: 'sh600519',
      timestamp: period(quarter),
      known_at: day(published),
      roe: value,
    }))
    // The published results show six decimals of the published figures.
    const rounded = (value: Cell | undefined) =>
      typeof value === 'number' ? Number(value.toFixed(6)) : (value ?? null)
    const dates = [...expected_change_points, ...extra.expected]
    const spine = dates.map(([date]) => ({ symbol: 'sh600519', asOf: seconds(`${date}T00:00Z`) }))
    const { answers } = await ask('qlib', valueColumns('roe'), rows, spine, {})
    expect(answers.map((row, i) => [dates[i]![0], rounded(row['roe'])])).toEqual(dates)
    expect(expected_change_points).toHaveLength(54)

    // Every day between: the values change in the published order, and no other value ever shows.
    const first = spine[0]!.asOf
    const last = spine[expected_change_points.length - 1]!.asOf
    const daily = Array.from({ length: (last - first) / 86_400 + 1 }, (_, i) => ({
      symbol: 'sh600519',
      asOf: first + i * 86_400,
    }))
    const table = lake.table('qlib')
    const shown = rowsOf((await table.asOf(daily)).rows).map((row) => rounded(row['roe']))
    expect(shown.filter((value, i) => i === 0 || value !== shown[i - 1])).toEqual(
      expected_change_points.map(([, value]) => value),
    )

    const history = rowsOf(await table.rowHistory('sh600519'))
    for (const [name, points] of Object.entries(pref)) {
      const wanted = period(Number(/\d{6}/.exec(name)![0]))
      for (const [date, value] of points) {
        const known = history.filter(
          (row) =>
            row['timestamp'] === wanted && Number(row['known_at']) <= seconds(`${date}T00:00Z`),
        )
        expect(rounded(known.at(-1)?.['roe']), `${name} on ${date}`).toBe(value)
      }
    }
  },
)

interface SparkCase {
  left: [id: number, ts: number, value: string][]
  right: [id: number, ts: number, value: string][]
  cases: {
    id: string
    tolerance: number | null
    how: 'inner' | 'left'
    expected: [id: number, ts: number, value: string, rightTs: number | null, right: string][]
  }[]
}

test.skipIf(sharedData === undefined)(
  `spark-pit's joins with and without tolerance${withoutData}`,
  async () => {
    const { left, right, cases } = readShared<SparkCase>('pit-cases/spark-pit.json')
    for (const { id, tolerance, how, expected } of cases) {
      const { answers } = await ask(
        `spark-${id}`,
        valueColumns({ name: 'right', type: 'string', nullable: true }),
        right.map(([key, ts, value]) => ({
          symbol: String(key),
          timestamp: ts,
          known_at: ts,
          right: value,
        })),
        left.map(([key, ts, value]) => ({ symbol: String(key), asOf: ts, left: value })),
        { columns: ['timestamp', 'right'], ...(tolerance !== null && { ttl: tolerance }) },
      )
      // A left join is what a read gives; an inner one leaves out what found nothing.
      const kept = answers.filter((row) => how === 'left' || row['right'] !== null)
      const order = (row: readonly Cell[]) => `${row[0]} ${row[1]}`
      expect(
        kept
          .map((row) => [
            Number(row['symbol']),
            row['asOf']!,
            row['left']!,
            row['timestamp']!,
            row['right']!,
          ])
          .toSorted((a, b) => (order(a) < order(b) ? 1 : -1)),
        id,
      ).toEqual(expected)
    }
    expect(cases).toHaveLength(3)
  },
)

interface DuckdbCase {
  id: string
  right: [time: Cell, value: number][]
  probe: Cell[]
  left_expected: (number | null)[]
}

test.skipIf(sharedData === undefined)(`DuckDB's probes${withoutData}`, async () => {
  const { cases } = readShared<{ cases: DuckdbCase[] }>('pit-cases/duckdb-asof.json')
  const toTime = (time: Cell): number =>
    time === null
      ? Number.NaN
      : time === 'infinity'
        ? Number.POSITIVE_INFINITY
        : typeof time === 'string'
          ? seconds(time)
          : time
  for (const { id, right, probe, left_expected } of cases) {
    const rows = right
      .map(([time, value]) => ({ time: toTime(time), value }))
      .toSorted((a, b) => (Number.isNaN(a.time) ? -1 : a.time - b.time))
    const times = Float64Array.from(rows, (row) => row.time)
    const picks = new Int32Array(probe.length)
    pickRows(
      prepareAnswers(
        { times, knownAt: times, start: 0, end: rows.length },
        { embargo: 0, strict: false, hindsight: false },
      ),
      Float64Array.from(probe, toTime),
      picks,
    )
    expect(
      [...picks].map((at) => rows[at]?.value ?? null),
      id,
    ).toEqual(left_expected)
    // A table holds whole seconds only; there an infinite probe finds the newest row.
    if (id !== 'duckdb-doubles') continue
    const { answers } = await ask(
      id,
      valueColumns('value'),
      rows.map(({ time, value }) => ({ symbol: 'one', timestamp: time, known_at: time, value })),
      probe.map((time) => ({ symbol: 'one', asOf: time })),
      {},
    )
    expect(answers.map((row) => row['value'])).toEqual(left_expected)
  }
  expect(cases).toHaveLength(2)
})
