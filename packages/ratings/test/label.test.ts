import { expect, test } from 'vitest'
import { label } from '../src/index.ts'

test('a rating on a boundary gets the milder label', () => {
  expect([0.5, 0.1, -0.1, -0.5].map(label)).toEqual(['Buy', 'Neutral', 'Neutral', 'Sell'])
})

test('beyond a boundary the label changes, and no rating is a dash', () => {
  expect([0.51, 0.11, 0, -0.11, -0.51, Number.NaN].map(label)).toEqual([
    'Strong Buy',
    'Buy',
    'Neutral',
    'Sell',
    'Strong Sell',
    '-',
  ])
})
