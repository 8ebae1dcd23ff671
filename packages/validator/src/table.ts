/**
 * One column in memory. Numbers lie in a `Float64Array`, 64-bit integers as safe integers; `NaN` and `null` mean "no
 * value", and so does a 0 in `valid`, which has one byte a row.
 */
export interface Column {
  readonly name: string
  readonly type: 'f64' | 'i64' | 'utf8'
  readonly values: Float64Array | readonly (string | null)[]
  readonly valid?: Uint8Array
}

/** Rows as columns of one length, with the settings of the table they come from (`fs.formula` and so on). */
export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly meta?: Readonly<Record<string, string>>
}

/** The parts that a table can play in a validation. */
export type TableRole = 'bars' | 'local' | 'snapshot' | 'previous_local'

/** All roles of tables. */
export const TABLE_ROLES: readonly TableRole[] = ['bars', 'local', 'snapshot', 'previous_local']
