import type { ScannerResponse } from './request.ts'
import { ScannerError, type RequestSubject, type ScannerErrorCode } from './scanner-error.ts'

const UNKNOWN_COLUMN = /^unknown field\s+"?(.+?)"?\s*$/i

/**
 * Judges an answer by its status, by whether it is JSON, and by the error inside, in this order.
 *
 * @param response complete answer
 * @param request what it answers
 * @param options `notFound`: what status 404 means; `columns`: keys of the answer that are data even when they are called
 *   `error` or `code`
 * @returns the JSON under a good status without an error
 * @throws ScannerError in every other case
 */
export function readJson(
  response: ScannerResponse,
  request: RequestSubject,
  { notFound, columns = [] }: { notFound: ScannerErrorCode; columns?: readonly string[] },
): unknown {
  const { status, text: body, retryAfterMs } = response
  const fail = (code: ScannerErrorCode, facts: { column?: string; detail?: string } = {}) =>
    new ScannerError(code, request, { status, retryAfterMs, body, ...facts })

  const byStatus = codeOfStatus(status, notFound)
  if (byStatus !== undefined) throw fail(byStatus)
  if (status < 300 && body.trim() === '') throw fail('empty_body')
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw fail('not_json')
  }
  const error = errorOf(json, columns)
  if (error !== undefined) {
    const column = UNKNOWN_COLUMN.exec(error)?.[1]
    if (column !== undefined) throw fail('unknown_column', { column })
    throw fail('rejected', { detail: error.slice(0, 200) })
  }
  if (status >= 300) throw fail('shape')
  return json
}

function codeOfStatus(status: number, notFound: ScannerErrorCode): ScannerErrorCode | undefined {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'blocked'
  if (status === 404) return notFound
  if (status === 429 || status === 408 || status === 425) return 'rate_limited'
  if (status >= 300 && status < 400) return 'redirected'
  if (status >= 500 || status < 200) return `http_${status}`
  return undefined
}

function errorOf(json: unknown, columns: readonly string[]): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  for (const key of ['error', 'code']) {
    const value: unknown = (json as Record<string, unknown>)[key]
    if (value === undefined || value === null || value === '' || columns.includes(key)) continue
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  return undefined
}
