import { basename, resolve } from 'node:path'
import {
  checkInput,
  chooseRunId,
  EXIT,
  openCommand,
  parseTime,
  runFolder,
  withCommonOptions,
  type CommonOptions,
  type ExitCode,
  type Io,
} from '@fs/cli'
import { Option, type Command } from 'commander'
import type { BarsImport } from './bars-import.ts'
import { findBarFiles } from './find-bar-files.ts'
import { openAccount } from './import-account.ts'
import { BARS_TABLE, importBars } from './import-bars.ts'
import { parseKnownAt } from './known-at.ts'
import { printImport } from './print-import.ts'

interface BarsOptions extends CommonOptions {
  from: string
  exchange?: string
  symbol?: string
  format: 'auto' | 'csv' | 'parquet'
  knownAt: string
  before?: string
}

/**
 * Adds the command `bars`: bar files into the table of daily bars.
 *
 * @param program the program
 * @param io the process
 * @param setExitCode takes the verdict: 1 when no file holds a usable bar
 */
export function addBarsCommand(
  program: Command,
  io: Io,
  setExitCode: (code: ExitCode) => void,
): void {
  const command = program
    .command('bars')
    .description(
      'Imports daily bars from CSV and Parquet files. EXCHANGE_TICKER_1d.csv and EXCHANGE_TICKER.parquet name their ' +
        'symbol, TICKER.csv takes --exchange; a / in a ticker is written %2F. A bar whose values change later is ' +
        'added beside the old one, known since that import. Nothing is written unless every file can be read.',
    )
    .requiredOption('--from <path>', 'a file, or a folder of files')
    .option('--exchange <code>', 'exchange of files that name none')
    .option('--symbol <symbol>', 'EXCHANGE:TICKER of a single file, whatever its name')
    .addOption(
      new Option('--format <format>', 'how the files are written')
        .choices(['auto', 'csv', 'parquet'])
        .default('auto', 'by the ending of their names'),
    )
    .option(
      '--known-at <rule>',
      'since when a bar is known: close, close+SECONDS, or column:NAME of the file',
      'close',
    )
    .option(
      '--before <time>',
      'leave out bars that open at or after this date, time or Unix seconds',
    )
  withCommonOptions(
    command,
    'fs-ingest bars --from data/vendor --exchange NASDAQ --known-at close+900',
  ).action(async (options: BarsOptions) => {
    setExitCode(await runBars(options, io))
  })
}

async function runBars(options: BarsOptions, io: Io): Promise<ExitCode> {
  const { settings, output } = await openCommand(options, io)
  const knownAt = checkInput(() => parseKnownAt(options.knownAt))
  const { before: beforeText } = options
  const before =
    beforeText === undefined ? undefined : checkInput(() => parseTime(beforeText, '--before'))
  const runId = chooseRunId({ given: options.runId, runs: settings.runs, ...io })
  const from = resolve(io.cwd, options.from)
  const found = await findBarFiles(from, {
    format: options.format,
    ...(options.exchange === undefined ? {} : { exchange: options.exchange }),
    ...(options.symbol === undefined ? {} : { symbol: options.symbol }),
  })
  const choices = { known_at: options.knownAt, before: before ?? null }
  const now = Math.floor(io.now())
  const account = await openAccount({
    folder: runFolder(settings, runId),
    runId,
    from,
    options: choices,
    now,
    files: found.files,
  })
  for (const { path, reason } of found.ignored) output.note(`ignored ${path}: ${reason}`)

  if (found.files.some(({ format }) => format === 'parquet')) {
    output.note(
      'Parquet files of other programs carry no checksums that could be verified: damage in them may go unseen.',
    )
  }

  // Imported here and not above: loading the codec takes longer than all of --help.
  const { openLakehouse } = await import('@fs/lakehouse')
  const lake = openLakehouse(settings.lakehouse, {
    now: () => Math.floor(io.now()),
    signal: io.signal,
  })
  const progress = output.progress({ step: 'bars', total: found.files.length, unit: 'files' })
  try {
    const outcome = await importBars(lake, found.files, {
      runId,
      knownAt,
      now,
      signal: io.signal,
      onFirstEffect: () => account.start(),
      onNoEffect: () => account.withdraw(),
      onFile: () => progress.advance(),
      ...(before === undefined ? {} : { before }),
    }).finally(() => progress.finish())
    const report: BarsImport = {
      schema: 'fs.bars_import/1',
      run_id: runId,
      from,
      options: choices,
      imported_at: now,
      table: BARS_TABLE,
      ...outcome,
      left_out: [
        ...found.unnamed.map(({ path, reason }) => ({
          symbol: null,
          file: basename(path),
          reason,
        })),
        ...outcome.left_out,
      ],
      ignored: found.ignored.map(({ path, reason }) => ({ file: basename(path), reason })),
    }
    const changed = report.version !== null || report.registry.version !== null
    // A run that is done keeps the account of the import that did it.
    const writes = report.symbols.length > 0 && (changed || !account.earlier)
    if (writes) await account.finish(report)
    else await account.withdraw()
    for (const warning of warningsOf(report)) output.warn(warning)
    output.result(report, () =>
      printImport(report, writes || account.earlier ? account.path : undefined),
    )
    return report.symbols.length > 0 ? EXIT.done : EXIT.saidNo
  } finally {
    await lake.close()
  }
}

function warningsOf({ symbols, left_out, rejected }: BarsImport): string[] {
  const counts = [
    [rejected.length, 'rows rejected'],
    [left_out.length, 'files left out'],
  ] as const
  return [
    ...symbols
      .filter(({ guessed }) => guessed)
      .map(
        ({ file, symbol }) =>
          `no known exchange begins the name ${file}: taken as ${symbol}; --exchange or --symbol settles it`,
      ),
    ...counts
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${what}: ${count}, named in the result`),
  ]
}
