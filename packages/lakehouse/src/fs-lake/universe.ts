import { VERSION_COLUMN } from '../as-of-options.ts'
import type { AsOfResult } from '../as-of.ts'
import { rowCount } from '../columns.ts'
import {
  type Command,
  FEATURES_TABLE,
  type Invocation,
  listFlag,
  type Outcome,
  parseTime,
  READ_OPTIONS,
  textFlag,
  usageError,
} from './command.ts'
import { readOptions } from './read-options.ts'
import { writeResult } from './result-file.ts'
import { toCsv, toObjects } from './spine-file.ts'

const OPTIONS: Command['options'] = {
  ...READ_OPTIONS,
  table: { type: 'string' },
  symbols: { type: 'string', multiple: true },
}

/** `fs-lake latest`: the newest knowledge of every symbol. */
export const LATEST: Command = {
  usage: '[--table NAME] [--symbols S,…] [--columns C,…] [--stale-after SECONDS] [--out FILE]',
  summary: 'the universe as of now; what is stale is named, not dropped',
  example: 'fs-lake latest --columns recommend_all',
  operands: [],
  options: { ...OPTIONS, 'stale-after': { type: 'string' } },
  async run(invocation) {
    const { lake, flags, io } = invocation
    const table = lake.table(textFlag(flags, 'table') ?? FEATURES_TABLE)
    const columns = listFlag(flags, 'columns')
    const staleAfter = textFlag(flags, 'stale-after')
    if (staleAfter !== undefined && !/^\d+$/.test(staleAfter)) {
      throw usageError(`--stale-after must be whole seconds, was '${staleAfter}'`)
    }
    const result = await table.latest(listFlag(flags, 'symbols'), {
      ...readOptions(flags),
      ...(columns && { columns }),
      ...(staleAfter !== undefined && { staleAfter: Number(staleAfter) }),
    })
    if (result.stale.length > 0) {
      io.stderr(
        `stale: ${result.stale.length} symbols (${result.stale.slice(0, 5).join(', ')}${result.stale.length > 5 ? ', …' : ''})\n`,
      )
    }
    return await show(
      invocation,
      { ...result, rows: { ...result.rows, age: result.age } },
      {
        as_of: io.now(),
        stale: result.stale,
      },
    )
  },
}

/** `fs-lake snapshot`: the universe as it was known at a time. */
export const SNAPSHOT: Command = {
  usage: '--as-of TIME [--table NAME] [--symbols S,…] [--members] [--columns C,…] [--out FILE]',
  summary: 'the universe as of then; --members takes it from the symbol registry',
  example: 'fs-lake snapshot --as-of 2024-01-31 --columns recommend_all',
  operands: [],
  options: { ...OPTIONS, 'as-of': { type: 'string' }, members: { type: 'boolean' } },
  async run(invocation) {
    const { lake, flags } = invocation
    const text = textFlag(flags, 'as-of')
    if (text === undefined) throw usageError('snapshot needs --as-of')
    const asOf = parseTime(text, '--as-of')
    const columns = listFlag(flags, 'columns')
    const symbols = listFlag(flags, 'symbols')
    const result = await lake.table(textFlag(flags, 'table') ?? FEATURES_TABLE).snapshot(asOf, {
      ...readOptions(flags),
      ...(columns && { columns }),
      ...(symbols && { symbols }),
      ...(flags['members'] === true && { members: lake.table('symbols') }),
    })
    return await show(invocation, result, { as_of: asOf })
  },
}

async function show(
  { lake, io, flags }: Invocation,
  { rows, report }: AsOfResult,
  facts: object,
): Promise<Outcome> {
  if (report.hindsight) io.stderr('read with hindsight: this is not what was known then\n')
  const out = textFlag(flags, 'out')
  if (out === undefined) {
    return { value: { ...facts, report, rows: toObjects(rows) }, text: () => toCsv(rows) }
  }
  const table = lake.table(report.table)
  const { columns } = table.schema(await table.state(report.version))
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  types.set(VERSION_COLUMN, 'long').set('age', 'long')
  const { path, size } = await writeResult(lake, out, io.cwd, rows, types)
  return {
    value: { ...facts, report, out: path, bytes: size },
    text: () => `${path}: ${rowCount(rows)} rows of ${report.table} version ${report.version}`,
  }
}
