/** Largest body of a request, bytes; beyond it servers in front of the scanner begin to refuse. */
export const MAX_REQUEST_BYTES: number = 512 * 1024

// Braces, keys and numbers of a body around its lists.
const FRAME_BYTES = 256

const encoder = new TextEncoder()

/** Bytes of a text as a member of a JSON list. */
function sizeOf(text: string): number {
  const written = JSON.stringify(text)
  // Nearly every symbol is plain ASCII, and encoding ten thousand of them is not free.
  return (/^[ -~]*$/.test(written) ? written.length : encoder.encode(written).length) + 1
}

/**
 * Cuts symbols into batches, by count and by the size of the request's body.
 *
 * @param symbols in the order in which they are to be asked
 * @param options `batchSize`: symbols in a batch at most; `columns`: what the request asks for; `maxBytes`: size of a body,
 *   512 KiB by default. A symbol that exceeds it alone is a batch of its own
 * @returns batches that, put together, are the symbols
 */
export function cutBatches(
  symbols: readonly string[],
  options: { batchSize: number; columns: readonly string[]; maxBytes?: number },
): string[][] {
  const { batchSize, columns, maxBytes = MAX_REQUEST_BYTES } = options
  const empty = columns.reduce((bytes, column) => bytes + sizeOf(column), FRAME_BYTES)

  const batches: string[][] = []
  let batch: string[] = []
  let bytes = empty
  for (const symbol of symbols) {
    const size = sizeOf(symbol)
    if (batch.length > 0 && (batch.length === batchSize || bytes + size > maxBytes)) {
      batches.push(batch)
      batch = []
      bytes = empty
    }
    batch.push(symbol)
    bytes += size
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}
