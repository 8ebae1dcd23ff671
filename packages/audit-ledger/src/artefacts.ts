import { createHash } from 'node:crypto'
import type { Place } from './chain.ts'
import type { ArtefactRef, LedgerEntry } from './entry.ts'
import type { Finding } from './errors.ts'

/** Reads an artefact by its URI, whole or in parts; null when it is not there. */
export type ReadArtefact = (uri: string) => Promise<Uint8Array | AsyncIterable<Uint8Array> | null>

/** An artefact that an entry cites and that is not there. */
export interface MissingArtefact {
  /** Number of the entry. */
  readonly seq: number
  readonly uri: string
}

interface Citation {
  readonly seq: number
  readonly place: Place
  readonly ref: ArtefactRef
}

/** Collects what entries cite, and compares it with what is there. */
export interface ArtefactCheck {
  add(entry: LedgerEntry, place: Place): void
  check(readFile: ReadArtefact): Promise<{ missing: MissingArtefact[]; changed: Finding[] }>
}

/**
 * Collects citations. One that a later entry of the same run and type replaces is superseded, and not looked at.
 *
 * @returns the check
 */
export function collectArtefacts(): ArtefactCheck {
  const citations = new Map<string, Citation>()
  return {
    add({ seq, record }, place) {
      for (const ref of record.refs ?? []) {
        const own = record.run_id === undefined ? `#${seq}` : record.run_id
        citations.set(`${own}\n${record.type}\n${ref.uri}`, { seq, place, ref })
      }
    },
    async check(readFile) {
      const missing: MissingArtefact[] = []
      const changed: Finding[] = []
      for (const { seq, place, ref } of citations.values()) {
        const { uri, digest, size } = ref
        const found = await digestOf(await readFile(uri))
        if (found === null) missing.push({ seq, uri })
        else if (found.sha256 !== digest.sha256 || found.size !== size) {
          changed.push({ code: 'digest_mismatch', seq, ...place, subject: uri })
        }
      }
      return { missing, changed }
    },
  }
}

async function digestOf(
  content: Uint8Array | AsyncIterable<Uint8Array> | null,
): Promise<{ sha256: string; size: number } | null> {
  if (content === null) return null
  const hash = createHash('sha256')
  let size = 0
  for await (const part of content instanceof Uint8Array ? [content] : content) {
    hash.update(part)
    size += part.length
  }
  return { sha256: hash.digest('hex'), size }
}
