import { createHash } from 'node:crypto'

/** Files of an audit folder by name. */
export type Files = Map<string, Buffer>

/** One way to tamper with a ledger. */
export interface Tampering {
  readonly what: string
  readonly apply: (files: Files) => void
}

const line = (record: Buffer | string): Buffer => {
  const bytes = Buffer.from(record)
  const hash = createHash('sha256').update(Buffer.of(0)).update(bytes).digest('hex')
  return Buffer.concat([Buffer.from(`{"hash":"${hash}","record":`), bytes, Buffer.from('}\n')])
}

const linesOf = (bytes: Buffer): Buffer[] => {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start) + 1 || bytes.length
    lines.push(bytes.subarray(start, end))
    start = end
  }
  return lines
}

const recordOf = (bytes: Buffer): string => bytes.subarray(84, bytes.lastIndexOf('}')).toString()

/** Every way to tamper with the files that is worth a case, in a fixed order. */
export function listTamperings(files: Files): Tampering[] {
  const cases: Tampering[] = []
  const names = [...files.keys()].filter((name) => name.startsWith('ledger/')).sort()
  const add = (what: string, apply: Tampering['apply']): void => void cases.push({ what, apply })
  const edit = (name: string, what: string, change: (lines: Buffer[]) => Buffer[]): void =>
    add(`${what} in ${name}`, (into) =>
      into.set(name, Buffer.concat(change(linesOf(into.get(name)!)))),
    )

  for (const [index, name] of names.entries()) {
    const bytes = files.get(name)!
    const count = linesOf(bytes).length
    for (let offset = 0; offset < bytes.length; offset += 97) {
      const bit = 1 << (offset % 8)
      add(`bit ${bit} of byte ${offset} of ${name}`, (into) => {
        const copy = Buffer.from(into.get(name)!)
        copy[offset]! ^= bit
        into.set(name, copy)
      })
    }
    add(`${name} deleted`, (into) => into.delete(name))
    add(`${name} emptied`, (into) => into.set(name, Buffer.alloc(0)))
    for (const share of [0.3, 0.9]) {
      add(`${name} cut to ${share}`, (into) =>
        into.set(name, bytes.subarray(0, Math.floor(bytes.length * share))),
      )
    }
    add(`last feed of ${name} cut`, (into) => into.set(name, bytes.subarray(0, -1)))
    const other = names[(index + 1) % names.length]!
    add(`${name} and ${other} swapped`, (into) => {
      into.set(name, files.get(other)!)
      into.set(other, bytes)
    })
    add(`${name} over ${other}`, (into) => into.set(other, bytes))
    for (const to of ['ledger/00000000000000000099.jsonl', 'ledger/notes.txt', 'ledger/5.jsonl']) {
      add(`${name} renamed to ${to}`, (into) => {
        into.delete(name)
        into.set(to, bytes)
      })
      add(`${name} copied to ${to}`, (into) => into.set(to, bytes))
    }
    for (let at = 0; at < count; at++) {
      edit(name, `line ${at} deleted`, (lines) => lines.toSpliced(at, 1))
      edit(name, `line ${at} twice`, (lines) => lines.toSpliced(at, 0, lines[at]!))
      edit(name, `blank line before ${at}`, (lines) => lines.toSpliced(at, 0, Buffer.from('\n')))
      edit(name, `line ${at} and the next swapped`, (lines) =>
        at + 1 < lines.length ? lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!) : lines,
      )
      edit(name, `line ${at} replaced by the first`, (lines) => lines.with(at, lines[0]!))
      const forge = (what: string, change: (record: string) => string | Buffer): void =>
        edit(name, `line ${at} forged: ${what}`, (lines) =>
          lines.with(at, line(change(recordOf(lines[at]!)))),
        )
      forge('another text', (record) => record.replace('entry', 'forged'))
      forge('a later number', (record) =>
        record.replace(/"seq":(\d+)/, (_all, seq) => `"seq":${Number(seq) + 2}`),
      )
      forge('an earlier number', (record) => record.replace(/"seq":\d+/, '"seq":0'))
      forge('a huge number', (record) => record.replace(/"seq":\d+/, '"seq":9007199254740000'))
      forge('another link', (record) => record.replace(/"prev":"../, '"prev":"ff'))
      forge('an early time', (record) => record.replace(/"ts":"2026/, '"ts":"2025'))
      forge('a late time', (record) => record.replace(/"ts":"2026/, '"ts":"2027'))
      forge('no time', (record) => record.replace(/"ts":"2026-01/, '"ts":"2026-13'))
      forge('30 February', (record) => record.replace(/"ts":"2026-01-01/, '"ts":"2026-02-30'))
      forge('a genesis', (record) => record.replace('"type":"note"', '"type":"genesis"'))
      forge('a blank', (record) => record.replace('"seq"', ' "seq"'))
      forge('a key twice', (record) => record.replace('"seq"', '"seq":1,"seq"'))
      forge('keys out of order', (record) => record.replace('{"actor"', '{"z":1,"actor"'))
      forge('a foreign key', (record) => record.replace(/}$/, ',"w":1}'))
      forge('no version', (record) => record.replace('"v":1', '"v":2'))
      forge('a run id', (record) => record.replace('"seq"', '"run_id":"a/b","seq"'))
      forge('a citation', (record) => record.replace('"seq"', '"refs":[{"name":"x"}],"seq"'))
      forge('no object', () => '[1]')
      forge('no JSON', () => '{"v":1')
      forge('a byte that is no UTF-8', (record) => {
        const copy = Buffer.from(record)
        copy[20] = 0xff
        return copy
      })
      forge('a lone surrogate', (record) => record.replace('"text":"', '"text":"\\ud800'))
      for (const number of [
        '1.0',
        '-0',
        '1e21',
        '1e+21',
        '9007199254740993',
        '1e400',
        '01',
        '0.10',
      ]) {
        forge(`the number ${number}`, (record) => record.replace('"n":0', `"n":${number}`))
      }
      forge('deep lists', (record) =>
        record.replace('"n":0', `"n":${'['.repeat(300)}${']'.repeat(300)}`),
      )
      forge('a record that is too large', (record) =>
        record.replace('"text":"', `"text":"${'y'.repeat(66_000)}`),
      )
    }
  }
  for (let from = 1; from < names.length; from++) {
    const cut = names.slice(from)
    add(`everything from ${cut[0]} on cut`, (into) => cut.forEach((name) => into.delete(name)))
  }
  for (const [name, bytes] of files) {
    if (!name.startsWith('checkpoints/')) continue
    for (let offset = 0; offset < bytes.length; offset += 13) {
      add(`byte ${offset} of ${name}`, (into) => {
        const copy = Buffer.from(bytes)
        copy[offset]! ^= 1
        into.set(name, copy)
      })
    }
    add(`${name} renamed`, (into) => {
      into.delete(name)
      into.set(name.replace(/\d{20}/, '0'.repeat(19) + '3'), bytes)
    })
  }
  return cases.filter((each) => isChanged(files, each))
}

/** Leaves out what changes nothing here: a text to be replaced that this line does not hold. */
function isChanged(files: Files, { apply }: Tampering): boolean {
  const changed: Files = new Map(files)
  apply(changed)
  if (changed.size !== files.size) return true
  return [...changed].some(([name, bytes]) => !files.get(name)?.equals(bytes))
}
