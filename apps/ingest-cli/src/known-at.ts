/** Where a bar's `known_at` comes from: its close and a delay, or a column of the file. */
export type KnownAt = { from: 'close'; delaySeconds: number } | { from: 'column'; name: string }

/**
 * Reads the option `--known-at`.
 *
 * @param text `close`, `close+SECONDS` or `column:NAME`
 * @returns where `known_at` comes from
 * @throws RangeError naming the text
 */
export function parseKnownAt(text: string): KnownAt {
  const delay = /^close(?:\+(\d{1,9}))?$/.exec(text)
  if (delay) return { from: 'close', delaySeconds: Number(delay[1] ?? 0) }
  const name = /^column:(.*\S.*)$/.exec(text)?.[1]
  if (name !== undefined) return { from: 'column', name: name.trim() }
  throw new RangeError(
    `--known-at must be close, close+SECONDS or column:NAME, was ${JSON.stringify(text)}`,
  )
}
