import { LakehouseError } from '../errors.ts'
import type { MetaData } from './actions.ts'

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000

// A month counts as its longest, so that rounding only ever keeps more.
const UNIT_DAYS: Readonly<Record<string, number>> = {
  second: 1 / 86_400,
  minute: 1 / 1440,
  hour: 1 / 24,
  day: 1,
  week: 7,
  month: 31,
  year: 366,
}

/**
 * Reads a duration among a table's settings.
 *
 * @param metaData the table's description
 * @param setting such as `delta.deletedFileRetentionDuration`
 * @returns milliseconds; 0 where the table does not say
 * @throws LakehouseError `invalid_input` for a duration that cannot be read
 */
export function durationSettingMs(metaData: MetaData, setting: string): number {
  const value = metaData.configuration?.[setting] ?? null
  if (value === null) return 0
  const [, amount, unit] = /^(?:interval\s+)?(\d+)\s+([a-z]+?)s?$/i.exec(value.trim()) ?? []
  const days = UNIT_DAYS[unit?.toLowerCase() ?? '']
  if (days !== undefined) return Number(amount) * days * DAY_MS
  throw new LakehouseError(
    'invalid_input',
    `cannot read the table's ${setting}, ${JSON.stringify(value)}. Nothing was changed`,
    { evidence: { setting, value } },
  )
}
