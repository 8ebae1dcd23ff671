import type { TableSchema } from '@fs/lakehouse'
import { CommandError } from '@fs/cli'
import { FEATURES, FORMULAS, type FormulaId } from '@fs/ratings'

/** What a feature table holds, and by which formula. */
export interface FeatureSet {
  readonly formula: FormulaId
  readonly features: readonly string[]
}

/** The features of a table whose creator named none. */
export const DEFAULT_FEATURES: readonly string[] = [
  'recommend_ma',
  'recommend_other',
  'recommend_all',
]

const DEFAULT_FORMULA: FormulaId = 'institutional'
const FORMULA_SETTING = 'fs.formula'
const FEATURES_SETTING = 'fs.features'

/** Describes the table `features/local_1d`, or one like it, for its creation. */
export function featureTableSchema({ formula, features }: FeatureSet): TableSchema {
  return {
    columns: [
      { name: 'symbol', type: 'string', nullable: false },
      { name: 'timestamp', type: 'long', nullable: false },
      { name: 'known_at', type: 'long', nullable: false },
      { name: 'source', type: 'string', nullable: false },
      { name: 'run_id', type: 'string', nullable: false },
      ...features.map((name) => ({ name, type: 'double' as const, nullable: true })),
    ],
    time: 'timestamp',
    key: ['symbol', 'timestamp', 'source'],
    configuration: {
      [FORMULA_SETTING]: formula,
      'fs.timeframe': '1d',
      [FEATURES_SETTING]: features.join(','),
    },
  }
}

/**
 * Settles what a run computes. A table keeps the formula and the features it was created with, or one series would mix
 * two scales; what a run does not say, the table decides.
 *
 * @param table name of the table, for messages
 * @param existing configuration of the table; null when this run creates it
 * @throws CommandError (exit 2) when the run asks for another formula, for features the table does not have, or for
 *   names that do not exist
 */
export function settleFeatureSet(
  table: string,
  existing: Readonly<Record<string, string>> | null,
  wanted: {
    readonly formula?: string | undefined
    readonly features?: readonly string[] | undefined
  },
): FeatureSet {
  if (wanted.formula !== undefined && !Object.hasOwn(FORMULAS, wanted.formula)) {
    throw usage(
      `there is no formula '${wanted.formula}'`,
      `Choose one of ${Object.keys(FORMULAS).join(', ')}.`,
    )
  }
  const unknown = wanted.features?.filter((name) => !Object.hasOwn(FEATURES, name)) ?? []
  if (unknown.length > 0) {
    throw usage(
      `there is no feature ${unknown.map((name) => `'${name}'`).join(', ')}`,
      `Choose from ${Object.keys(FEATURES).join(', ')}.`,
    )
  }
  const repeated = wanted.features?.find((name, i, all) => all.indexOf(name) !== i)
  if (repeated !== undefined) {
    throw usage(`the feature '${repeated}' is named twice`, 'Name each feature once.')
  }
  if (wanted.features?.length === 0) {
    throw usage('the list of features is empty', 'Name at least one, or leave --features away.')
  }
  if (existing === null) {
    return {
      formula: (wanted.formula as FormulaId | undefined) ?? DEFAULT_FORMULA,
      features: wanted.features ?? DEFAULT_FEATURES,
    }
  }
  const formula = existing[FORMULA_SETTING]
  const features = existing[FEATURES_SETTING]?.split(',')
  if (formula === undefined || !Object.hasOwn(FORMULAS, formula) || features === undefined) {
    throw usage(`${table} was not made by fs-backfill`, 'Name another table with --table.')
  }
  if (wanted.formula !== undefined && wanted.formula !== formula) {
    throw usage(
      `${table} is computed by the formula '${formula}', not '${wanted.formula}'`,
      'Give the other formula a table and a matrix of its own: --table features/NAME --output FILE.',
    )
  }
  const missing = wanted.features?.filter((name) => !features.includes(name)) ?? []
  if (missing.length > 0) {
    throw usage(
      `${table} does not hold ${missing.join(', ')}; it holds ${features.join(', ')}`,
      'Give the other features a table and a matrix of their own: --table features/NAME --output FILE.',
    )
  }
  return { formula: formula as FormulaId, features }
}

function usage(message: string, next: string): CommandError {
  return new CommandError('invalid_input', message, { unchanged: 'Nothing was touched.', next })
}
