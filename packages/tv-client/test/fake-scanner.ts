import { createScannerClient, type ScannerClient, type ScannerClientOptions } from '../src/index.ts'

/** A request as a fake host sees it. */
export interface SeenRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: {
    readonly symbols?: { readonly tickers?: readonly string[] }
    readonly columns: readonly string[]
    readonly range: readonly [number, number]
  }
}

/** Makes a client whose requests a function answers, and whose pauses take no time. */
export function clientOf(
  answer: (request: SeenRequest) => Response | Promise<Response>,
  options: ScannerClientOptions = {},
): ScannerClient & { seen: SeenRequest[] } {
  const seen: SeenRequest[] = []
  const client = createScannerClient({
    baseUrl: 'https://scanner.example',
    spacingMs: 0,
    random: () => 0,
    sleep: () => Promise.resolve(),
    fetch: async (input, init) => {
      const request = {
        url: new URL(input as string),
        method: init?.method ?? 'GET',
        headers: init?.headers as Record<string, string>,
        body: (typeof init?.body === 'string' ? JSON.parse(init.body) : {}) as SeenRequest['body'],
      }
      seen.push(request)
      return await answer(request)
    },
    ...options,
  })
  return { ...client, seen }
}

/** Answers with JSON. */
export function json(body: unknown, init: ResponseInit = {}): Response {
  return new Response(JSON.stringify(body), init)
}

/** Answers a scan with the same value in every cell. */
export function rowsFor({ body }: SeenRequest, value = 0.5): Response {
  const data = (body.symbols?.tickers ?? []).map((s) => ({
    s,
    d: body.columns.map((column) => (column === 'update_mode' ? 'streaming' : value)),
  }))
  return json({ totalCount: data.length, data })
}
