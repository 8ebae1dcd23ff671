import { formatCount, formatTable, type Output } from '@fs/cli'
import type { RunReport, SymbolLine } from './run-report.ts'

/** Where and how a report is printed. */
export interface ReportPage {
  /** How long the run took, seconds. */
  readonly seconds: number
  /** The run's folder, which has the whole list. */
  readonly folder: string
  /** Characters a line. */
  readonly width: number
  readonly output: Pick<Output, 'paint'>
}

// Half a terminal page, from either end of the ratings.
const SHOWN = 20
const RATING = 'recommend_all'
const LABELS = ['Strong Buy', 'Buy', 'Neutral', 'Sell', 'Strong Sell'] as const

/** Writes what a run did as a person reads it. */
export function formatReport(report: RunReport, page: ReportPage): string {
  const facts = formatFacts(factsOf(report, page), page.width)
  if (report.symbols.length <= SHOWN) {
    return [formatSymbols(report.symbols, page), facts].join('\n\n')
  }
  const strength = (line: SymbolLine) => line.values[RATING] ?? Number.NaN
  const rated = report.symbols
    .filter((line) => !Number.isNaN(strength(line)))
    .toSorted((a, b) => strength(b) - strength(a))
  // Without ratings there is no order of interest: the first ones stand for all.
  const ordered = rated.length < SHOWN ? report.symbols.slice(0, SHOWN) : rated
  const shown = [...ordered.slice(0, SHOWN / 2), ...ordered.slice(-SHOWN / 2)]
  const [titles = '', ...lines] = formatSymbols(shown, page).split('\n')
  const rest = `… ${formatCount(report.symbols.length - SHOWN)} more, in ${page.folder}/backfill.json`
  return [
    [titles, ...lines.slice(0, SHOWN / 2), rest, ...lines.slice(SHOWN / 2)].join('\n'),
    facts,
  ].join('\n\n')
}

interface SymbolColumn {
  readonly title: string
  readonly align?: 'right'
  /** The lower, the longer it stays when a terminal is narrow. */
  readonly rank: number
  readonly cell: (line: SymbolLine) => string
}

function formatSymbols(lines: readonly SymbolLine[], { width, output }: ReportPage): string {
  const columns = fitting(symbolColumns(lines), lines, width)
  return formatTable(
    columns.map(({ title, align }) => ({ title, ...(align && { align }) })),
    lines.map((line) =>
      columns.map(({ title, cell }) =>
        title === 'label' ? paintLabel(cell(line), output) : cell(line),
      ),
    ),
  )
}

function symbolColumns(lines: readonly SymbolLine[]): SymbolColumn[] {
  const features = Object.keys(lines[0]?.values ?? {})
  const hasVendor = lines.some(({ source }) => source === 'vendor')
  const right = 'right' as const
  return [
    { title: 'symbol', rank: 0, cell: ({ symbol }) => symbol },
    { title: 'last bar', rank: 3, cell: ({ last }) => day(last) },
    { title: 'bars', align: right, rank: 6, cell: ({ bars }) => formatCount(bars) },
    {
      title: 'new rows',
      align: right,
      rank: 5,
      cell: (line) => formatCount(line.rows_added + line.rows_restated),
    },
    ...features.map((name, i) => ({
      // The short names fit a terminal; nothing else begins like the ratings.
      title: name.replace('recommend_', ''),
      align: right,
      rank: name === RATING ? 1 : 7 + i,
      cell: ({ values }: SymbolLine) => values[name]?.toFixed(4) ?? '-',
    })),
    ...(hasVendor
      ? [{ title: 'from', rank: 4, cell: ({ source }: SymbolLine) => source as string }]
      : []),
    // Last, as colours count as characters where columns are aligned.
    ...(features.includes(RATING)
      ? [{ title: 'label', rank: 2, cell: (line: SymbolLine) => line.label ?? '-' }]
      : []),
  ]
}

function fitting(
  columns: readonly SymbolColumn[],
  lines: readonly SymbolLine[],
  width: number,
): SymbolColumn[] {
  const kept = new Set<SymbolColumn>()
  let used = -2
  for (const column of columns.toSorted((a, b) => a.rank - b.rank)) {
    const widest = Math.max(column.title.length, ...lines.map((line) => column.cell(line).length))
    if (used + 2 + widest > width && column.rank > 2) continue
    used += 2 + widest
    kept.add(column)
  }
  return columns.filter((column) => kept.has(column))
}

