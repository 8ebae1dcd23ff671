import { type Column, type Columns, numbers, symbolRuns, takeRows, texts } from '../columns.ts'
import { CARRIED_SUFFIX } from '../as-of-options.ts'
import {
  carryFrom,
  type KeyAnswers,
  type KeyRows,
  pickRows,
  type PickRule,
  prepareAnswers,
} from '../pick-rows.ts'
import type { ReadPlan } from '../read-plan.ts'
import type { WorkerContext } from './context.ts'
import { type PackedRows, packRows, unpackRows } from './packed-rows.ts'

// Point-in-time reads of one group of symbols each. Each exported function is one task; its arguments are plain data.

/** What every such read needs to know. */
export interface PickRead {
  readonly plan: ReadPlan
  readonly rule: PickRule
  /** Only rows of this source; absent: the table has none. */
  readonly source?: string | undefined
  readonly keyParts: readonly string[]
  readonly runsTellApart: boolean
  /** Columns of the table to answer with. */
  readonly columns: readonly string[]
  readonly carry: readonly (readonly [column: string, seconds: number])[]
}

/** The arguments of {@link pickGroup}. */
export interface PickGroup extends PickRead {
  readonly symbols: readonly string[]
  /** Where each symbol's questions begin; one more at the end. */
  readonly offsets: Int32Array
  readonly asOf: Float64Array
  /** The key's other parts, question by question. */
  readonly parts: PackedRows
}

/** The arguments of {@link pickUniverse}. */
export interface PickUniverse extends PickRead {
  /** Unix seconds. */
  readonly asOf: number
}

/** A row that another one ties with. */
export interface TiedRow {
  readonly symbol: string
  readonly timestamp: number
  readonly known_at: number | null
}

/** The answers of a group: one row a question, in its order. */
export interface PickedGroup {
  readonly rows: PackedRows
  readonly answered: number
  /** Questions whose answer only the order of the log decided. */
  readonly tied: number
  /** The first few rows that tie. */
  readonly ties: readonly TiedRow[]
  readonly bytesRead: number
}

// Enough to look at; a table full of ties would else fill an error message.
const TIES_NAMED = 5

/** Answers the questions about a group of symbols. */
export async function pickGroup(args: PickGroup, context: WorkerContext): Promise<PickedGroup> {
  const { rows, bytesRead } = await context.readRows(args.plan)
  const table = openRows(rows, args)
  const picks = new Int32Array(args.asOf.length).fill(-1)
  const outcome = createOutcome(args, table, picks.length)
  const ask = (run: KeyRun, questions: Int32Array | null, from: number, to: number) => {
    const answers = prepareAnswers(keyRows(table, run), args.rule)
    const asOf =
      questions === null
        ? args.asOf.subarray(from, to)
        : Float64Array.from(questions, (at) => args.asOf[at]!)
    const found = questions === null ? picks.subarray(from, to) : new Int32Array(asOf.length)
    outcome.note(answers, pickRows(answers, asOf, found), run.symbol)
    if (questions !== null) for (const [i, at] of questions.entries()) picks[at] = found[i]!
    outcome.carry(answers, asOf, found, (i) => (questions === null ? from + i : questions[i]!))
  }
  const parts = args.keyParts.map((name) => unpackRows(args.parts)[name]!)
  let next = 0
  for (const [index, symbol] of args.symbols.entries()) {
    const runs: KeyRun[] = []
    while (table.runs[next]?.symbol === symbol) runs.push(table.runs[next++]!)
    const from = args.offsets[index]!
    const to = args.offsets[index + 1]!
    if (parts.length === 0) {
      if (runs[0] !== undefined) ask(runs[0], null, from, to)
      continue
    }
    for (const [run, questions] of questionsByRun(runs, table, parts, from, to)) {
      ask(run, Int32Array.from(questions), from, to)
    }
  }
  return { ...outcome.finish(picks), bytesRead }
}

