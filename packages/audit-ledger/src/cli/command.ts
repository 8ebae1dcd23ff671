import type { ParseArgsConfig } from 'node:util'
import type { LedgerStore } from '../store.ts'
import type { LedgerIo } from './io.ts'
import type { Paint } from './output.ts'

/** All options of all commands; each command accepts its own and the common ones. */
export interface CommandValues {
  readonly lakehouse?: string
  readonly ledger?: string
  readonly runs?: string
  readonly store?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly checkpoint?: string[]
  readonly vkey?: string[]
  readonly 'check-files'?: boolean
  readonly stream?: string
  readonly strict?: boolean
  readonly type?: string
  readonly run?: string
  readonly since?: string
  readonly failed?: boolean
  readonly profile?: string
  readonly 'as-of'?: string
  readonly fold?: boolean
  readonly out?: string
  readonly from?: string
  readonly to?: string
}

/** What a command is given. */
export interface CommandContext {
  readonly io: LedgerIo
  readonly values: CommandValues
  readonly positionals: readonly string[]
  readonly isJson: boolean
  readonly paint: Paint
  /** Reads an option that is the number of an entry. */
  readonly integer: (name: 'from' | 'to') => number | undefined
  /** Reads an option that is a time, as the ledger writes times. */
  readonly time: (name: 'since' | 'as-of') => string | undefined
  /** Makes sure that there is a ledger; `no_ledger` else. */
  readonly store: (store: LedgerStore) => Promise<void>
}

/** A command of `fs-ledger`. */
export interface Command {
  readonly usage: string
  readonly summary: string
  /** A command line that works. */
  readonly example: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** Does the work and gives the exit code. */
  run(context: CommandContext): Promise<ExitCode>
}

/** 0 done, 1 a check said no, 2 usage, 3 integrity, 5 environment. */
export type ExitCode = 0 | 1 | 2 | 3 | 5
