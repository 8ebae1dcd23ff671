import { open, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { describeFinding } from '../entries.ts'
import { LedgerError } from '../errors.ts'
import { verifyLedger, verifyStream, type VerifyReport } from '../verify.ts'
import type { Command } from './command.ts'
import { formatCount, formatTable, printable, type Paint } from './output.ts'
import { pathOf, readSettings } from './settings.ts'

/** `fs-ledger verify`. */
export const verifyCommand: Command = {
  usage: '[--checkpoint FILE]… [--vkey KEY]… [--check-files] [--stream FILE|-] [--strict]',
  summary: 'reads every byte, and says what holds and what does not',
  example: 'fs-ledger verify --lakehouse data/lakehouse --strict',
  options: {
    checkpoint: { type: 'string', multiple: true },
    vkey: { type: 'string', multiple: true },
    'check-files': { type: 'boolean' },
    stream: { type: 'string' },
    from: { type: 'string' },
    strict: { type: 'boolean' },
  },
  async run({ io, values, isJson, paint, integer }) {
    const settings = await readSettings(io, values)
    const checkpoints: string[] = []
    for (const file of values.checkpoint ?? []) {
      checkpoints.push(await readText(pathOf(io, file), file))
    }
    const options = {
      checkpoints,
      verifierKeys: [...settings.verifierKeys, ...(values.vkey ?? [])],
      readFile: values['check-files'] ? settings.readFile : undefined,
    }
    let report: VerifyReport
    if (values.stream === undefined) report = await verifyLedger(settings.store, options)
    else {
      const isStdin = values.stream === '-'
      const chunks = isStdin ? io.stdin : readChunks(pathOf(io, values.stream))
      const name = isStdin ? '-' : basename(values.stream)
      report = await verifyStream(chunks, { ...options, name, from: integer('from') ?? 0 })
    }
    if (report.size === 0 && report.integrity.count === 0) {
      const place = values.stream ?? settings.place
      throw new LedgerError('no_ledger', `there is no ledger in ${place}. Nothing was verified.`)
    }
    const text = isJson ? JSON.stringify(report, undefined, 2) : formatReport(report, paint)
    await io.write(`${text}\n`)
    if (report.integrity.status === 'violated') return 3
    return values.strict && report.completeness.count > 0 ? 1 : 0
  },
}

// One buffer for the whole file: a stream would allocate gigabytes for gigabytes.
const CHUNK_BYTES = 1024 * 1024

async function* readChunks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await open(path)
  try {
    const buffer = new Uint8Array(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new LedgerError('invalid_input', `cannot read the checkpoint ${name}`, { cause })
  }
}

function formatReport(report: VerifyReport, paint: Paint): string {
  const { integrity, completeness, tail, signature } = report
  const pinned =
    tail.state === 'unpinned'
      ? paint('yellow', 'unpinned') + ', no checkpoint holds the end in place'
      : `${paint('green', 'pinned')} at ${tail.size} by a checkpoint ${
          tail.source === 'given' ? 'kept elsewhere' : 'beside the ledger'
        }, ${formatCount(tail.after, 'entry', 'entries')} behind it`
  const state = integrity.status === 'ok' ? paint('green', 'ok') : paint('red', 'violated')
  const lines = [
    `ledger        ${printable(report.origin ?? 'unknown')}`,
    `              ${formatCount(report.size, 'entry', 'entries')} in ${formatCount(report.segments, 'file')}, ` +
      formatCount(report.bytes, 'byte'),
    `integrity     ${state}${integrity.count > 0 ? `, ${formatCount(integrity.count, 'finding')}` : ''}`,
    `completeness  ${completeness.count === 0 ? paint('green', 'complete') : paint('yellow', formatCount(completeness.count, 'finding'))}`,
    `tail          ${pinned}`,
    `signature     ${signature.state}${signature.key === null ? '' : ` (${printable(signature.key)})`}`,
    `last hash     ${report.last_hash ?? 'unknown'}`,
  ]
  if (integrity.count > 0) {
    const rows = integrity.findings.map((finding) => [
      finding.seq,
      finding.code,
      finding.segment,
      finding.line,
      finding.offset,
      finding.subject,
    ])
    lines.push('', formatTable(['>entry', 'finding', 'segment', '>line', '>byte', 'about'], rows))
    const first = integrity.findings.find(({ seq }) => seq === report.first_bad_seq)
    if (first !== undefined) lines.push('', `first bad ${printable(describeFinding(first))}`)
    if (integrity.count > integrity.findings.length) {
      lines.push(`… and ${integrity.count - integrity.findings.length} more`)
    }
  }
  const incomplete = [
    ...completeness.dangling_intents.map((each) => [
      each.seq,
      'intent without outcome',
      `${each.type} ${each.run_id ?? ''}`,
    ]),
    ...completeness.unknown_types.map(({ first_seq, type, count }) => [
      first_seq,
      'unknown type',
      `${type} (${count})`,
    ]),
    ...completeness.unreadable_checkpoints.map((name) => [null, 'unreadable checkpoint', name]),
    ...(completeness.missing_artefacts ?? []).map(({ seq, uri }) => [seq, 'missing artefact', uri]),
  ]
  if (incomplete.length > 0) {
    lines.push('', formatTable(['>entry', 'incomplete', 'about'], incomplete))
  }
  return lines.join('\n')
}
