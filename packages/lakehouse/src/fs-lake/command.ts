import type { ParseArgsOptionsConfig } from 'node:util'
import { LakehouseError } from '../errors.ts'
import type { Lakehouse } from '../lakehouse.ts'

/** What a command may know of the process it runs in; tests hand in their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path that relative paths start from. */
  readonly cwd: string
  readonly stdout: (text: string) => unknown
  readonly stderr: (text: string) => unknown
  /** Unix seconds. */
  readonly now: () => number
}

/** Options as they were typed, by name. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** A command at work. */
export interface Invocation {
  readonly lake: Lakehouse
  readonly io: Io
  readonly flags: Flags
  /** What stands behind the command's name. */
  readonly operands: readonly string[]
}

/** What a command has to say: an object for `--json`, text for people, and how it ended. */
export interface Outcome {
  readonly value: object
  readonly text: () => string
  readonly exitCode?: 0 | 1 | 3
}

/** One command of `fs-lake`. */
export interface Command {
  /** What stands behind the name, for the help. */
  readonly usage: string
  /** What it does, in one line. */
  readonly summary: string
  readonly example: string
  readonly operands: readonly string[]
  readonly options: ParseArgsOptionsConfig
  readonly run: (invocation: Invocation) => Promise<Outcome>
}

/** Options of a read as of a time. */
export const READ_OPTIONS: ParseArgsOptionsConfig = {
  columns: { type: 'string', multiple: true },
  source: { type: 'string' },
  ttl: { type: 'string' },
  embargo: { type: 'string' },
  strict: { type: 'boolean' },
  'known-at': { type: 'string' },
  hindsight: { type: 'boolean' },
  provenance: { type: 'boolean' },
  'on-duplicate': { type: 'string' },
  carry: { type: 'string', multiple: true },
  version: { type: 'string' },
  promoted: { type: 'string' },
  out: { type: 'string' },
}

/** The table that is read unless another is named. */
export const FEATURES_TABLE = 'features/local_1d'

/** The error of a wrong command line. */
export function usageError(problem: string): LakehouseError {
  return new LakehouseError('invalid_input', `${problem}. Nothing was touched.`)
}

/** Gives an option's text, or undefined. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}

/** Gives an option that may be repeated, its values also separated by commas. */
export function listFlag(flags: Flags, name: string): readonly string[] | undefined {
  const value = flags[name]
  if (value === undefined || typeof value === 'boolean') return undefined
  const items = (typeof value === 'string' ? [value] : value).flatMap((text) => text.split(','))
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

/** Reads a whole number from 0. */
export function countFlag(flags: Flags, name: string): number | undefined {
  const text = textFlag(flags, name)
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw usageError(`--${name} must be a whole number from 0, was '${text}'`)
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.0+)?)?(Z|[+-]\d{2}:\d{2})?$/

/**
 * Reads a time: a date (the start of its UTC day), a time (UTC unless it names a zone) or Unix seconds.
 *
 * @param what how a message names it
 */
export function parseTime(text: string, what: string): number {
  if (/^-?\d{1,11}$/.test(text)) return Number(text)
  const zone = TIME.exec(text)
  const isDay = DAY.test(text)
  if (isDay || zone !== null) {
    const written = text.replace(' ', 'T')
    const milliseconds = Date.parse(isDay || zone?.[1] !== undefined ? written : `${written}Z`)
    // Date.parse carries 30 February over into March.
    const day = Date.parse(text.slice(0, 10))
    const isReal = !Number.isNaN(day) && new Date(day).toISOString().startsWith(text.slice(0, 10))
    if (!Number.isNaN(milliseconds) && isReal) return milliseconds / 1000
  }
  throw usageError(`${what} must be a date, a time or Unix seconds, was '${text}'`)
}

/** Writes a time for people: the date alone where it is the start of a UTC day. */
export function formatTime(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
  return text.endsWith('T00:00:00Z') ? text.slice(0, 10) : text
}

/** Lays cells out in columns, two blanks apart. */
export function formatColumns(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) {
      widths[at] = Math.max(widths[at] ?? 0, String(cell).length)
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, at) => String(cell).padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
