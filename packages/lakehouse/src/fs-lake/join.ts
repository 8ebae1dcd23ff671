import type { AsOfReport } from '../as-of.ts'
import { CARRIED_SUFFIX, VERSION_COLUMN } from '../as-of-options.ts'
import { type Column, type Columns, rowCount } from '../columns.ts'
import type { ColumnType } from '../schema.ts'
import type { Table } from '../table.ts'
import {
  type Command,
  FEATURES_TABLE,
  type Invocation,
  listFlag,
  type Outcome,
  READ_OPTIONS,
  textFlag,
  usageError,
} from './command.ts'
import { readOptions } from './read-options.ts'
import { writeResult } from './result-file.ts'
import { readSpineFile } from './spine-file.ts'

/** `fs-lake join`: a training set of what was known at each row's time. */
export const JOIN: Command = {
  usage: '--spine FILE [--table NAME]… [--columns [TABLE:]COLUMN,…] --out FILE',
  summary: 'point-in-time training set from a Parquet or CSV file of (symbol, asOf, …)',
  example:
    'fs-lake join --spine labels.csv --columns recommend_all,rsi --ttl 172800 --out training.parquet',
  operands: [],
  options: {
    ...READ_OPTIONS,
    spine: { type: 'string' },
    table: { type: 'string', multiple: true },
  },
  run: join,
}

async function join({ lake, io, flags }: Invocation): Promise<Outcome> {
  const spineFile = textFlag(flags, 'spine')
  const out = textFlag(flags, 'out')
  if (spineFile === undefined || out === undefined) throw usageError('join needs --spine and --out')
  const options = readOptions(flags)
  const names = listFlag(flags, 'table') ?? [FEATURES_TABLE]
  if (new Set(names).size < names.length) throw usageError('a table is named twice')
  if (names.length > 1 && options.version !== undefined) {
    throw usageError('--version names a version of one table, but several are read')
  }
  const tables = await Promise.all(names.map(async (name) => await openTable(lake.table(name))))
  const wanted = assignColumns(tables, listFlag(flags, 'columns'))
  const spine = await readSpineFile(lake, spineFile, io.cwd)

  const joined: Record<string, Column> = { ...spine }
  const types = new Map<string, ColumnType>([['asOf', 'long']])
  const reports: AsOfReport[] = []
  // Tables are independent picks: each is asked the same questions by itself.
  for (const { table, schema } of tables) {
    const columns = wanted.get(table.name)
    const carried = Object.entries(options.carry ?? {}).filter(
      ([column]) => columns === undefined || columns.includes(column),
    )
    const { carry: _, ...shared } = options
    const { rows, report } = await table.asOf(spine, {
      ...shared,
      ...(columns !== undefined && { columns }),
      ...(carried.length > 0 && { carry: Object.fromEntries(carried) }),
    })
    reports.push(report)
    for (const [name, column] of Object.entries(rows)) {
      if (spine[name] !== undefined) continue
      const shown =
        names.length > 1 && isProvenance(name, columns)
          ? `${table.name.split('/').at(-1)}_${name}`
          : name
      if (joined[shown] !== undefined) {
        throw usageError(
          `${table.name} and another table both answer with '${shown}': name the columns wanted`,
        )
      }
      joined[shown] = column
      types.set(shown, typeOf(name, schema))
    }
  }
  const written = await writeResult(lake, out, io.cwd, joined as Columns, types)
  const value = {
    out: written.path,
    bytes: written.size,
    rows: rowCount(spine),
    columns: Object.keys(joined),
    hindsight: options.hindsight ?? false,
    reads: reports,
  }
  return {
    value,
    text: () =>
      [
        `${written.path}: ${value.rows} rows, ${value.columns.length} columns`,
        ...reports.map(
          ({ table, version, answered, tied, hindsight }) =>
            `${table} version ${version}: ${answered} of ${value.rows} rows answered${tied > 0 ? `, ${tied} of them by one of two rows with the same clocks` : ''}${hindsight ? ', with hindsight: not what was known then' : ''}`,
        ),
      ].join('\n'),
  }
}

interface OpenedTable {
  readonly table: Table
  readonly schema: ReadonlyMap<string, ColumnType>
}

async function openTable(table: Table): Promise<OpenedTable> {
  const state = await table.state()
  const { columns } = table.schema(state)
  return { table, schema: new Map(columns.map(({ name, type }) => [name, type])) }
}

function typeOf(name: string, schema: ReadonlyMap<string, ColumnType>): ColumnType {
  const isTime = name.endsWith(CARRIED_SUFFIX) || name === VERSION_COLUMN
  return schema.get(name) ?? (isTime ? 'long' : 'double')
}

function isProvenance(name: string, columns: readonly string[] | undefined): boolean {
  const own = ['timestamp', 'known_at', 'source', 'run_id', VERSION_COLUMN]
  return own.includes(name) && !columns?.includes(name)
}

// A column without a table's name is looked for in all of them, and must be in one.
function assignColumns(
  tables: readonly OpenedTable[],
  columns: readonly string[] | undefined,
): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map<string, string[]>()
  if (columns === undefined) return wanted
  for (const { table } of tables) wanted.set(table.name, [])
  for (const item of columns) {
    const colon = item.indexOf(':')
    const named = tables.find(({ table }) => colon > 0 && table.name === item.slice(0, colon))
    const column = named === undefined ? item : item.slice(colon + 1)
    const holders =
      named === undefined ? tables.filter(({ schema }) => schema.has(column)) : [named]
    if (holders.length !== 1) {
      throw usageError(
        holders.length === 0
          ? `no table of ${tables.map(({ table }) => table.name).join(', ')} has a column '${item}'`
          : `'${item}' is in ${holders.map(({ table }) => table.name).join(' and ')}: write TABLE:${item}`,
      )
    }
    wanted.get(holders[0]!.table.name)!.push(column)
  }
  return wanted
}
