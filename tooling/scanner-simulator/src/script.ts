import type { Cell } from './universe.ts'

/** What goes wrong with an answer. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      /** Value of `Retry-After`: seconds, a date, or rubbish. */
      readonly retryAfter?: number | string
      /** A text is sent as it is (a page when it begins with `<`), anything else as JSON; absent: nothing. */
      readonly body?: unknown
      readonly location?: string
    }
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'empty'; readonly body?: string; readonly contentType?: string }
  | { readonly kind: 'reset'; readonly at?: 'headers' | 'body' }
  | { readonly kind: 'stall'; readonly at?: 'headers' | 'body' }
  | { readonly kind: 'slow'; readonly ms?: number; readonly perByteMs?: number }
  /** `close` announces the whole body and closes after so many bytes; `complete` sends them as if they were all. */
  | { readonly kind: 'truncate'; readonly bytes: number; readonly how?: 'close' | 'complete' }
  | { readonly kind: 'drop'; readonly tickers: readonly string[] }
  | { readonly kind: 'cut'; readonly rows: number }
  | { readonly kind: 'duplicate'; readonly tickers: readonly string[]; readonly differs?: boolean }
  | { readonly kind: 'reorder' }
  | { readonly kind: 'extra'; readonly tickers?: readonly string[] }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'null_row' | 'short_row' | 'long_row'
      readonly tickers: readonly string[]
    }
  /** `value` goes where `column` is; by default a text, and for `huge` a number that no double holds. */
  | {
      readonly kind: 'wrong_type' | 'huge'
      readonly tickers: readonly string[]
      readonly column?: string
      readonly value?: Cell
    }
  | { readonly kind: 'null_column'; readonly column: string }
  | { readonly kind: 'error200'; readonly error: string }

/** Which requests a rule is for; what is absent does not restrict. */
export interface When {
  /** Part of the path: `/scan`, `/metainfo`. */
  readonly path?: string
  /** A symbol that is asked for. */
  readonly ticker?: string
  /** A column that is asked for. */
  readonly column?: string
  /** Number, from 1, among the requests that meet the conditions above. */
  readonly nth?: number
  /** First and last such number. */
  readonly from?: number
  readonly to?: number
}

/** A fault, and when it happens. */
export interface Rule {
  readonly when?: When
  /** How often it happens; always when absent. */
  readonly times?: number
  readonly fault: Fault
}

/** What a rule looks at. */
export interface Asked {
  readonly path: string
  readonly tickers: readonly string[]
  readonly columns: readonly string[]
}

/** A script under way. */
export interface ScriptRun {
  /** Finds the fault for a request: that of the first rule which matches and is not used up. */
  next(asked: Asked): Fault | undefined
}

/**
 * Starts a script.
 *
 * @param script rules in the order in which they are tried
 */
export function runScript(script: readonly Rule[]): ScriptRun {
  const states = script.map((rule) => ({ rule, met: 0, used: 0 }))
  return {
    next(asked) {
      let found: Fault | undefined
      for (const state of states) {
        const { when = {}, times = Infinity, fault } = state.rule
        if (when.path !== undefined && !asked.path.includes(when.path)) continue
        if (when.ticker !== undefined && !asked.tickers.includes(when.ticker)) continue
        if (when.column !== undefined && !asked.columns.includes(when.column)) continue
        // Every rule counts every request, also those that an earlier rule takes.
        state.met += 1
        const { nth, from = 1, to = Infinity } = when
        if (nth !== undefined && nth !== state.met) continue
        if (state.met < from || state.met > to || state.used >= times) continue
        if (found !== undefined) continue
        state.used += 1
        found = fault
      }
      return found
    },
  }
}
