import { expect, test } from 'vitest'
import * as surface from '../src/index.ts'

test('the package exports exactly these names', () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "LedgerError",
      "STEPS",
      "canonicalize",
      "digestFile",
      "digestTable",
      "entries",
      "fileStore",
      "foldState",
      "formatCheckpoint",
      "openLedger",
      "openNote",
      "parseCanonical",
      "parseCheckpoint",
      "signNote",
      "verifyLedger",
      "verifyStream",
    ]
  `)
})
