import { untilAborted, type Clock } from './clock.ts'
import { parseRetryAfter } from './retry-after.ts'
import { ScannerError, type RequestSubject } from './scanner-error.ts'

/** What a client sends its requests with. */
export interface Transport {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly headers: Readonly<Record<string, string>>
  /** Bound of a request, from its start to the last byte of the answer. */
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  /** Removes what must not be seen from a text of the host. */
  readonly redact: (text: string) => string
}

/** A request, ready to be sent. */
export interface ScannerRequest extends RequestSubject {
  /** JSON of a POST; without it the request is a GET. */
  readonly body?: string
}

/** A complete answer, whatever its status. */
export interface ScannerResponse {
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number | undefined
  /** When the last byte had arrived, milliseconds since 1970. */
  readonly receivedAt: number
}

/**
 * Sends one request and reads its answer to the end.
 *
 * @param transport what to send it with
 * @param request what to send
 * @param signal ends the request at once
 * @returns status and text
 * @throws ScannerError `network`, `timeout`, `not_json` for a body cut off, `too_large` or `aborted`
 */
export async function sendRequest(
  transport: Transport,
  request: ScannerRequest,
  signal?: AbortSignal,
): Promise<ScannerResponse> {
  if (signal?.aborted) throw new ScannerError('aborted', request)
  const controller = new AbortController()
  const seen: Seen = { status: undefined, text: '' }
  let ending: 'timeout' | 'aborted' | undefined
  const end = (reason: 'timeout' | 'aborted') => {
    ending ??= reason
    controller.abort()
  }
  const onAbort = () => end('aborted')
  signal?.addEventListener('abort', onAbort, { once: true })
  const clearTimer = transport.clock.setTimer(() => end('timeout'), transport.timeoutMs)
  try {
    return await untilAborted(
      receive(transport, request, controller.signal, seen),
      controller.signal,
    )
  } catch (cause) {
    if (cause instanceof ScannerError) throw cause
    const { status } = seen
    const body = transport.redact(seen.text)
    if (ending !== undefined) throw new ScannerError(ending, request, { status, body })
    if (status !== undefined && !isReset(cause)) {
      const detail = `it was cut off after ${body.length} characters`
      throw new ScannerError('not_json', request, { status, body, detail, cause })
    }
    throw new ScannerError('network', request, { status, body, detail: reasonOf(cause), cause })
  } finally {
    clearTimer()
    signal?.removeEventListener('abort', onAbort)
  }
}

interface Seen {
  status: number | undefined
  text: string
}

async function receive(
  transport: Transport,
  request: ScannerRequest,
  signal: AbortSignal,
  seen: Seen,
): Promise<ScannerResponse> {
  const response = await transport.fetch(request.url, {
    method: request.body === undefined ? 'GET' : 'POST',
    headers: transport.headers,
    redirect: 'manual',
    signal,
    ...(request.body !== undefined && { body: request.body }),
  })
  // A browser shows a redirect that is not followed as status 0.
  const status = response.type === 'opaqueredirect' ? 302 : response.status
  seen.status = status
  const retryAfter = response.headers.get('retry-after')
  const decoder = new TextDecoder()
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength
    if (bytes > transport.maxBodyBytes) {
      const detail = `more than ${transport.maxBodyBytes} bytes`
      const body = transport.redact(seen.text)
      throw new ScannerError('too_large', request, { status, detail, body })
    }
    seen.text += decoder.decode(chunk as Uint8Array, { stream: true })
  }
  const text = transport.redact(seen.text + decoder.decode())
  const receivedAt = transport.clock.now()
  return { status, text, retryAfterMs: parseRetryAfter(retryAfter, receivedAt), receivedAt }
}

function isReset(error: unknown): boolean {
  return codeOf(error) === 'ECONNRESET'
}

function reasonOf(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error))
}

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
}
