/**
 * What went wrong with a request, for callers to switch on.
 *
 * - `unknown_column`: the scanner knows no column of that name (`column`)
 * - `rejected`: the scanner refused the request without naming a column
 * - `unknown_market`, `unauthorized`, `redirected`: status 404, 401, 3xx; no request of this kind can work
 * - `rate_limited`: status 429, 408 or 425
 * - `http_503` and its like: any other status that leaves no better name
 * - `blocked`: status 403
 * - `empty_body`: nothing under a good status, which is how the scanner usually throttles
 * - `not_json`: a page of some server in between, or a body that was cut off
 * - `shape`: JSON, but not the answer to this request
 * - `network`, `timeout`: no answer, or none in time
 * - `too_large`: the body exceeds the bound
 * - `aborted`: the caller's signal ended the request
 */
export type ScannerErrorCode =
  | 'unknown_column'
  | 'rejected'
  | 'unknown_market'
  | 'unauthorized'
  | 'redirected'
  | 'rate_limited'
  | `http_${number}`
  | 'blocked'
  | 'empty_body'
  | 'not_json'
  | 'shape'
  | 'network'
  | 'timeout'
  | 'too_large'
  | 'aborted'

/** What a request was for, as far as an error tells it. */
export interface RequestSubject {
  readonly operation: 'scan' | 'symbol' | 'metainfo'
  readonly url: string
  /** The tickers asked for; empty for a screen and for metainfo. */
  readonly symbols: readonly string[]
  /** Number of the attempt, from 1. */
  readonly attempt: number
}

/** The facts behind an error. */
export interface ScannerErrorFacts {
  readonly status?: number | undefined
  readonly retryAfterMs?: number | undefined
  readonly column?: string | undefined
  /** What exactly was wrong, where the code leaves it open. */
  readonly detail?: string | undefined
  /** Text of the body; the error keeps its beginning. */
  readonly body?: string | undefined
  readonly cause?: unknown
}

const RETRYABLE: ReadonlySet<string> = new Set([
  'rate_limited',
  'blocked',
  'empty_body',
  'not_json',
  'shape',
  'network',
  'timeout',
  // Reasons of single symbols, which are never thrown.
  'bad_row',
  'page_cut',
  'no_rows',
  'not_sent',
])

/**
 * Says whether asking again can help.
 *
 * @param code of an error, or the reason of a symbol's outcome
 */
export function isRetryable(code: string): boolean {
  return RETRYABLE.has(code) || /^http_5\d\d$/.test(code)
}

const MEANING: Readonly<Record<string, readonly [says: string, next: string]>> = {
  unknown_column: ['the scanner knows no such column', 'Correct the name or leave it out'],
  rejected: ['the scanner refused the request', 'Ask for fewer columns and symbols'],
  unknown_market: ['there is no such market', 'Correct the market or the base URL'],
  unauthorized: ['the scanner wants a session', 'Give a valid session cookie, or none'],
  redirected: ['the answer points elsewhere, and is not followed', 'Correct the base URL'],
  rate_limited: ['the scanner limits requests', 'Ask again later and more slowly'],
  blocked: ['the scanner refuses this caller', 'Ask again much later and more slowly'],
  empty_body: ['the body was empty, the usual throttle', 'Ask again later and more slowly'],
  not_json: ['the body was no JSON', 'Ask again later'],
  shape: ['the JSON was not the answer to this request', 'Ask again later'],
  network: ['the connection failed', 'Check the host and the network, then ask again'],
  timeout: ['there was no complete answer in time', 'Ask again later, or for fewer symbols'],
  too_large: ['the body exceeded the bound', 'Ask for fewer symbols or raise maxBodyBytes'],
  aborted: ['the caller ended it', 'Start again when wanted'],
}

/** Characters of a body that an error keeps. */
const EXCERPT_LENGTH = 200

/** A request that brought no usable answer; `code` says why. */
export class ScannerError extends Error {
  override readonly name = 'ScannerError'
  readonly code: ScannerErrorCode
  readonly status: number | undefined
  /** What the scanner asked to wait, milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The column that the scanner does not know. */
  readonly column: string | undefined
  /** The tickers of the request. */
  readonly symbols: readonly string[]
  /** Whether asking again can help. */
  readonly retryable: boolean
  readonly url: string
  /** Beginning of the body, without control characters. */
  readonly excerpt: string

  /**
   * @param code what went wrong
   * @param subject what the request was for
   * @param facts what was seen
   */
  constructor(code: ScannerErrorCode, subject: RequestSubject, facts: ScannerErrorFacts = {}) {
    const [says, next] = MEANING[code] ?? ['the scanner cannot answer', 'Ask again later']
    const column = facts.column === undefined ? '' : ` ${JSON.stringify(facts.column)}`
    const detail = facts.detail === undefined ? '' : ` (${facts.detail})`
    super(`${describeRequest(subject, facts.status)}: ${says}${column}${detail}. ${next}.`, {
      cause: facts.cause,
    })
    this.code = code
    this.status = facts.status
    this.retryAfterMs = facts.retryAfterMs
    this.column = facts.column
    this.symbols = subject.symbols
    this.retryable = isRetryable(code)
    this.url = subject.url
    this.excerpt = (facts.body ?? '')
      .slice(0, EXCERPT_LENGTH * 4)
      .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
      .slice(0, EXCERPT_LENGTH)
  }
}

/**
 * Says in a few words which request it was and how it ended.
 *
 * @param subject what the request was for
 * @param status of the answer, `undefined` when there was none
 * @returns operation, symbols, host, attempt and status, without a full stop
 */
export function describeRequest(subject: RequestSubject, status: number | undefined): string {
  const [first, ...others] = subject.symbols
  const more =
    others.length === 0 ? '' : ` and ${others.length} more symbol${others.length === 1 ? '' : 's'}`
  const symbols = first === undefined ? '' : ` of ${first}${more}`
  const ending = status === undefined ? 'without a status' : `with status ${status}`
  return `${subject.operation}${symbols} at ${new URL(subject.url).host}, attempt ${subject.attempt}, ended ${ending}`
}
