import { formatCount, formatTable, type Output } from '@fs/cli'
import type { RunReport, SymbolLine } from './run-report.ts'

// A terminal page; the whole list is in the run's backfill.json.
const LINES = 20

/** Writes what a run did as a person reads it. */
export function formatReport(
  report: RunReport,
  seconds: number,
  folder: string,
  output: Pick<Output, 'paint'>,
): string {
  const bars = report.symbols.reduce((sum, line) => sum + line.bars, 0)
  const features = Object.keys(report.symbols[0]?.values ?? {})
  const shown = report.symbols.slice(0, LINES)
  const parts = [
    formatTable(
      [
        { title: 'symbol' },
        { title: 'bars', align: 'right' },
        { title: 'new rows', align: 'right' },
        { title: 'last bar' },
        ...features.slice(0, 3).map((title) => ({ title, align: 'right' as const })),
        { title: 'label' },
        { title: 'from' },
      ],
      shown.map((line) => [
        line.symbol,
        formatCount(line.bars),
        formatCount(line.rows_added + line.rows_restated),
        new Date(line.last * 1000).toISOString().slice(0, 10),
        ...features.slice(0, 3).map((name) => rating(line.values[name])),
        paintLabel(line, output),
        line.source,
      ]),
    ),
  ]
  const rest = report.symbols.length - shown.length
  if (rest > 0) parts.push(`… and ${formatCount(rest)} more symbols, in ${folder}`)
  parts.push(
    formatTable(
      [{ title: '' }, { title: '' }],
      [
        ['run', `${report.run_id}, profile ${report.profile}`],
        ['formula', report.inputs.formula],
        [
          'computed',
          `${formatCount(report.symbols.length)} symbols, ${formatCount(bars)} bars in ${seconds.toFixed(2)} s: ` +
            `${formatCount(Math.round(report.symbols.length / seconds))} symbols/s, ${formatCount(Math.round(bars / seconds))} bars/s`,
        ],
        [
          report.status === 'planned' ? 'would write' : 'wrote',
          `${formatCount(report.rows.added)} new rows, ${formatCount(report.rows.restated)} restated, ${formatCount(report.rows.unchanged)} unchanged`,
        ],
        ['validation', `${report.validation}`],
        ['table', tableLine(report)],
        ...(report.matrix
          ? [
              [
                'matrix',
                `${report.matrix.path}: ${formatCount(report.matrix.rows)} rows x ${formatCount(report.matrix.columns)} columns, ${(report.matrix.bytes / 1e6).toFixed(1)} MB`,
              ],
            ]
          : []),
        ...(report.also_refreshed.length > 0
          ? [
              [
                'also',
                `${formatCount(report.also_refreshed.length)} symbols of other runs brought up to date in the matrix`,
              ],
            ]
          : []),
        ...(report.partial.length > 0
          ? [
              [
                'partial',
                `${formatCount(report.partial.length)} symbols have too few bars for a stable value: ${some(report.partial)}`,
              ],
            ]
          : []),
        ...(report.left_out.length > 0
          ? [
              [
                'left out',
                some(report.left_out.map(({ symbol, reason }) => `${symbol} (${reason})`)),
              ],
            ]
          : []),
      ],
    ).trimStart(),
  )
  return parts.join('\n\n')
}

function tableLine({ inputs, status, committed, table_version: version }: RunReport): string {
  if (status === 'planned') return `${inputs.table}, nothing was changed (--dry-run)`
  return committed
    ? `${inputs.table}, version ${version}`
    : `${inputs.table}, still version ${version}: it held every row already`
}

function rating(value: number | null | undefined): string {
  return value == null ? '-' : value.toFixed(4)
}

function paintLabel({ label }: SymbolLine, output: Pick<Output, 'paint'>): string {
  if (label.endsWith('Buy')) return output.paint('green', label)
  return label.endsWith('Sell') ? output.paint('red', label) : label
}

function some(items: readonly string[]): string {
  const more = items.length > 5 ? ` and ${formatCount(items.length - 5)} more` : ''
  return items.slice(0, 5).join(', ') + more
}
