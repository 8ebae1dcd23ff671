import { LakehouseError } from '../errors.ts'
import { type Checksums, chunkIsIntact, readChecksums, withoutStaleKeys } from './checksum.ts'
import { type Footer, footerLength, parseFooter, TRAILER_BYTES } from './footer.ts'

/** A file to read: its size, and a way to get a range of its bytes. */
export interface FileSource {
  /** How messages name it. */
  readonly path: string
  readonly size: number
  read(start: number, end: number): Promise<Uint8Array>
}

/** A file whose footer has been read and verified. */
export interface OpenFile {
  readonly source: FileSource
  readonly footer: Footer
  readonly checksums: Checksums
  /** All bytes after the column chunks. */
  readonly tail: Uint8Array
}

// One read usually covers indexes and footer; a matrix of thousands of columns takes a second one.
const FIRST_READ_BYTES = 64 * 1024
// Two wanted ranges this close are fetched as one.
const JOIN_GAP_BYTES = 64 * 1024

/**
 * Opens a file: reads and verifies its footer.
 *
 * @throws LakehouseError `corrupt_file` when it is no Parquet file, or a damaged one
 */
export async function openFile(source: FileSource): Promise<OpenFile> {
  const { size } = source
  if (size < TRAILER_BYTES + 4) throw corrupt(source.path, `it has only ${size} bytes`)
  const last = await readExactly(source, Math.max(0, size - FIRST_READ_BYTES), size)
  try {
    const length = footerLength(last.subarray(-TRAILER_BYTES))
    const footerStart = size - TRAILER_BYTES - length
    if (footerStart < 4) throw new RangeError('its footer is longer than the file')
    const tailOf = async (start: number) =>
      size - start <= last.length
        ? last.subarray(last.length - (size - start))
        : await readExactly(source, start, size)
    const footer = withoutStaleKeys(parseFooter((await tailOf(footerStart)).subarray(0, length)))
    if (footer.dataEnd > footerStart) throw new RangeError('column data overlaps its footer')
    const tail = await tailOf(footer.dataEnd)
    return { source, footer, checksums: readChecksums(footer, tail), tail }
  } catch (error) {
    if (error instanceof RangeError) throw corrupt(source.path, error.message, error)
    throw error
  }
}

/**
 * Fetches column chunks and verifies each before anybody decodes it.
 *
 * @param columns names, all of which the file has
 * @param rowGroups positions in the footer's list
 * @returns the file as a blob in which only the fetched ranges hold data; the codec asks for no others
 * @throws LakehouseError `corrupt_file` when a chunk is not the one that was written; names column and rows
 */
export async function fetchChunks(
  file: OpenFile,
  columns: readonly string[],
  rowGroups: readonly number[],
): Promise<{ blob: Blob; bytesRead: number }> {
  const { source, footer, checksums, tail } = file
  const wantedColumns = new Set(columns)
  const wanted = rowGroups.flatMap((position) => {
    const group = footer.rowGroups[position]!
    return group.chunks.flatMap((chunk, index) =>
      wantedColumns.has(chunk.column)
        ? [{ chunk, group, checksum: checksums?.[position * group.chunks.length + index] }]
        : [],
    )
  })
  const parts: (Blob | Uint8Array<ArrayBuffer>)[] = []
  let at = 0
  let bytesRead = tail.length
  for (const range of joinRanges(wanted.map(({ chunk }) => chunk))) {
    const bytes = await readExactly(source, range.start, range.end)
    bytesRead += bytes.length
    for (const { chunk, group, checksum } of wanted) {
      if (checksum === undefined || chunk.start < range.start || chunk.end > range.end) continue
      const data = bytes.subarray(chunk.start - range.start, chunk.end - range.start)
      if (chunkIsIntact(data, checksum)) continue
      const rows = `${group.firstRow} to ${group.firstRow + group.rows - 1}`
      throw corrupt(source.path, `column '${chunk.column}' is damaged in rows ${rows}`)
    }
    if (range.start > at) parts.push(zeros(range.start - at))
    parts.push(bytes as Uint8Array<ArrayBuffer>)
    at = range.end
  }
  if (footer.dataEnd > at) parts.push(zeros(footer.dataEnd - at))
  parts.push(tail as Uint8Array<ArrayBuffer>)
  return { blob: new Blob(parts), bytesRead }
}

/** Joins ranges that lie close together, in the order of the file. */
export function joinRanges(
  ranges: readonly { readonly start: number; readonly end: number }[],
): { start: number; end: number }[] {
  const joined: { start: number; end: number }[] = []
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1)
    if (last !== undefined && start - last.end <= JOIN_GAP_BYTES) last.end = Math.max(last.end, end)
    else joined.push({ start, end })
  }
  return joined
}

// Blobs are built of references: gaps share one piece of zeros, however large they are.
const ZERO_PIECE = new Blob([new Uint8Array(1 << 20)])

function zeros(length: number): Blob {
  const pieces = Array.from({ length: Math.floor(length / ZERO_PIECE.size) }, () => ZERO_PIECE)
  return new Blob([...pieces, ZERO_PIECE.slice(0, length % ZERO_PIECE.size)])
}

async function readExactly(source: FileSource, start: number, end: number): Promise<Uint8Array> {
  const bytes = await source.read(start, end)
  if (bytes.length === end - start) return bytes
  throw corrupt(
    source.path,
    `it is cut off: byte ${start + bytes.length} and all after it are missing`,
  )
}

/** The error of a damaged file. */
export function corrupt(path: string, what: string, cause?: unknown): LakehouseError {
  return new LakehouseError(
    'corrupt_file',
    `${path} cannot be read: ${what}. Nothing was changed; put the file back from a copy.`,
    { cause, evidence: { file: path } },
  )
}
