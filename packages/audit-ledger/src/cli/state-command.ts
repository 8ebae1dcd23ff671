import { entries } from '../entries.ts'
import { foldState, type GrantState, type LedgerState } from '../state.ts'
import { formatTable, type Paint } from './output.ts'
import type { Command } from './command.ts'
import { readSettings } from './settings.ts'

/** `fs-ledger state`. */
export const stateCommand: Command = {
  usage: '[--run RUN_ID] [--profile NAME] [--as-of TIME] [--strict]',
  summary: 'says what the entries amount to: runs, open intents, waivers, exclusions, promotions',
  example: 'fs-ledger state --as-of 2026-01-31',
  options: {
    run: { type: 'string' },
    profile: { type: 'string' },
    'as-of': { type: 'string' },
    strict: { type: 'boolean' },
  },
  async run({ io, values, isJson, paint, time, store: openStore }) {
    const asOf = time('as-of') ?? new Date(io.clock()).toISOString()
    const { store } = await readSettings(io, values)
    await openStore(store)
    const state = await foldState(entries(store), {
      as_of: asOf,
      run_id: values.run,
      profile: values.profile,
    })
    const text = isJson ? JSON.stringify(state, undefined, 2) : formatState(state, paint)
    await io.write(`${text}\n`)
    const isOpen = state.open_intents.length > 0 || state.waivers.some(({ overdue }) => overdue)
    return values.strict && isOpen ? 1 : 0
  },
}

function formatState(state: LedgerState, paint: Paint): string {
  const parts = [`as of ${state.as_of}`]
  const add = (
    title: string,
    titles: readonly string[],
    rows: readonly (readonly (string | number | null | undefined)[])[],
  ): void => {
    if (rows.length > 0) parts.push(`${paint('bold', title)}\n${formatTable(titles, rows)}`)
  }
  add(
    'promotions',
    ['profile', 'decision', 'run', '>manifest', 'flag'],
    Object.entries(state.promotions).map(([profile, promotion]) => [
      profile,
      promotion.decision,
      promotion.run_id,
      promotion.manifest,
      promotion.revoked_waivers ? 'rests on a revoked waiver' : '',
    ]),
  )
  add(
    'rollbacks',
    ['>entry', 'time', 'profile', '>from', '>to', 'reason'],
    state.rollbacks.map(({ seq, ts, profile, from, to, reason }) => [
      seq,
      ts,
      profile,
      from,
      to,
      reason,
    ]),
  )
  add(
    'runs',
    ['run', 'profile', 'step', 'status', '>coverage', 'last entry'],
    state.runs.map(({ run_id, profile, step, status, coverage, ts }) => [
      run_id,
      profile,
      step,
      status,
      coverage === null ? '' : `${(100 * coverage).toFixed(2)} %`,
      ts,
    ]),
  )
  add(
    'open intents',
    ['>entry', 'intent', 'run', 'since'],
    state.open_intents.map(({ seq, type, run_id, ts }) => [seq, type, run_id, ts]),
  )
  const grant = (each: GrantState): (string | number | null)[] => [
    each.id,
    each.overdue ? `${each.standing}, overdue` : each.standing,
    each.profile,
    each.requirement ?? each.symbols.join(' '),
    each.expires_at,
    each.due,
  ]
  add(
    'waivers',
    ['waiver', 'standing', 'profile', 'requirement', 'expires', 'follow-up due'],
    state.waivers.map((each) => grant(each)),
  )
  add(
    'exclusions',
    ['exclusion', 'standing', 'profile', 'symbols', 'expires'],
    state.exclusions.map((each) => grant(each)),
  )
  return parts.join('\n\n')
}