type Fact = readonly [title: string, text: string]

function factsOf(report: RunReport, { seconds, folder }: ReportPage): Fact[] {
  const { rows, matrix, inputs } = report
  const isPlan = report.status === 'planned'
  const symbols = report.symbols.length
  const bars = report.symbols.reduce((sum, line) => sum + line.bars, 0)
  const vendor = report.symbols.filter(({ source }) => source === 'vendor').length
  const facts: (Fact | null)[] = [
    ['run', `${report.run_id}, profile ${report.profile}`],
    ['formula', `${inputs.formula}, bars known by ${moment(report.as_of)}`],
    [
      'computed',
      `${plural(symbols)}, ${formatCount(bars)} bars in ${seconds.toFixed(1)} s` +
        (seconds > 0
          ? ` (${rate(symbols, seconds)} symbols/s, ${rate(bars, seconds)} bars/s)`
          : ''),
    ],
    ratingsFact(report.symbols),
    vendor === 0
      ? null
      : [
          'vendor',
          `${plural(vendor)} ${vendor === 1 ? 'shows' : 'show'} the vendor's value on the last bar`,
        ],
    ['validation', report.validation ?? '-'],
    [
      isPlan ? 'would write' : 'rows',
      `${formatCount(rows.added)} new, ${formatCount(rows.restated)} restated, ${formatCount(rows.unchanged)} unchanged`,
    ],
    ['table', tableText(report)],
    matrix && [
      'matrix',
      `${matrix.path}, ${formatCount(matrix.rows)} rows x ${formatCount(matrix.columns)} columns, ${sizeText(matrix.bytes)}`,
    ],
    listFact(isPlan ? 'would mend' : 'mended', report.also_refreshed, 'the matrix was behind on '),
    listFact('partial', report.partial, 'too few bars for a stable value: '),
    listFact(
      'left out',
      report.left_out.map(({ symbol, reason }) => `${symbol} (${reason})`),
    ),
    isPlan ? null : ['kept in', folder],
  ]
  return facts.filter((fact) => fact !== null)
}

function ratingsFact(symbols: readonly SymbolLine[]): Fact | null {
  const counts = LABELS.map((name) => ({
    name,
    count: symbols.filter(({ label }) => label === name).length,
  })).filter(({ count }) => count > 0)
  if (counts.length === 0) return null
  return ['ratings', counts.map(({ name, count }) => `${formatCount(count)} ${name}`).join(', ')]
}

function listFact(title: string, items: readonly string[], before = ''): Fact | null {
  if (items.length === 0) return null
  const more = items.length > 5 ? ` and ${formatCount(items.length - 5)} more` : ''
  return [title, before + items.slice(0, 5).join(', ') + more]
}

function tableText({ inputs, status, committed, table_version: version }: RunReport): string {
  if (status === 'planned') {
    return `${inputs.table}${version === null ? ' (new)' : ''}; nothing was changed (--dry-run)`
  }
  return committed
    ? `${inputs.table}, version ${version}`
    : `${inputs.table}, still version ${version}: it held every row already`
}

// A title a line, texts behind it broken at blanks.
function formatFacts(facts: readonly Fact[], width: number): string {
  const indent = Math.max(...facts.map(([title]) => title.length)) + 2
  return facts
    .map(([title, text]) => {
      const lines = wrapped(text, Math.max(20, width - indent))
      return title.padEnd(indent) + lines.join(`\n${' '.repeat(indent)}`)
    })
    .join('\n')
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

function plural(symbols: number): string {
  return symbols === 1 ? '1 symbol' : `${formatCount(symbols)} symbols`
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

function moment(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function paintLabel(text: string, output: Pick<Output, 'paint'>): string {
  if (text.endsWith('Buy')) return output.paint('green', text)
  return text.endsWith('Sell') ? output.paint('red', text) : text
}

function rate(count: number, seconds: number): string {
  return formatCount(Math.round(count / seconds))
}
