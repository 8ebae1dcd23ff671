import { LakehouseError } from './errors.ts'
import type { PickRule } from './pick-rows.ts'
import type { TableColumn, TableSchema } from './schema.ts'

/** How rows are found as of a time. What cannot be honoured is refused, never ignored. */
export interface AsOfOptions {
  /** Columns to answer with, in this order; default: all but keys, clocks, source and run. */
  readonly columns?: readonly string[]
  /** Which source's rows; default `computed` where the table has sources. */
  readonly source?: string
  /** Oldest age of an answer in whole seconds, measured from `asOf`, inclusive; default: any. */
  readonly ttl?: number
  /** Whole seconds before `asOf` at which rows end, inclusive; default 0. */
  readonly embargo?: number
  /** Leaves out rows whose time is exactly `asOf` less the embargo. */
  readonly strict?: boolean
  /** Only what was known by this time, Unix seconds; must not lie after any `asOf`. Default: each row's `asOf`. */
  readonly knownAt?: number
  /** Reads with today's knowledge, whatever `known_at` says. The result says so. */
  readonly hindsight?: boolean
  /** Adds the answer's own time, `known_at`, source, run, and the table's version. */
  readonly provenance?: boolean
  /** What to do where two rows have the same clocks, which only foreign writers make: default `latest` in the log. */
  readonly onDuplicate?: 'latest' | 'error'
  /** By column: for how many seconds, measured from `asOf`, an earlier value may stand in for a missing one. */
  readonly carry?: Readonly<Record<string, number>>
  /** A version of the table; default: the newest. */
  readonly version?: number
}

/** Options that were checked against a table. */
export interface CheckedAsOf {
  readonly rule: PickRule
  /** Names of the columns to answer with, those of the provenance included. */
  readonly columns: readonly string[]
  readonly source: string | undefined
  readonly carry: readonly (readonly [column: string, seconds: number])[]
  readonly refuseTies: boolean
  readonly withVersion: boolean
  /** Key columns beside symbol, clocks, source and run. */
  readonly keyParts: readonly string[]
  /** True where the run is part of the key, as in snapshots. */
  readonly runsTellApart: boolean
}

const OPTIONS = new Set<string>([
  'columns',
  'source',
  'ttl',
  'embargo',
  'strict',
  'knownAt',
  'hindsight',
  'provenance',
  'onDuplicate',
  'carry',
  'version',
] satisfies (keyof AsOfOptions)[])

/** The source whose rows answer unless another is asked for. */
export const DEFAULT_SOURCE = 'computed'

/** What marks where a carried value came from: this, behind the name of its column. */
export const CARRIED_SUFFIX = '_carried_from'

/** The name under which provenance gives the table's version. */
export const VERSION_COLUMN = 'version'

/**
 * Checks a read's options against a table, once at the door.
 *
 * @param table name of the table, for messages
 * @param schema what it holds
 * @param options as the caller gave them
 * @throws LakehouseError `unsupported_option` for what cannot be honoured, `schema_mismatch` for an unknown column
 */
