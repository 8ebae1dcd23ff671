import { expect, test } from 'vitest'
import { createRatingStream, rate, type Bar, type RatingSnapshot } from '../src/index.ts'
import { makeBars } from './series.ts'

const bars = makeBars({ kind: 'random', seed: 21, length: 500 })

function bar(t: number): Bar {
  return {
    timestamp: bars.timestamp[t]!,
    open: bars.open[t]!,
    high: bars.high[t]!,
    low: bars.low[t]!,
    close: bars.close[t]!,
    volume: bars.volume[t]!,
  }
}

function filled(count: number) {
  const stream = createRatingStream()
  for (let t = 0; t < count; t++) stream.push(bar(t))
  return stream
}

test('a bar that is not later than the one before is refused, and nothing changes', () => {
  const stream = filled(300)
  expect(() => stream.push(bar(299))).toThrow(RangeError)
  expect(() => stream.push({ ...bar(300), timestamp: Number.NaN })).toThrow('was NaN')
  expect(stream.push(bar(300)).all).toBe(rate(bars).all[300])
})

test('a row that is no bar is rated NaN and leaves no trace', () => {
  const stream = filled(300)
  const broken = { ...bar(300), timestamp: bar(300).timestamp - 1, close: Number.NaN }
  expect(stream.push(broken)).toMatchObject({ all: Number.NaN, maCount: 0, otherCount: 0 })
  expect(stream.push(bar(300)).all).toBe(rate(bars).all[300])
})

test('a preview may be repeated with changing prices and never sticks', () => {
  const stream = filled(299)
  for (let i = 0; i < 100; i++)
    stream.preview({ ...bar(299), close: bars.close[299]! * (1 + i / 50) })
  expect(stream.push(bar(299)).all).toBe(rate(bars).all[299])
})

test('a snapshot is small, the same size however long the history, and restores exactly', () => {
  const short = JSON.stringify(filled(250).snapshot()).length
  const long = JSON.stringify(filled(500).snapshot()).length
  expect(long).toBeLessThan(20_000)
  expect(Math.abs(long - short)).toBeLessThan(2000)
  const again = createRatingStream()
  again.restore(filled(400).snapshot())
  expect(again.snapshot()).toEqual(filled(400).snapshot())
})

test('a snapshot of another version or formula, or a damaged one, is refused and changes nothing', () => {
  const good = filled(300).snapshot()
  const stream = filled(200)
  const refuse = (snapshot: unknown, reason: string): void => {
    expect(() => stream.restore(snapshot as RatingSnapshot)).toThrow(RangeError)
    expect(() => stream.restore(snapshot as RatingSnapshot)).toThrow(reason)
  }
  refuse({ ...good, version: 2 }, 'must be of version 1, was of 2')
  refuse({ ...good, formula: 'pine-v4' }, 'must be of formula institutional, was of pine-v4')
  refuse({ ...good, bars: -1 }, 'must count its bars')
  refuse({ ...good, columns: good.columns.slice(1) }, 'columns, had')
  refuse({ ...good, states: undefined }, 'states, had undefined')
  refuse({ ...good, columns: [['x'], ...good.columns.slice(1)] }, 'columns[0] must be')
  expect(stream.push(bar(200)).all).toBe(rate(bars).all[200])
})
