import {
  answerColumns,
  type AsOfOptions,
  type CheckedAsOf,
  checkAsOf,
  VERSION_COLUMN,
} from './as-of-options.ts'
import { type Column, type Columns, numbers, rowCount, takeRows, texts } from './columns.ts'
import { schemaFields } from './delta/metadata.ts'
import type { Snapshot } from './delta/snapshot.ts'
import { compareCodePoints } from './delta/stats.ts'
import { LakehouseError } from './errors.ts'
import { pruneFiles, type TimeBounds } from './prune-files.ts'
import type { ReadPlan } from './read-plan.ts'
import type { TableColumn, TableSchema } from './schema.ts'
import { groupSpine, type Spine, toSpineColumns } from './spine.ts'
import { SYMBOLS_PER_FILE } from './symbol-batches.ts'
import { cutSymbols } from './symbol-groups.ts'
import { packRows, type PackedRows, unpackRows } from './workers/packed-rows.ts'
import type {
  PickedGroup,
  PickGroup,
  PickRead,
  PickUniverse,
  TiedRow,
} from './workers/pick-tasks.ts'
import type { WorkerPool } from './workers/pool.ts'

/** How a read came out. */
export interface AsOfReport {
  readonly table: string
  /** The version of the table that answered. */
  readonly version: number
  /** Questions asked: rows of the spine, or keys of the universe. */
  readonly rows: number
  /** How many found a row; the others hold no values. */
  readonly answered: number
  /** How many answers only the order of the log decided, as another row has the same clocks. */
  readonly tied: number
  /** The first few such rows. */
  readonly ties: readonly TiedRow[]
  /** True when `known_at` did not count: such an answer looks ahead. */
  readonly hindsight: boolean
  readonly bytesRead: number
}

/** The answers of a read: the spine's columns, then those asked for; one row a question, in its order. */
export interface AsOfResult {
  readonly rows: Columns
  readonly report: AsOfReport
}

/** How the universe of a time is read. */
export interface UniverseOptions extends AsOfOptions {
  /** Only these symbols. */
  readonly symbols?: readonly string[]
  /** A registry of symbols: the universe is then its members at that time, with rows or without. */
  readonly members?: PointInTimeReads
}

/** The newest knowledge, with its age. */
export interface LatestResult extends AsOfResult {
  /** Seconds from each answer's own time to now; `NaN` without an answer. */
  readonly age: Float64Array
  /** Symbols without an answer, or with one older than asked for. */
  readonly stale: readonly string[]
}

/** How the newest knowledge is read. */
export interface LatestOptions extends AsOfOptions {
  /** From which age on a symbol counts as stale, seconds; default two days, when a daily bar must have followed. */
  readonly staleAfter?: number
}

/** Which rows of a symbol's history to read. */
export interface HistoryOptions {
  readonly columns?: readonly string[]
  readonly version?: number
}

/** The reads of a table that know what was known when. */
export interface PointInTimeReads {
  /**
   * Answers each row of a spine with the one row of its symbol that was the newest known at its time: exactly one row
   * of the result for each of the spine, in its order; without an answer it holds no values.
   *
   * @param spine rows or columns `symbol`, `asOf` (Unix seconds) and whatever is to be carried along
   * @throws LakehouseError `unsupported_option` for what cannot be honoured, `invalid_input` for a spine that cannot be
   *   read, `ambiguous_rows` with `onDuplicate: 'error'`
   */
  asOf(spine: Spine, options?: AsOfOptions): Promise<AsOfResult>
  /**
   * Reads the newest knowledge at the lakehouse's clock.
   *
   * @param symbols which, in this order; default: all that are held, ascending
   */
  latest(symbols?: readonly string[], options?: LatestOptions): Promise<LatestResult>
  /**
   * Reads the whole universe as of a date: one row for each key that had a row known by then, ascending.
   *
   * @param date Unix seconds
   */
  snapshot(date: number, options?: UniverseOptions): Promise<AsOfResult>
  /** Reads every row of a symbol, superseded ones too, by time and then by `known_at`. */
  rowHistory(symbol: string, options?: HistoryOptions): Promise<Columns>
}

/** What these reads need of a table. */
export interface ReadableTable {
  readonly name: string
  readonly workers: WorkerPool
  /** Unix seconds. */
  readonly now: () => number
  readonly signal: AbortSignal | undefined
  existing(version?: number): Promise<Snapshot>
  schema(at: Snapshot): TableSchema
  plan(
    at: Snapshot,
    options: { readonly columns?: readonly string[]; readonly symbols?: readonly string[] },
  ): ReadPlan
  symbols(at: Snapshot): Promise<ReadonlyMap<string, number>>
}

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const PICK_TASKS = new URL(`./workers/pick-tasks.${EXTENSION}`, import.meta.url)
const TASKS = new URL(`./workers/tasks.${EXTENSION}`, import.meta.url)
const STALE_AFTER_SECONDS = 2 * 86_400