export function checkAsOf(table: string, schema: TableSchema, options: AsOfOptions): CheckedAsOf {
  const refuse = (what: string, option: string): never => {
    throw new LakehouseError(
      'unsupported_option',
      `cannot read ${table} as of a time: ${what}. Nothing was read`,
      { evidence: { table, option } },
    )
  }
  const held = new Map(schema.columns.map((column) => [column.name, column]))
  for (const option of Object.keys(options)) {
    if (!OPTIONS.has(option)) refuse(`there is no option '${option}'`, option)
  }
  const seconds = (name: 'ttl' | 'embargo', value: number | undefined) => {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return
    refuse(`${name} must be a whole number of seconds from 0, was ${value}`, name)
  }
  const { ttl, embargo = 0, knownAt, strict = false, hindsight = false } = options
  seconds('ttl', ttl)
  seconds('embargo', embargo)
  if (ttl !== undefined && embargo > ttl) {
    refuse(`the embargo of ${embargo} s leaves nothing of a ttl of ${ttl} s`, 'embargo')
  }
  if (knownAt !== undefined && !Number.isFinite(knownAt)) {
    refuse(`knownAt must be a time in Unix seconds, was ${knownAt}`, 'knownAt')
  }
  if (knownAt !== undefined && hindsight) {
    refuse('hindsight and knownAt contradict each other', 'hindsight')
  }
  if (options.source !== undefined && held.get('source')?.type !== 'string') {
    refuse(`it has no sources to choose '${options.source}' from`, 'source')
  }
  const { onDuplicate = 'latest' } = options
  if (onDuplicate !== 'latest' && onDuplicate !== 'error') {
    refuse(`onDuplicate must be latest or error, was ${String(onDuplicate)}`, 'onDuplicate')
  }
  const wanted = wantedColumns(table, schema, options.columns)
  const carry = Object.entries(options.carry ?? {})
  for (const [column, age] of carry) {
    if (!wanted.includes(column)) refuse(`'${column}' is to be carried, but not read`, 'carry')
    if (!(Number.isSafeInteger(age) && age >= 0)) {
      refuse(`carry of '${column}' must be a whole number of seconds from 0, was ${age}`, 'carry')
    }
    if (held.has(column + CARRIED_SUFFIX)) {
      refuse(`it has a column '${column}${CARRIED_SUFFIX}' of its own`, 'carry')
    }
  }
  const provenance = options.provenance
    ? [schema.time, 'known_at', 'source', 'run_id'].filter((name) => held.has(name))
    : []
  if (options.provenance && held.has(VERSION_COLUMN)) {
    refuse(`it has a column '${VERSION_COLUMN}' of its own`, 'provenance')
  }
  return {
    rule: { ttl, embargo, strict, knownAt, hindsight },
    columns: [...new Set([...wanted, ...provenance])],
    source: held.has('source') ? (options.source ?? DEFAULT_SOURCE) : undefined,
    carry,
    refuseTies: onDuplicate === 'error',
    withVersion: options.provenance ?? false,
    keyParts: keyParts(schema),
    runsTellApart: schema.key.includes('run_id'),
  }
}

function keyParts(schema: TableSchema): string[] {
  const others = new Set(['symbol', schema.time, 'known_at', 'source', 'run_id'])
  return schema.key.filter((name) => !others.has(name))
}

function wantedColumns(
  table: string,
  { columns, key, time }: TableSchema,
  wanted: readonly string[] | undefined,
): readonly string[] {
  if (wanted === undefined) {
    const others = new Set(['symbol', time, 'known_at', 'source', 'run_id', ...key])
    return columns.map((column) => column.name).filter((name) => !others.has(name))
  }
  const absent = wanted.find((name) => !columns.some((column) => column.name === name))
  if (absent !== undefined) {
    throw new LakehouseError(
      'schema_mismatch',
      `table ${table} has no column '${absent}'; it has ${columns.map(({ name }) => name).join(', ')}. Nothing was read`,
      { evidence: { table, column: absent } },
    )
  }
  const twice = wanted.find((name, at) => wanted.indexOf(name) !== at)
  if (twice !== undefined) {
    throw new LakehouseError('unsupported_option', `the column '${twice}' is asked for twice`, {
      evidence: { table, column: twice, option: 'columns' },
    })
  }
  return wanted
}

/**
 * Names the columns of an answer with their types, in order.
 *
 * @param checked the read
 * @param schema the table's schema
 */
export function answerColumns(checked: CheckedAsOf, schema: TableSchema): readonly TableColumn[] {
  const held = new Map(schema.columns.map((column) => [column.name, column]))
  return [
    ...checked.columns.map((name) => ({ ...held.get(name)!, nullable: true })),
    ...checked.carry.map(([name]): TableColumn => ({
      name: name + CARRIED_SUFFIX,
      type: 'long',
      nullable: true,
    })),
    ...(checked.withVersion
      ? [{ name: VERSION_COLUMN, type: 'long', nullable: true } satisfies TableColumn]
      : []),
  ]
}