/** Reads the whole universe of a group of symbols: one row for each key that has a row known by then. */
export async function pickUniverse(
  args: PickUniverse,
  context: WorkerContext,
): Promise<PickedGroup> {
  const { rows, bytesRead } = await context.readRows(args.plan)
  const table = openRows(rows, args)
  const asOf = Float64Array.of(args.asOf)
  // A key is a member by any row known by then, however old; what it answers is another question.
  const membership = { ...args.rule, ttl: undefined, embargo: 0, strict: false }
  const members: { run: KeyRun; answers: KeyAnswers; pick: Int32Array; ties: readonly number[] }[] =
    []
  for (const run of table.runs) {
    const pick = new Int32Array(1)
    pickRows(prepareAnswers(keyRows(table, run), membership), asOf, pick)
    if (pick[0]! < 0) continue
    const answers = prepareAnswers(keyRows(table, run), args.rule)
    members.push({ run, answers, ties: pickRows(answers, asOf, pick), pick })
  }
  const outcome = createOutcome(args, table, members.length)
  for (const [at, { run, answers, pick, ties }] of members.entries()) {
    outcome.note(answers, ties, run.symbol)
    outcome.carry(answers, asOf, pick, () => at)
  }
  const first = Int32Array.from(members, ({ run }) => run.start)
  const keys = Object.fromEntries(
    ['symbol', ...args.keyParts].map((name) => [name, takeColumn(table.rows[name]!, first)]),
  )
  const found = outcome.finish(Int32Array.from(members, ({ pick }) => pick[0]!))
  return { ...found, rows: { ...packRows(keys), ...found.rows }, bytesRead }
}

interface KeyRun {
  readonly symbol: string
  readonly start: number
  readonly end: number
}

interface OpenRows {
  readonly rows: Columns
  readonly times: Float64Array
  readonly knownAt: Float64Array
  readonly excluded: Uint8Array | undefined
  readonly runIds: readonly (string | null)[] | undefined
  /** One stretch a key, ascending by symbol. */
  readonly runs: readonly KeyRun[]
  readonly parts: readonly Column[]
}

function openRows(read: Columns, args: PickRead): OpenRows {
  const rows = byKey(read, args.keyParts)
  const parts = args.keyParts.map((name) => rows[name]!)
  const runs = symbolRuns(texts(rows, 'symbol')).flatMap(({ symbol, start, end }) => {
    const found: KeyRun[] = []
    let first = start
    for (let row = start + 1; row <= end; row++) {
      if (row < end && parts.every((part) => same(part[row]!, part[first]!))) continue
      found.push({ symbol, start: first, end: row })
      first = row
    }
    return found
  })
  return {
    rows,
    times: numbers(rows, args.plan.time),
    knownAt: numbers(rows, 'known_at'),
    excluded: args.source === undefined ? undefined : otherSources(rows, args.source),
    runIds: args.runsTellApart ? texts(rows, 'run_id') : undefined,
    runs,
    parts,
  }
}

// Rows come sorted by symbol and clocks; a key of more parts needs its rows together.
function byKey(rows: Columns, keyParts: readonly string[]): Columns {
  if (keyParts.length === 0) return rows
  const parts = keyParts.map((name) => rows[name]!)
  const positions = symbolRuns(texts(rows, 'symbol')).flatMap(({ start, end }) =>
    Array.from({ length: end - start }, (_, i) => start + i).toSorted((a, b) => {
      for (const part of parts) {
        const order = compareParts(part[a]!, part[b]!)
        if (order !== 0) return order
      }
      return a - b
    }),
  )
  return takeRows(rows, positions)
}

type Part = string | number | null

function same(a: Part, b: Part): boolean {
  return a === b || (a !== a && b !== b)
}

function isMissing(part: Part): boolean {
  return part === null || part !== part
}

