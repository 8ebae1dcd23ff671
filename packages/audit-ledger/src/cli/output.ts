import { styleText } from 'node:util'
import type { LedgerIo } from './io.ts'

/** Colours text where colours are wanted and can be seen. */
export type Paint = (style: 'bold' | 'red' | 'yellow' | 'green' | 'dim', text: string) => string

/** Makes the painter of a command. */
export function createPaint(io: LedgerIo, isPlain: boolean): Paint {
  const wantsColour = io.isTerminal && !isPlain && !io.env['NO_COLOR']
  return (style, text) => (wantsColour ? styleText(style, text, { validateStream: false }) : text)
}

/**
 * Makes text of the ledger safe for a terminal: an entry could otherwise move the cursor or colour what follows.
 *
 * @param text any text
 * @returns the text with control characters replaced
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, '\ufffd')
}

/**
 * Lays rows out in aligned columns, two blanks apart.
 *
 * @param titles of the columns; one that begins with `>` stands right
 * @param rows one list of cells a row
 * @returns the lines, titles first
 */
export function formatTable(
  titles: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  const shown = titles.map((title) => title.replace(/^>/, ''))
  const cells = [
    shown,
    ...rows.map((row) => titles.map((_title, at) => printable(String(row[at] ?? '')))),
  ]
  const widths = titles.map((_title, at) => Math.max(...cells.map((row) => row[at]!.length)))
  return cells
    .map((row) =>
      row
        .map((cell, at) =>
          titles[at]!.startsWith('>') ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Writes a count with its noun: `1 entry`, `2,048 entries`. */
export function formatCount(count: number, one: string, many: string = `${one}s`): string {
  return `${String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')} ${count === 1 ? one : many}`
}
