import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { checkInput, CommandError } from '@fs/cli'
import { formatSymbol, parseSymbol, symbolFromFileName } from '@fs/tv-client'

/** How a bar file is written. */
type BarFormat = 'csv' | 'parquet'

/** A file of bars and the symbol they belong to. */
export interface BarFile {
  /** Absolute path. */
  path: string
  format: BarFormat
  symbol: string
  /** The symbol was divided at the first `_` of the name because no known exchange begins it. */
  guessed: boolean
}

/** What an import finds at a path. */
export interface FoundBarFiles {
  /** Ascending by symbol, one file per symbol. */
  files: BarFile[]
  /** Bar files whose name yields no symbol. */
  unnamed: { path: string; reason: string }[]
  /** Entries of the folder that are no bar files. */
  ignored: { path: string; reason: string }[]
}

/** What the user said about the files. */
export interface FindOptions {
  format?: BarFormat | 'auto'
  /** The exchange of files that name none. */
  exchange?: string
  /** The symbol of a single file, whatever its name. */
  symbol?: string
}

// An original lakehouse keeps these beside its bars.
const MATRICES = new Set(['features_matrix.parquet', 'returns_matrix.parquet'])

/**
 * Finds the bar files at a path: the file itself, or the CSV and Parquet files directly in a folder.
 *
 * @param path absolute path of a file or folder
 * @param options format, exchange, symbol
 * @returns files ascending by symbol, and everything that was passed over
 * @throws CommandError exit code 2: nothing there, a name without a symbol, or two files for one symbol
 */
export async function findBarFiles(
  path: string,
  options: FindOptions = {},
): Promise<FoundBarFiles> {
  const root = resolve(path)
  const isFolder = await stat(root).then(
    (found) => found.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw unreadable(root, error)
      throw usage('missing_file', `there is nothing at ${root}`)
    },
  )
  const { candidates, ignored } = isFolder
    ? await listFolder(root, options.format ?? 'auto')
    : { candidates: [singleFile(root, options.format ?? 'auto')], ignored: [] }
  if (candidates.length === 0) {
    throw usage('missing_file', `there is no ${wanted(options.format)} file directly in ${root}`)
  }
  if (options.symbol !== undefined && candidates.length > 1) {
    throw usage(
      'usage',
      `--symbol names the symbol of one file, and ${root} holds ${candidates.length}`,
      'Give the file with --from.',
    )
  }

  const files: BarFile[] = []
  const unnamed: FoundBarFiles['unnamed'] = []
  for (const candidate of candidates) {
    try {
      files.push({ ...candidate, ...symbolOf(candidate.path, options) })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      unnamed.push({ path: candidate.path, reason: error.message })
    }
  }
  const [firstUnnamed] = unnamed
  if (files.length === 0 && firstUnnamed) {
    throw usage(
      'invalid_input',
      firstUnnamed.reason,
      'Say the exchange with --exchange, or the symbol of a single file with --symbol.',
    )
  }
  files.sort((a, b) => (a.symbol < b.symbol ? -1 : 1))
  refuseTwins(files)
  return { files, unnamed, ignored }
}

function symbolOf(path: string, options: FindOptions): { symbol: string; guessed: boolean } {
  const { symbol, exchange } = options
  if (symbol !== undefined) {
    const checked = checkInput(
      () => formatSymbol(parseSymbol(symbol)),
      'Write --symbol as EXCHANGE:TICKER.',
    )
    return { symbol: checked, guessed: false }
  }
  const name = basename(path)
  // Elsewhere a backslash divides folders, so what stands before it would be lost without a word.
  if (name.includes('\\')) {
    throw new RangeError(
      `the file ${name} has a backslash in its name, and no symbol has: rename it`,
    )
  }
  return symbolFromFileName(name, exchange === undefined ? {} : { exchange })
}

type Candidate = Pick<BarFile, 'path' | 'format'>

async function listFolder(
  folder: string,
  format: BarFormat | 'auto',
): Promise<{ candidates: Candidate[]; ignored: FoundBarFiles['ignored'] }> {
  const candidates: Candidate[] = []
  const ignored: FoundBarFiles['ignored'] = []
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw unreadable(folder, error)
  })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const found = formatOf(entry.name)
    if (entry.isDirectory()) ignored.push({ path, reason: 'a folder: import it by itself' })
    else if (found === undefined) ignored.push({ path, reason: 'neither .csv nor .parquet' })
    else if (MATRICES.has(entry.name)) ignored.push({ path, reason: 'a matrix, no bars' })
    else if (format !== 'auto' && format !== found)
      ignored.push({ path, reason: `no ${format} file` })
    else candidates.push({ path, format: found })
  }
  return { candidates, ignored }
}

function singleFile(path: string, format: BarFormat | 'auto'): Candidate {
  const chosen = format === 'auto' ? formatOf(path) : format
  if (chosen !== undefined) return { path, format: chosen }
  throw usage(
    'usage',
    `the name of ${path} does not say how the file is written`,
    'Say it with --format csv or --format parquet.',
  )
}

function formatOf(name: string): BarFormat | undefined {
  if (/\.csv$/i.test(name)) return 'csv'
  return /\.parquet$/i.test(name) ? 'parquet' : undefined
}

function wanted(format: FindOptions['format']): string {
  return format === undefined || format === 'auto' ? '.csv or .parquet' : `.${format}`
}

function refuseTwins(files: readonly BarFile[]): void {
  for (const [at, file] of files.entries()) {
    const twin = files[at + 1]
    if (twin?.symbol !== file.symbol) continue
    const names = [file.path, twin.path].map((path) => basename(path)).toSorted()
    throw usage(
      'duplicate_symbol',
      `the files ${names.join(' and ')} both hold ${file.symbol}`,
      'Import them one after the other with --from FILE, or move one away: which of the two is right cannot be told.',
    )
  }
}

function usage(code: string, message: string, next?: string): CommandError {
  return new CommandError(code, message, {
    exitCode: 2,
    unchanged: 'Nothing was touched.',
    ...(next === undefined ? {} : { next }),
  })
}

function unreadable(path: string, error: Error): CommandError {
  return new CommandError('unreadable_file', `${path} cannot be read: ${error.message}`, {
    cause: error,
    unchanged: 'Nothing was touched.',
    next: 'Make it readable, then run the same command again.',
  })
}