function compareParts(a: Part, b: Part): number {
  if (same(a, b)) return 0
  if (isMissing(a) || isMissing(b)) return isMissing(a) ? -1 : 1
  return a! < b! ? -1 : 1
}

function otherSources(rows: Columns, source: string): Uint8Array {
  const sources = texts(rows, 'source')
  const excluded = new Uint8Array(sources.length)
  for (let row = 0; row < sources.length; row++) if (sources[row] !== source) excluded[row] = 1
  return excluded
}

function keyRows(table: OpenRows, { start, end }: KeyRun): KeyRows {
  const { times, knownAt, excluded, runIds } = table
  return { times, knownAt, start, end, excluded, runIds }
}

// The parts of a key are compared one by one; written behind each other, two keys could read the same.
function questionsByRun(
  runs: readonly KeyRun[],
  table: OpenRows,
  parts: readonly Column[],
  from: number,
  to: number,
): Map<KeyRun, number[]> {
  const found = new Map<KeyRun, number[]>()
  for (let at = from; at < to; at++) {
    const run = runs.find(({ start }) =>
      parts.every((part, i) => !isMissing(part[at]!) && table.parts[i]![start] === part[at]),
    )
    if (run === undefined) continue
    const questions = found.get(run)
    if (questions === undefined) found.set(run, [at])
    else questions.push(at)
  }
  return found
}

function createOutcome(args: PickRead, table: OpenRows, length: number) {
  const carried = args.carry.map(([name, seconds]) => ({
    name,
    seconds,
    positions: new Int32Array(length).fill(-1),
  }))
  const named: TiedRow[] = []
  let tied = 0
  return {
    note(answers: KeyAnswers, ties: readonly number[], symbol: string) {
      tied += ties.length
      for (const at of ties) {
        if (named.length >= TIES_NAMED) break
        const row = answers.positions[at]!
        const known = table.knownAt[row]!
        const timestamp = table.times[row]!
        if (named.at(-1)?.symbol === symbol && named.at(-1)?.timestamp === timestamp) continue
        named.push({ symbol, timestamp, known_at: known === known ? known : null })
      }
    },
    carry(
      answers: KeyAnswers,
      asOf: Float64Array,
      picks: Int32Array,
      place: (index: number) => number,
    ) {
      for (const { name, seconds, positions } of carried) {
        const column = table.rows[name]!
        const hasValue = (row: number) => !isMissing(column[row]!)
        for (let i = 0; i < picks.length; i++) {
          const pick = picks[i]!
          if (pick < 0 || hasValue(pick)) continue
          const t = asOf[i]!
          positions[place(i)] = carryFrom(answers, pick, t, t - seconds, hasValue)
        }
      }
    },
    finish(picks: Int32Array): Omit<PickedGroup, 'bytesRead'> {
      const { rows } = table
      const answer: Record<string, Column> = {}
      for (const name of args.columns) answer[name] = takeColumn(rows[name]!, picks)
      for (const { name, positions } of carried) {
        const from = new Float64Array(length).fill(Number.NaN)
        const positionsOf = picks.map((pick, i) => (positions[i]! < 0 ? pick : positions[i]!))
        for (let i = 0; i < length; i++) {
          if (positions[i]! >= 0) from[i] = table.times[positions[i]!]!
        }
        answer[name] = takeColumn(rows[name]!, positionsOf)
        answer[name + CARRIED_SUFFIX] = from
      }
      let answered = 0
      for (const pick of picks) if (pick >= 0) answered++
      return { rows: packRows(answer), answered, tied, ties: named }
    },
  }
}

function takeColumn(column: Column, positions: Int32Array): Column {
  if (column instanceof Float64Array) {
    const values = new Float64Array(positions.length)
    for (let i = 0; i < positions.length; i++) {
      const row = positions[i]!
      values[i] = row < 0 ? Number.NaN : column[row]!
    }
    return values
  }
  return Array.from(positions, (row) => (row < 0 ? null : column[row]!))
}
