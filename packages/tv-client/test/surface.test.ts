import { expect, test } from 'vitest'
import * as surface from '../src/index.ts'

test('the package exports exactly these names', () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "CandidatesError",
      "EXCHANGES",
      "VALUE_COLUMNS",
      "formatSymbol",
      "isKnownExchange",
      "parseCandidates",
      "parseSymbol",
      "symbolFromFileName",
    ]
  `)
})
