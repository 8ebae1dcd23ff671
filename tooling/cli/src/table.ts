/** A column of a printed table. */
export interface TableColumn {
  title: string
  /** Numbers stand right. */
  align?: 'left' | 'right'
}

/**
 * Lays rows out in aligned columns, two blanks apart.
 *
 * @param columns titles and alignment, left to right
 * @param rows one list of cells per row; a missing cell is blank
 * @returns the lines, the titles first, without trailing blanks
 */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string {
  const titles = columns.map((column) => column.title)
  const cells = [titles, ...rows].map((row) => columns.map((_column, at) => String(row[at] ?? '')))
  const widths = columns.map((_column, at) =>
    Math.max(...cells.map((row) => (row[at] ?? '').length)),
  )
  return cells
    .map((row) =>
      row
        .map((cell, at) =>
          columns[at]?.align === 'right'
            ? cell.padStart(widths[at] ?? 0)
            : cell.padEnd(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/**
 * Writes a count with thousands apart, the same in every locale.
 *
 * @param count a whole number
 * @returns `15,821`
 */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}