/** Gives a table its point-in-time reads. */
export function pointInTimeReads(table: ReadableTable): PointInTimeReads {
  const { name, workers } = table

  const open = async (options: AsOfOptions) => {
    const at = await table.existing(options.version)
    if (!schemaFields(at.metaData).some((field) => field.name === 'known_at')) {
      throw unsupported(
        name,
        'known_at',
        'it has no known_at, so nobody can say what was known when',
      )
    }
    const schema = table.schema(at)
    return { at, schema, checked: checkAsOf(name, schema, options) }
  }

  const planRead = (
    { at, schema, checked }: Awaited<ReturnType<typeof open>>,
    symbols: readonly string[],
    earliest: number,
    latest: number,
  ): PickRead => {
    const { rule } = checked
    const bounds: TimeBounds = {
      from: rule.ttl === undefined ? Number.NEGATIVE_INFINITY : earliest - rule.ttl,
      to: latest - rule.embargo,
      knownTo: rule.hindsight ? Number.POSITIVE_INFINITY : (rule.knownAt ?? latest),
    }
    const { files, mostlyBeyond } = pruneFiles(at.files, schema.time, bounds)
    const columns = new Set([
      ...checked.columns,
      ...checked.keyParts,
      ...(checked.source === undefined ? [] : ['source']),
      ...(checked.runsTellApart ? ['run_id'] : []),
    ])
    const plan = table.plan({ ...at, files }, { symbols, columns: [...columns] })
    return {
      plan: {
        ...plan,
        ...(mostlyBeyond && Number.isFinite(bounds.to) && { to: bounds.to }),
        ...(mostlyBeyond && Number.isFinite(bounds.from) && { from: bounds.from }),
      },
      rule,
      source: checked.source,
      keyParts: checked.keyParts,
      runsTellApart: checked.runsTellApart,
      columns: checked.columns,
      carry: checked.carry,
    }
  }

  const report = (
    { at, checked }: Awaited<ReturnType<typeof open>>,
    rows: number,
    groups: readonly PickedGroup[],
  ): AsOfReport => {
    const sum = (of: (group: PickedGroup) => number) =>
      groups.reduce((total, group) => total + of(group), 0)
    const ties = groups.flatMap((group) => group.ties)
    const found = sum((group) => group.tied)
    if (found > 0 && checked.refuseTies) throw ambiguous(name, found, ties)
    return {
      table: name,
      version: at.version,
      rows,
      answered: sum((group) => group.answered),
      tied: found,
      ties: ties.slice(0, 5),
      hindsight: checked.rule.hindsight,
      bytesRead: sum((group) => group.bytesRead),
    }
  }

  const run = async <Args>(task: string, args: Args): Promise<PickedGroup> => {
    table.signal?.throwIfAborted()
    return await workers.run<PickedGroup>(PICK_TASKS, task, args)
  }

  const asOf: PointInTimeReads['asOf'] = async (spine, options = {}) => {
    const opened = await open(options)
    const { at, schema, checked } = opened
    const questions = toSpineColumns(spine)
    const answer = answerColumns(checked, schema)
    checkSpine(name, questions, answer, schema, checked)
    const { symbols, offsets, order, asOf: times } = groupSpine(questions)
    const length = rowCount(questions)
    const parts = takeRows(
      Object.fromEntries(checked.keyParts.map((part) => [part, questions[part]!])),
      checked.keyParts.length === 0 ? [] : order,
    )
    const target = emptyAnswer(answer, length)
    const picked: PickedGroup[] = []
    const work: Promise<void>[] = []
    for (const { first, end } of cutSymbols(symbols, at.files, SYMBOLS_PER_FILE)) {
      const group = symbols.slice(first, end)
      const from = offsets[first]!
      const to = offsets[end]!
      const own = times.slice(from, to)
      const [earliest, latest] = range(own)
      const args: PickGroup = {
        ...planRead(opened, group, earliest, latest),
        symbols: group,
        offsets: offsets.slice(first, end + 1).map((offset) => offset - from),
        asOf: own,
        parts: packSlice(parts, from, to),
      }
      // A group whose files were all left out by their statistics has no answers.
      if (args.plan.files.length === 0) continue
      const position = work.length
      work.push(
        run('pickGroup', args).then((result) => {
          place(target, result.rows, order.subarray(from, to))
          picked[position] = { ...result, rows: {} }
        }),
      )
    }
    await Promise.all(work)
    const outcome = report(opened, length, picked)
    if (checked.withVersion) target[VERSION_COLUMN] = versions(target[schema.time]!, at.version)
    return { rows: { ...questions, ...target }, report: outcome }
  }

  const universe = async (date: number, options: UniverseOptions): Promise<AsOfResult> => {
    const { symbols: chosen, members, ...rest } = options
    if (!Number.isSafeInteger(date)) {
      throw new LakehouseError(
        'invalid_input',
        `the date of a snapshot of ${name} must be whole Unix seconds, was ${date}. Nothing was read`,
        { evidence: { table: name } },
      )
    }
    const opened = await open(rest)
    const { at, schema, checked } = opened
    checkKnownAt(name, checked, date, undefined)
    if (members !== undefined) {
      if (checked.keyParts.length > 0) {
        throw unsupported(name, 'members', 'its keys have more parts than a registry of symbols')
      }
      const symbols = (await membersAsOf(members, date, checked)).filter(
        (symbol) => chosen === undefined || chosen.includes(symbol),
      )
      const spine = { symbol: symbols, asOf: new Float64Array(symbols.length).fill(date) }
      const { rows, report: found } = await asOf(spine, { ...rest, version: at.version })
      return { rows: without(rows, 'asOf'), report: found }
    }
    const answer = answerColumns(checked, schema)
    checkNames(name, ['symbol', ...checked.keyParts], answer)
    const symbols = chosen?.toSorted(compareCodePoints) ?? [...(await table.symbols(at)).keys()]
    const work: Promise<PickedGroup>[] = []
    for (const { first, end } of cutSymbols(symbols, at.files, SYMBOLS_PER_FILE)) {
      const group = symbols.slice(first, end)
      // Membership has no lower bound, so neither has the plan.
      const read = planRead(
        {
          ...opened,
          checked: { ...checked, rule: { ...checked.rule, ttl: undefined, embargo: 0 } },
        },
        group,
        date,
        date,
      )
      if (read.plan.files.length === 0) continue
      work.push(
        run('pickUniverse', { ...read, rule: checked.rule, asOf: date } satisfies PickUniverse),
      )
    }
    const picked = await Promise.all(work)
    const rows = joinGroups(
      ['symbol', ...checked.keyParts, ...answer.map((column) => column.name)],
      picked.map((group) => group.rows),
      [...schema.columns, ...answer],
    )
    const outcome = report(opened, rowCount(rows), picked)
    if (!checked.withVersion) return { rows, report: outcome }
    return {
      rows: { ...rows, [VERSION_COLUMN]: versions(rows[schema.time]!, at.version) },
      report: outcome,
    }
  }

  return {
    asOf,
    snapshot: async (date, options = {}) => await universe(date, options),

    async latest(symbols, options = {}) {
      const { staleAfter = STALE_AFTER_SECONDS, ...rest } = options
      if (!(staleAfter >= 0)) {
        throw unsupported(name, 'staleAfter', `staleAfter must not be negative, was ${staleAfter}`)
      }
      const now = table.now()
      const opened = await open(rest)
      const { time } = opened.schema
      const columns = opened.checked.columns
      const reading: AsOfOptions = {
        ...rest,
        version: opened.at.version,
        columns: columns.includes(time) ? columns : [...columns, time],
      }
      const asked = symbols !== undefined && opened.checked.keyParts.length === 0
      const { rows, report: found } = asked
        ? await asOf({ symbol: symbols, asOf: new Float64Array(symbols.length).fill(now) }, reading)
        : await universe(now, { ...reading, ...(symbols && { symbols }) })
      const age = numbers(rows, time).map((timestamp) => now - timestamp)
      const stale = texts(rows, 'symbol').filter((_, row) => !(age[row]! <= staleAfter)) as string[]
      const shown = columns.includes(time) ? rows : without(rows, time)
      return { rows: without(shown, 'asOf'), report: found, age, stale: [...new Set(stale)] }
    },

    async rowHistory(symbol, { columns, version } = {}) {
      const at = await table.existing(version)
      const names = columns ?? table.schema(at).columns.map((column) => column.name)
      const plan = table.plan(at, { symbols: [symbol], ...(columns && { columns }) })
      const { rows } = await workers.run<{ rows: PackedRows }>(TASKS, 'scanRows', plan)
      const unpacked = unpackRows(rows)
      return Object.fromEntries(names.map((column) => [column, unpacked[column]!]))
    },
  }
}

