/**
 * Says whether a host may be given the session: TradingView over https, or this machine.
 *
 * @param url base URL of the scanner
 */
export function mayHoldSession(url: URL): boolean {
  const { protocol, hostname } = url
  if (protocol === 'https:' && /^(?:[a-z0-9-]+\.)*tradingview\.com$/.test(hostname)) return true
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/**
 * Makes the `cookie` header of a session.
 *
 * @param session value of TradingView's cookie `sessionid`, or a whole cookie header
 * @throws RangeError when it cannot be a header; the message does not repeat it
 */
export function cookieOf(session: string): string {
  const trimmed = session.trim()
  if (!/^[\x20-\x7E]+$/.test(trimmed)) {
    throw new RangeError(
      'sessionCookie must be printable ASCII and not empty (its value is not shown)',
    )
  }
  return trimmed.includes('=') ? trimmed : `sessionid=${trimmed}`
}

/**
 * Makes a function that removes a session from a text, in case a host sends it back.
 *
 * @param cookie the `cookie` header, `undefined` for none
 * @returns texts without it
 */
export function redactorOf(cookie: string | undefined): (text: string) => string {
  // Short values would be found in ordinary words; a real session has 32 characters.
  const secrets = (cookie ?? '')
    .split(';')
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .filter((value) => value.length >= 6)
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '[session]'), text)
}
