/** What makes the scanner refuse a batch. */
export type Culprit = { readonly column: string } | { readonly ticker: string }

/** A column that every market has: what is refused with it alone is refused because of its tickers. */
const HARMLESS_COLUMN = 'name'

/**
 * Finds out by halving which column or ticker makes the scanner refuse a batch without naming it.
 *
 * @param batch columns and tickers that were refused together
 * @param isRefused asks the scanner; throws when there is no verdict
 * @returns the culprit, or `undefined` when no single one can be blamed; after at most 2 · ceil(log2 n) + 2 questions, n
 *   being the number of columns or of tickers
 * @throws what `isRefused` throws
 */
export async function findCulprit(
  batch: { readonly columns: readonly string[]; readonly tickers: readonly string[] },
  isRefused: (columns: readonly string[], tickers: readonly string[]) => Promise<boolean>,
): Promise<Culprit | undefined> {
  const { columns, tickers } = batch
  if (await isRefused([HARMLESS_COLUMN], tickers)) {
    const ticker = await halve(tickers, (some) => isRefused([HARMLESS_COLUMN], some))
    return ticker === undefined ? undefined : { ticker }
  }
  const column = await halve(columns, (some) => isRefused(some, tickers))
  return column === undefined ? undefined : { column }
}

async function halve(
  suspects: readonly string[],
  isRefused: (suspects: readonly string[]) => Promise<boolean>,
): Promise<string | undefined> {
  let left = suspects
  while (left.length > 1) {
    const half = left.slice(0, Math.ceil(left.length / 2))
    left = (await isRefused(half)) ? half : left.slice(half.length)
  }
  const [last] = left
  // The last one was never asked alone: a batch can also be refused for what its members are together.
  return last !== undefined && (suspects.length === 1 || (await isRefused(left))) ? last : undefined
}