function checkSpine(
  table: string,
  spine: Columns,
  answer: readonly TableColumn[],
  schema: TableSchema,
  checked: CheckedAsOf,
): void {
  for (const part of checked.keyParts) {
    const isText = schema.columns.find((column) => column.name === part)!.type === 'string'
    const column = spine[part]
    if (column !== undefined && isText !== column instanceof Float64Array) continue
    throw new LakehouseError(
      'invalid_input',
      `the spine cannot be read: keys of ${table} need a column '${part}' of ${isText ? 'text' : 'numbers'}. Nothing was read`,
      { evidence: { table, column: part } },
    )
  }
  checkNames(table, Object.keys(spine), answer)
  const asOf = numbers(spine, 'asOf')
  for (let row = 0; row < asOf.length; row++) checkKnownAt(table, checked, asOf[row]!, row)
}

function checkNames(table: string, taken: readonly string[], answer: readonly TableColumn[]): void {
  const clash = answer.find((column) => taken.includes(column.name))
  if (clash === undefined) return
  throw unsupported(
    table,
    'columns',
    `the spine has a column '${clash.name}' already; rename it there, or name the columns to read`,
  )
}

function checkKnownAt(
  table: string,
  { rule }: CheckedAsOf,
  t: number,
  row: number | undefined,
): void {
  if (rule.knownAt === undefined || !(rule.knownAt > t)) return
  throw unsupported(
    table,
    'knownAt',
    `knownAt (${rule.knownAt}) lies after asOf (${t})${row === undefined ? '' : ` in row ${row}`}, which would look ahead; hindsight says so openly`,
  )
}

