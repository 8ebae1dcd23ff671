import type { TableColumn } from './schema.ts'

/** A data file of a table, as a read plan names it. */
export interface PlannedFile {
  /** Path inside the store. */
  readonly path: string
  /** Bytes, as the log says. */
  readonly size: number
  /** Values of partition columns, which the file itself does not hold. */
  readonly partitionValues?: Readonly<Record<string, string | null>>
}

/** Which rows of a table to read: plain data, so that it can cross to a thread. */
export interface ReadPlan {
  /** URI of the store. */
  readonly store: string
  readonly table: string
  readonly files: readonly PlannedFile[]
  /** What to read, in this order; a column that a file lacks comes back without values. */
  readonly columns: readonly TableColumn[]
  /** Name of the table's time column. */
  readonly time: string
  /** Only these symbols; absent: all. */
  readonly symbols?: readonly string[]
  /** Only rows whose time is at least this, Unix seconds. */
  readonly from?: number
  /** Only rows whose time is at most this. */
  readonly to?: number
}
