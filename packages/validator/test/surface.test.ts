import { expect, test } from 'vitest'
import * as surface from '../src/index.ts'

test('the package exports these names and no others', () => {
  expect(Object.keys(surface).sort()).toEqual([
    'CHECKS',
    'POLICIES',
    'PolicyError',
    'checkCoverage',
    'marketCalendar',
    'mergeReports',
    'resolvePolicy',
    'validate',
  ])
})