function unsupported(table: string, option: string, what: string): LakehouseError {
  return new LakehouseError(
    'unsupported_option',
    `cannot read ${table} as of a time: ${what}. Nothing was read`,
    { evidence: { table, option } },
  )
}

function ambiguous(table: string, tied: number, ties: readonly TiedRow[]): LakehouseError {
  const named = ties
    .slice(0, 3)
    .map((row) => `${row.symbol} at ${row.timestamp}, known at ${row.known_at ?? 'no time'}`)
  return new LakehouseError(
    'ambiguous_rows',
    `${tied} answers of ${table} stand for two rows with the same clocks: ${named.join('; ')}${ties.length > named.length ? '; …' : ''}. Nothing was returned: remove one of each, or read with onDuplicate: 'latest'`,
    { evidence: { table, tied, ties, symbols: [...new Set(ties.map((row) => row.symbol))] } },
  )
}

async function membersAsOf(
  registry: PointInTimeReads,
  date: number,
  { rule }: CheckedAsOf,
): Promise<string[]> {
  const { rows } = await registry.snapshot(date, {
    columns: ['valid_until'],
    ...(rule.knownAt !== undefined && { knownAt: rule.knownAt }),
    ...(rule.hindsight && { hindsight: true }),
  })
  const until = numbers(rows, 'valid_until')
  return (texts(rows, 'symbol') as readonly string[]).filter((_, row) => !(until[row]! <= date))
}

function emptyAnswer(columns: readonly TableColumn[], length: number): Record<string, Column> {
  return Object.fromEntries(
    columns.map(({ name, type }) => [
      name,
      type === 'string'
        ? Array.from<null>({ length }).fill(null)
        : new Float64Array(length).fill(Number.NaN),
    ]),
  )
}

/** Puts a group's rows where their questions stand. */
function place(target: Record<string, Column>, rows: PackedRows, order: Int32Array): void {
  const first = order[0]!
  // Positions are distinct and ascend within a symbol: equal ends mean that nothing lies between.
  let isStretch = order.at(-1)! - first === order.length - 1
  for (let i = 1; isStretch && i < order.length; i++) isStretch = order[i] === first + i
  for (const [name, column] of Object.entries(unpackRows(rows))) {
    const to = target[name]!
    if (column instanceof Float64Array && to instanceof Float64Array) {
      if (isStretch) to.set(column, first)
      else for (let i = 0; i < order.length; i++) to[order[i]!] = column[i]!
    } else {
      const values = to as (string | null)[]
      for (let i = 0; i < order.length; i++) values[order[i]!] = column[i] as string | null
    }
  }
}

function joinGroups(
  names: readonly string[],
  groups: readonly PackedRows[],
  columns: readonly TableColumn[],
): Columns {
  const parts = groups.map(unpackRows)
  return Object.fromEntries(
    names.map((name): [string, Column] => {
      const type = columns.find((column) => column.name === name)!.type
      const found = parts.flatMap((part) => (part[name] === undefined ? [] : [part[name]]))
      if (type === 'string') return [name, (found as (string | null)[][]).flat()]
      const joined = new Float64Array(found.reduce((sum, part) => sum + part.length, 0))
      let at = 0
      for (const part of found as Float64Array[]) {
        joined.set(part, at)
        at += part.length
      }
      return [name, joined]
    }),
  )
}

function packSlice(rows: Columns, from: number, to: number): PackedRows {
  return packRows(
    Object.fromEntries(
      Object.entries(rows).map(([name, column]) => [name, column.slice(from, to)]),
    ),
  )
}

function range(values: Float64Array): [min: number, max: number] {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  return [min, max]
}

function versions(times: Column, version: number): Float64Array {
  return (times as Float64Array).map((time) => (time === time ? version : Number.NaN))
}

function without(rows: Columns, column: string): Columns {
  return Object.fromEntries(Object.entries(rows).filter(([name]) => name !== column))
}
