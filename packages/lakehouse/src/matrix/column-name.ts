// pandas flattens a MultiIndex column into the text of a Python tuple. Both directions follow Python's rules for
// writing a string: single quotes, unless the text holds one and no double quote.
// Source: https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences

/** A matrix column: which feature of which symbol. */
export interface MatrixColumnKey {
  readonly symbol: string
  readonly feature: string
}

/** Writes a column's name as pandas does: `('BINANCE:BTCUSDT', 'recommend_all')`. */
export function formatColumnName({ symbol, feature }: MatrixColumnKey): string {
  return `(${quote(symbol)}, ${quote(feature)})`
}

const SHORT_ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

// Python escapes what Unicode calls "other" or "separator", the space excepted.
const NOT_PRINTABLE = /[\p{C}\p{Z}]/u

function escape(code: number): string {
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  let written = mark
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (character === mark) written += `\\${character}`
    else if (SHORT_ESCAPES[character] !== undefined) written += SHORT_ESCAPES[character]
    else if (character !== ' ' && NOT_PRINTABLE.test(character)) written += escape(code)
    else written += character
  }
  return written + mark
}

const LONG_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 }
const CONTROL: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

/**
 * Reads a column's name.
 *
 * @returns `undefined` for a name that is no tuple of two texts
 */
export function parseColumnName(name: string): MatrixColumnKey | undefined {
  if (!name.startsWith('(') || !name.endsWith(')')) return undefined
  let at = 1
  const text = (): string | undefined => {
    const mark = name[at]
    if (mark !== "'" && mark !== '"') return undefined
    at += 1
    let read = ''
    for (; at < name.length && name[at] !== mark; at++) {
      if (name[at] !== '\\') {
        read += name[at]
        continue
      }
      const kind = name[++at]!
      const digits = LONG_ESCAPES[kind]
      if (digits === undefined) read += CONTROL[kind] ?? kind
      else {
        const hex = name.slice(at + 1, at + 1 + digits)
        const code = Number.parseInt(hex, 16)
        if (!/^[0-9a-f]+$/i.test(hex) || hex.length < digits || code > 0x10ffff) return undefined
        read += String.fromCodePoint(code)
        at += digits
      }
    }
    at += 1
    return read
  }
  const symbol = text()
  if (symbol === undefined || !name.startsWith(', ', at)) return undefined
  at += 2
  const feature = text()
  return feature === undefined || at !== name.length - 1 ? undefined : { symbol, feature }
}
