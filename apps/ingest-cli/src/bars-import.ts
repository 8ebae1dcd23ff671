import type { RejectionReason } from './check-bars.ts'

/** One symbol of an import: where its bars came from and what became of the rows. Times are Unix seconds. */
export interface ImportedSymbol {
  symbol: string
  /** Name of the file at or under `from`. */
  file: string
  sha256: string
  bytes: number
  /** Rows read; the sum of the following counts. */
  rows: number
  /** Bars the table did not hold. */
  imported: number
  /** Bars it held with other values: second rows, known since this import. */
  restated: number
  unchanged: number
  rejected: number
  /** Bars that had not closed, or were not known, by the import's clock. */
  unfinished: number
  /** Bars at or after `--before`. */
  later: number
  /** First and last bar that the file brought. */
  first: number
  last: number
  /** Whether the file stood newest first. */
  reversed: boolean
  /** Whether the symbol was divided at the first `_` of the file's name for want of a known exchange. */
  guessed: boolean
}

/** A row of a file, with what is needed to find it. */
export interface NamedRow {
  file: string
  symbol: string
  /** Line of a CSV file or row of a Parquet file, from 1. */
  row: number
  timestamp: number | null
}

/** What an import of bars came to: the run's `bars_import.json`, and what `--json` prints. */
export interface BarsImport {
  schema: 'fs.bars_import/1'
  run_id: string
  /** The file or folder that was imported, absolute. */
  from: string
  options: { known_at: string; before: number | null }
  /** The import's clock, Unix seconds. */
  imported_at: number
  table: string
  /** The version that was committed; null when the table knew every bar. */
  version: number | null
  symbols: ImportedSymbol[]
  left_out: { symbol: string | null; file: string; reason: string }[]
  rejected: (NamedRow & { reason: RejectionReason; detail: string })[]
  unfinished: NamedRow[]
  /** Entries of the folder that are no bar files. */
  ignored: { file: string; reason: string }[]
  /** The registry's version, null when it knew every symbol, and how many records were opened in it. */
  registry: { version: number | null; opened: number }
}

/** Name of the artefact in the run's folder. */
export const BARS_IMPORT_FILE = 'bars_import.json'
