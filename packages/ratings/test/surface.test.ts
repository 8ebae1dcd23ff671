import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import * as ratings from '../src/index.ts'

const root = resolve(import.meta.dirname, '..')

test('these names are exported, and no others', () => {
  expect(Object.keys(ratings).toSorted()).toMatchInlineSnapshot(`
    [
      "COMPONENTS",
      "FEATURES",
      "FORMULAS",
      "MA_VOTES",
      "OTHER_VOTES",
      "TIMEFRAMES",
      "awesomeOscillator",
      "barClose",
      "barOpen",
      "bollingerWidth",
      "bullBearPower",
      "cci",
      "combine",
      "components",
      "computeFeatures",
      "createRatingStream",
      "directionalMovement",
      "donchian",
      "ema",
      "explain",
      "explainFormulas",
      "featuresFor",
      "hl2",
      "hlc3",
      "hma",
      "ichimoku",
      "label",
      "macd",
      "momentum",
      "rate",
      "rateLast",
      "resample",
      "rma",
      "rsi",
      "sma",
      "stochastic",
      "stochasticRsi",
      "ultimateOscillator",
      "votes",
      "vwma",
      "williamsR",
      "wma",
    ]
  `)
})

test('the package has no runtime dependency', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object
  expect(manifest).not.toHaveProperty('dependencies')
  expect(manifest).not.toHaveProperty('peerDependencies')
})

test('the source uses no clock, no randomness and nothing of Node', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(root, 'src', file), 'utf8')
    expect(text, file).not.toMatch(
      /Date\.now|new Date\(\)|Math\.random|performance\.|from 'node:|process\.|setTimeout|Buffer\b/,
    )
  }
})
