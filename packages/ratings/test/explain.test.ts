import { expect, test } from 'vitest'
import { explain, explainFormulas, rate, votes, type FormulaId } from '../src/index.ts'
import { makeBars } from './series.ts'

const bars = makeBars({ kind: 'random', seed: 17, length: 700 })

test('an explanation adds up to the rating, formula by formula', () => {
  for (const index of [30, 150, 199, 450, 699]) {
    const explanations = explainFormulas(bars, { index })
    expect(Object.keys(explanations)).toHaveLength(4)
    for (const [formula, { rating, votes: explained, missing, partial }] of Object.entries(
      explanations,
    )) {
      const series = rate(bars, { formula: formula as FormulaId })
      expect(rating.all).toBe(series.all[index])
      const cast = votes(bars, { formula: formula as FormulaId })
      for (const { name, vote } of explained) expect(vote, name).toBe(cast[name][index])
      const counted = explained.filter(({ vote }) => !Number.isNaN(vote))
      expect(counted).toHaveLength(rating.maCount + rating.otherCount)
      expect(missing).toHaveLength(26 - counted.length)
      expect(partial).toBe(index < 199)
    }
  }
})

test('the inputs of a vote are what its rule needs', () => {
  const { votes: explained } = explain(bars)
  const of = (name: string) => explained.find((each) => each.name === name)!
  const average = of('sma_50')
  expect(average.rule).toBe('close > average')
  expect(average.inputs.close).toBe(bars.close[699])
  expect(average.vote).toBe(Math.sign(average.inputs.close! - average.inputs.average!))
  const momentum = of('momentum')
  expect(momentum.vote).toBe(Math.sign(momentum.inputs.momentum! - momentum.inputs['momentum[1]']!))
  for (const { name, inputs, rule, vote } of explained) {
    expect(Object.keys(inputs).length, name).toBeGreaterThan(0)
    expect(rule.length, name).toBeGreaterThan(3)
    if (!Number.isNaN(vote)) expect(Object.values(inputs).some(Number.isNaN), name).toBe(false)
  }
})

test('later bars do not change an explanation, and a row that is no bar has none', () => {
  const gappy = makeBars({ kind: 'gappy', seed: 2, length: 400 })
  const missing = gappy.close.findIndex((value) => Number.isNaN(value))
  expect(() => explain(gappy, { index: missing })).toThrow(`index ${missing} is no bar`)
  expect(() => explain(bars, { index: 700 })).toThrow('was 700')
  expect(() => explain(bars, { index: -1 })).toThrow(RangeError)
  expect(explain(bars, { index: 300 }).timestamp).toBe(bars.timestamp[300])
})
