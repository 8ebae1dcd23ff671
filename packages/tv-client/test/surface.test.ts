import { expect, test } from 'vitest'
import * as surface from '../src/index.ts'

test('the package exports exactly these names', () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "CandidatesError",
      "EXCHANGES",
      "SCANNER_TIMEFRAMES",
      "SCANNER_URL",
      "ScannerError",
      "VALUE_COLUMNS",
      "createScannerClient",
      "cutBatches",
      "discardRows",
      "fetchScreen",
      "fetchTechnicals",
      "formatCoverage",
      "formatSymbol",
      "isKnownExchange",
      "parseCandidates",
      "parseRetryAfter",
      "parseSymbol",
      "planColumns",
      "symbolFromFileName",
    ]
  `)
})
