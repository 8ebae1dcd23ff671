import { formatCount, formatTable, formatTime } from '@fs/cli'
import type { BarsImport, NamedRow } from './bars-import.ts'

// A screen's worth; everything is in the artefact.
const SYMBOLS_SHOWN = 40
const ROWS_SHOWN = 20

/**
 * Writes what an import came to for people: a table of its symbols, then what was rejected, unfinished and left out.
 *
 * @param report the import
 * @param artefact where the whole of it lies; undefined when nothing was written
 * @returns lines, the first of them the table's titles
 */
export function printImport(report: BarsImport, artefact: string | undefined): string {
  return [
    report.symbols.length > 0 ? [symbolTable(report)] : [],
    [summary(report)],
    listed(
      'rejected rows',
      report.rejected,
      (row) => `${placeOf(row)}: ${row.reason}, ${row.detail}`,
    ),
    listed('not imported: bars not closed, or not known, by now', report.unfinished, placeOf),
    listed(
      'left out: files without a usable bar or a symbol',
      report.left_out,
      ({ symbol, file, reason }) =>
        symbol === null ? `${file}: ${reason}` : `${file} (${symbol}): ${reason}`,
    ),
    artefact === undefined ? [] : [`Full account: ${artefact}`],
  ]
    .flat()
    .join('\n')
}

function symbolTable({ symbols }: BarsImport): string {
  const right = (title: string) => ({ title, align: 'right' as const })
  const table = formatTable(
    [
      { title: 'symbol' },
      right('rows'),
      right('imported'),
      right('restated'),
      right('unchanged'),
      right('rejected'),
      { title: 'first' },
      { title: 'last' },
    ],
    symbols
      .slice(0, SYMBOLS_SHOWN)
      .map((one) => [
        one.symbol,
        formatCount(one.rows),
        formatCount(one.imported),
        formatCount(one.restated),
        formatCount(one.unchanged),
        formatCount(one.rejected),
        formatTime(one.first),
        formatTime(one.last),
      ]),
  )
  const more = symbols.length - SYMBOLS_SHOWN
  return more > 0 ? `${table}\n… and ${counted(more, 'symbol')} more` : table
}

function summary(report: BarsImport): string {
  const { symbols, version, table, registry } = report
  const sum = (of: (symbol: BarsImport['symbols'][number]) => number) =>
    formatCount(symbols.reduce((total, symbol) => total + of(symbol), 0))
  if (symbols.length === 0) return 'No file holds a usable bar; nothing was written.'
  const counts = [
    `${counted(symbols.length, 'symbol')}: ${sum((one) => one.imported)} bars imported`,
    `${sum((one) => one.restated)} restated`,
    `${sum((one) => one.unchanged)} unchanged`,
  ].join(', ')
  const outcome =
    version === null
      ? `${table} knew all of it already and was not changed`
      : `${table} is at version ${version}`
  const opened =
    registry.opened > 0 ? ` New to the registry: ${counted(registry.opened, 'symbol')}.` : ''
  return `${counts}; ${outcome}.${opened}`
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

function placeOf({ file, symbol, row, timestamp }: NamedRow): string {
  const time = timestamp === null ? 'no time' : formatTime(timestamp)
  return `${file}:${row} ${symbol} ${time}`
}

function listed<Item>(
  what: string,
  items: readonly Item[],
  line: (item: Item) => string,
): string[] {
  if (items.length === 0) return []
  const shown = items.slice(0, ROWS_SHOWN).map((item) => `  ${line(item)}`)
  const more = items.length - shown.length
  return [
    `${what} (${formatCount(items.length)})`,
    ...shown,
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
  ]
}
