import { basename } from 'node:path'
import { CommandError, explainStorageFailure, mayHaveCommitted } from '@fs/cli'
import type { Columns, Lakehouse } from '@fs/lakehouse'
import type { BarsImport, ImportedSymbol } from './bars-import.ts'
import { checkBars, type BarCheck, type CheckedBars } from './check-bars.ts'
import type { BarFile } from './find-bar-files.ts'
import type { KnownAt } from './known-at.ts'
import { BarFileError } from './raw-bars.ts'
import { readBarFile, type BarFileContent } from './read-bar-file.ts'
import { registerSymbols } from './register-symbols.ts'
import { BARS_1D } from './schemas.ts'

/** The table that daily bars are stored in. */
export const BARS_TABLE = 'bars_1d'

const DAY_SECONDS = 86_400
/** How bars are imported. */
export interface ImportOptions {
  runId: string
  knownAt: KnownAt
  /** The import's clock, Unix seconds, whole. */
  now: number
  /** Bars that open at or after this time are left out, Unix seconds. */
  before?: number
  /** Ends the import before its commit. */
  signal: AbortSignal
  /** Called and awaited before the first rows are handed to the store. */
  onFirstEffect?: () => Promise<void>
  /** Called and awaited when the import failed and is known to have changed nothing. */
  onNoEffect?: () => Promise<void>
  /** Called after each file. */
  onFile?: () => void
}

/** What an import came to, without what only the command knows. */
export type ImportOutcome = Pick<
  BarsImport,
  'version' | 'symbols' | 'left_out' | 'rejected' | 'unfinished' | 'registry'
>

/**
 * Imports bar files in one commit, then opens registry records for symbols that have none. Files are read one after the
 * other and handed on, so that a long import never lies in memory as a whole. A file without a usable bar is left out by
 * name; a file that cannot be read ends the import before its commit.
 *
 * @param lake the store
 * @param files one per symbol, ascending by symbol
 * @param options run, clock, source of `known_at`
 * @returns what became of every file and row
 * @throws CommandError naming the file that cannot be read; what the store throws
 */
export async function importBars(
  lake: Lakehouse,
  files: readonly BarFile[],
  options: ImportOptions,
): Promise<ImportOutcome> {
  const symbols: ImportedSymbol[] = []
  const leftOut: BarsImport['left_out'] = []
  const rejected: BarsImport['rejected'] = []
  const unfinished: BarsImport['unfinished'] = []
  const knownAtColumn = options.knownAt.from === 'column' ? options.knownAt.name : undefined

  async function* portions(): AsyncGenerator<Columns> {
    for (const file of files) {
      options.signal.throwIfAborted()
      const content = await readBarFile(
        file,
        lake,
        knownAtColumn === undefined ? {} : { knownAtColumn },
      )
      const check = checkContent(content, options)
      options.onFile?.()
      if (check instanceof BarFileError) {
        leftOut.push({ symbol: file.symbol, file: basename(file.path), reason: check.message })
        continue
      }
      const place = { file: basename(file.path), symbol: file.symbol }
      for (const rejection of check.rejected) rejected.push({ ...place, ...rejection })
      for (const row of check.unfinished) unfinished.push({ ...place, ...row })
      if (check.bars.timestamp.length === 0) {
        leftOut.push({
          symbol: file.symbol,
          file: basename(file.path),
          reason: reasonForNone(check),
        })
        continue
      }
      if (symbols.length === 0) await options.onFirstEffect?.()
      symbols.push(countsOf(file, content, check))
      yield rowsOf(file.symbol, check.bars, options.runId)
    }
  }

  const merged = await lake
    .table(BARS_TABLE, { schema: BARS_1D })
    .upsertSymbols(portions(), {
      runId: options.runId,
      operation: 'IMPORT BARS',
      // A column that says when a row was known says so of corrections too.
      ...(knownAtColumn === undefined ? { restatedAt: options.now } : {}),
    })
    .catch(async (error: unknown) => {
      if (!mayHaveCommitted(error)) await options.onNoEffect?.()
      throw explainStorageFailure(error, {
        work: 'the import',
        unchanged: `Nothing was imported: ${BARS_TABLE} and the registry are as they were.`,
        uncertain: `${BARS_TABLE} holds all bars of this import or none of them; the registry is as it was.`,
      })
    })
  for (const symbol of symbols) {
    const counts = merged.perSymbol.get(symbol.symbol)
    symbol.imported = counts?.added ?? 0
    symbol.restated = counts?.restated ?? 0
    symbol.unchanged = counts?.unchanged ?? 0
  }
  const registry = await registerSymbols(
    lake,
    symbols.map(({ symbol, first }) => ({ symbol, firstBar: first })),
    { runId: options.runId, now: options.now },
  ).catch((error: unknown) => {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new CommandError(String(error.code), `the symbol registry: ${error.message}`, {
      cause: error,
      unchanged: `The bars are in: ${BARS_TABLE} is as this import leaves it. The registry was not changed.`,
      next: 'Run the same command again: it completes the registry and imports no bar twice.',
    })
  })
  return { version: merged.version, symbols, left_out: leftOut, rejected, unfinished, registry }
}

function checkContent(content: BarFileContent, options: ImportOptions): BarCheck | BarFileError {
  if ('refused' in content) return content.refused
  const { knownAt, before, now } = options
  try {
    return checkBars(content.raw, {
      timeframeSeconds: DAY_SECONDS,
      now,
      ...(knownAt.from === 'close' ? { delaySeconds: knownAt.delaySeconds } : {}),
      ...(before === undefined ? {} : { before }),
    })
  } catch (error) {
    if (error instanceof BarFileError) return error
    throw error
  }
}

function reasonForNone(check: BarCheck): string {
  const parts = [
    [check.rejected.length, 'rejected'],
    [check.unfinished.length, 'not closed yet'],
    [check.later, 'at or after --before'],
  ] as const
  const counts = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return `no usable bar: ${counts.join(', ')}`
}

function countsOf(file: BarFile, content: BarFileContent, check: BarCheck): ImportedSymbol {
  const { timestamp } = check.bars
  return {
    symbol: file.symbol,
    file: basename(file.path),
    sha256: content.sha256,
    bytes: content.bytes,
    rows: timestamp.length + check.rejected.length + check.unfinished.length + check.later,
    imported: 0,
    restated: 0,
    unchanged: 0,
    rejected: check.rejected.length,
    unfinished: check.unfinished.length,
    later: check.later,
    first: timestamp[0]!,
    last: timestamp.at(-1)!,
    reversed: check.reversed,
    guessed: file.guessed,
  }
}

function rowsOf(symbol: string, bars: CheckedBars, runId: string): Columns {
  const length = bars.timestamp.length
  const { timestamp, knownAt, open, high, low, close, volume } = bars
  return {
    symbol: Array.from({ length }, () => symbol),
    timestamp,
    known_at: knownAt,
    open,
    high,
    low,
    close,
    volume,
    run_id: Array.from({ length }, () => runId),
  }
}
