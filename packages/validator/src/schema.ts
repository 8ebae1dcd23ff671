import type { Column, Table, TableRole } from './table.ts'

/** A column of the contract. */
export interface ContractColumn {
  readonly name: string
  readonly type: Column['type']
  readonly required: boolean
}

const column = (name: string, type: Column['type'] = 'f64', required = true): ContractColumn => ({
  name,
  type,
  required,
})

const BARS: readonly ContractColumn[] = [
  column('symbol', 'utf8'),
  column('timestamp', 'i64'),
  column('known_at', 'i64'),
  column('open'),
  column('high'),
  column('low'),
  column('close'),
  column('volume'),
  column('run_id', 'utf8', false),
]

const LOCAL: readonly ContractColumn[] = [
  column('symbol', 'utf8'),
  column('timestamp', 'i64'),
  column('known_at', 'i64'),
  column('source', 'utf8'),
  column('run_id', 'utf8', false),
]

const SNAPSHOT: readonly ContractColumn[] = [
  column('timestamp', 'i64'),
  column('symbol', 'utf8'),
  ...[
    'Recommend.All',
    'Recommend.MA',
    'Recommend.Other',
    'RSI',
    'ADX',
    'AO',
    'CCI20',
    'Stoch.K',
    'Stoch.D',
    'MACD.macd',
    'MACD.signal',
    'Volatility.D',
    'Perf.W',
    'Perf.1M',
  ].map((name) => column(name)),
  column('update_mode', 'utf8'),
  column('run_id', 'utf8'),
  column('known_at', 'i64'),
]

/**
 * Lists the columns that the contract names for a table, in its order. Behind those of `local` come the features.
 *
 * @param role role of the table
 */
export function contractColumns(role: TableRole): readonly ContractColumn[] {
  if (role === 'bars') return BARS
  return role === 'snapshot' ? SNAPSHOT : LOCAL
}

/**
 * Lists the features of a `local` table: those its `fs.features` names (comma-separated), and every other column that the
 * contract does not name and that is not text.
 *
 * @returns names in the order of `fs.features`, then of the columns
 */
export function featureColumns(table: Table): string[] {
  const known = new Set(LOCAL.map(({ name }) => name))
  const present = table.columns.flatMap(({ name, type }) =>
    type === 'utf8' || known.has(name) ? [] : [name],
  )
  return [...new Set([...promisedFeatures(table), ...present])]
}

/** Lists the features that a `local` table says it has. */
export function promisedFeatures(table: Table): string[] {
  const promised = table.meta?.['fs.features']?.split(',') ?? []
  return promised.map((name) => name.trim()).filter((name) => name !== '')
}
