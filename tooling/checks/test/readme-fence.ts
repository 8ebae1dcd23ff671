/** A fenced block of a Markdown file. */
export interface Fence {
  /** First word behind the backticks. */
  readonly language: string
  /** The other words. */
  readonly words: readonly string[]
  /** Number of the line with the backticks, from 1. */
  readonly line: number
  readonly code: string
}

/** Finds the fenced blocks of a Markdown text; a fence that is not closed runs to the end. */
export function findFences(markdown: string): Fence[] {
  const fences: Fence[] = []
  let open: { marker: string; info: string; line: number; code: string[] } | undefined
  const close = (): void => {
    if (!open) return
    const [language = '', ...words] = open.info.split(/\s+/)
    fences.push({ language, words, line: open.line, code: `${open.code.join('\n')}\n` })
    open = undefined
  }
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    if (open) {
      if (line.trim() === open.marker) close()
      else open.code.push(line)
      continue
    }
    const [, marker, info] = /^ {0,3}(`{3,})\s*(.*?)\s*$/.exec(line) ?? []
    if (marker !== undefined) open = { marker, info: info!, line: index + 1, code: [] }
  }
  close()
  return fences
}
