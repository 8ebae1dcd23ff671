/** Folder of the segments and bundles, relative to the audit folder. */
export const LEDGER_FOLDER = 'ledger'

/** Folder of the checkpoints, relative to the audit folder. */
export const CHECKPOINT_FOLDER = 'checkpoints'

/** What the name of a segment says of its entries. */
export interface SegmentName {
  readonly name: string
  /** Number of the first entry. */
  readonly first: number
  /** Number of the last entry in a bundle; null for a segment, which says it by its lines. */
  readonly last: number | null
}

const NAME = /^ledger\/(\d{20})(?:-(\d{20}))?\.jsonl$/

/** Writes a number with the 20 digits that make names sort like numbers. */
export function formatNumber(value: number): string {
  return String(value).padStart(20, '0')
}

/** Names the segment that begins with an entry or, given the last one too, the bundle. */
export function formatSegmentName(first: number, last?: number): string {
  const end = last === undefined ? '' : `-${formatNumber(last)}`
  return `${LEDGER_FOLDER}/${formatNumber(first)}${end}.jsonl`
}

/** Reads the name of a segment or bundle; null when it is none. */
export function parseSegmentName(name: string): SegmentName | null {
  const match = NAME.exec(name)
  if (match === null) return null
  const first = Number(match[1])
  const last = match[2] === undefined ? null : Number(match[2])
  if (!Number.isSafeInteger(first)) return null
  if (last !== null && (!Number.isSafeInteger(last) || last < first)) return null
  return { name, first, last }
}

/** Tells whether a bundle holds an entry. */
export function isBundleWith(segment: SegmentName, seq: number): boolean {
  return segment.last !== null && segment.first <= seq && seq <= segment.last
}
