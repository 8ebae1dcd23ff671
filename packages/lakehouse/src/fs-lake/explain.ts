import type { Columns } from '../columns.ts'
import { LakehouseError } from '../errors.ts'
import type { Lakehouse } from '../lakehouse.ts'
import type { Table } from '../table.ts'
import { type Command, FEATURES_TABLE, formatTime, parseTime, textFlag } from './command.ts'
import { toObjects } from './spine-file.ts'

type Row = Readonly<Record<string, string | number | null>>

/** `fs-lake explain`: where one value comes from. */
export const EXPLAIN: Command = {
  usage: 'SYMBOL FEATURE TIMESTAMP [--table NAME]',
  summary: 'where a value comes from: retrieved or computed, run, bars, formula, known since when',
  example: 'fs-lake explain BINANCE:BTCUSDT recommend_all 2024-01-31',
  operands: ['SYMBOL', 'FEATURE', 'TIMESTAMP'],
  options: { table: { type: 'string' } },
  async run({ lake, flags, operands: [symbol = '', feature = '', time = ''] }) {
    const timestamp = parseTime(time, 'TIMESTAMP')
    const table = lake.table(textFlag(flags, 'table') ?? FEATURES_TABLE)
    const state = await table.state()
    const schema = table.schema(state)
    if (!schema.columns.some((column) => column.name === feature)) {
      throw new LakehouseError(
        'schema_mismatch',
        `table ${table.name} has no feature '${feature}'; it has ${schema.columns.map(({ name }) => name).join(', ')}`,
        { evidence: { table: table.name, column: feature } },
      )
    }
    const rows = toObjects(await table.rowHistory(symbol)).filter(
      (row) => row[schema.time] === timestamp,
    )
    if (rows.length === 0) {
      throw new LakehouseError(
        'not_found',
        `${table.name} has no row of ${symbol} at ${formatTime(timestamp)}. Nothing was changed`,
        { evidence: { table: table.name, symbols: [symbol], timestamp } },
      )
    }
    const { configuration = {} } = schema
    const bars = await barsOf(lake, configuration['fs.timeframe'] ?? '1d', symbol)
    const runs = new Map((await table.versions()).map((commit) => [commit.runId, commit]))
    const values = rows.map((row, at) => {
      const next = rows.slice(at + 1).find((later) => later['source'] === row['source'])
      const run = runs.get(String(row['run_id']))
      return {
        value: row[feature],
        origin: row['source'] === 'retrieved' ? 'retrieved from the vendor' : 'computed from bars',
        source: row['source'] ?? null,
        known_at: row['known_at']!,
        run_id: row['run_id'] ?? null,
        version: run?.version ?? null,
        committed_at: run === undefined ? null : run.timestampMs / 1000,
        bars: row['source'] === 'retrieved' ? null : describeBars(bars, timestamp, row['known_at']),
        superseded:
          next === undefined
            ? null
            : { value: next[feature], known_at: next['known_at']!, run_id: next['run_id'] ?? null },
      }
    })
    const value = {
      table: table.name,
      symbol,
      feature,
      timestamp,
      formula: configuration['fs.formula'] ?? null,
      values,
    }
    return {
      value,
      text: () =>
        [
          `${symbol} ${feature} at ${formatTime(timestamp)} (${table.name}, formula ${value.formula ?? 'not noted'})`,
          ...values.flatMap((each) => [
            `${each.value ?? 'no value'}: ${each.origin}, known since ${sinceOf(each.known_at)}`,
            `  by run ${each.run_id ?? 'not noted'}${each.version === null ? '' : `, version ${each.version}, committed ${formatTime(Math.floor(each.committed_at!))}`}`,
            ...(each.bars === null
              ? []
              : [
                  `  from ${each.bars.count} bars of ${each.bars.table}, ${formatTime(each.bars.first)} to ${formatTime(each.bars.last)}; the last closed at ${each.bars.close}, known since ${sinceOf(each.bars.last_known_at)}`,
                ]),
            each.superseded === null
              ? '  in force'
              : `  superseded by ${each.superseded.value ?? 'no value'}, known since ${sinceOf(each.superseded.known_at)} (run ${each.superseded.run_id ?? 'not noted'})`,
          ]),
        ].join('\n'),
    }
  },
}

function sinceOf(knownAt: string | number | null): string {
  return typeof knownAt === 'number' ? formatTime(knownAt) : 'no time that anybody noted'
}

async function barsOf(
  lake: Lakehouse,
  timeframe: string,
  symbol: string,
): Promise<{ table: Table; rows: readonly Row[] } | null> {
  const table = lake.table(`bars_${timeframe}`)
  if ((await table.state()) === null) return null
  const rows: Columns = await table.rowHistory(symbol)
  return { table, rows: toObjects(rows) }
}

/** The bars that were known when the value was: of each time the row known last by then. */
function describeBars(
  bars: Awaited<ReturnType<typeof barsOf>>,
  timestamp: number,
  knownAt: string | number | null | undefined,
) {
  const used = new Map<number, Row>()
  for (const row of bars?.rows ?? []) {
    const time = Number(row['timestamp'])
    const isKnown = typeof knownAt === 'number' && Number(row['known_at'] ?? Infinity) <= knownAt
    if (time <= timestamp && isKnown) used.set(time, row)
  }
  const times = [...used.keys()]
  const last = used.get(times.at(-1) ?? Number.NaN)
  if (bars === null || last === undefined) return null
  return {
    table: bars.table.name,
    count: used.size,
    first: times[0]!,
    last: times.at(-1)!,
    close: last['close'] ?? null,
    last_known_at: last['known_at'] ?? null,
    run_id: last['run_id'] ?? null,
  }
}
