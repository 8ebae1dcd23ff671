import { expect, test } from 'vitest'
import { barsFromParquet } from '../src/parquet-bars.ts'

const DAY = 86_400
const start = 1_704_067_200
const prices = {
  high: Float64Array.of(2, 3),
  low: Float64Array.of(0.5, 1),
  close: Float64Array.of(1.5, 2),
}

test('columns are found in mixed case, without open and volume', () => {
  const bars = barsFromParquet({
    Timestamp: Float64Array.of(start, start + DAY),
    High: prices.high,
    LOW: prices.low,
    Close: prices.close,
  })
  expect([...bars.timestamp]).toEqual([start, start + DAY])
  expect([...bars.low]).toEqual([0.5, 1])
  expect([...bars.open, ...bars.volume].every(Number.isNaN)).toBe(true)
  expect([...bars.row]).toEqual([1, 2])
})

test.each(['__index_level_0__', 'index', 'datetime', 'Date'])(
  'the time may be the column %s',
  (name) => {
    const bars = barsFromParquet({ ...prices, [name]: Float64Array.of(start, start + DAY) })
    expect([...bars.timestamp]).toEqual([start, start + DAY])
  },
)

test('times may be text or finer than seconds; what is missing or broken is named', () => {
  expect([...barsFromParquet({ ...prices, date: ['2024-01-01', '2024-01-02'] }).timestamp]).toEqual(
    [start, start + DAY],
  )
  const millis = barsFromParquet({ ...prices, time: Float64Array.of(start * 1000, Number.NaN) })
  expect(millis.timestamp).toEqual(Float64Array.of(start, Number.NaN))
  expect(millis.unreadable.get(1)).toBe('the time is missing')
  const broken = barsFromParquet({ ...prices, time: Float64Array.of(start, start + 0.5) })
  expect(broken.unreadable.get(1)).toContain('whole seconds')
})

test('a column of nothing is a column without values', () => {
  const bars = barsFromParquet({
    ...prices,
    time: Float64Array.of(start, start + DAY),
    volume: [null, null],
  })
  expect([...bars.volume]).toEqual([Number.NaN, Number.NaN])
})

test('columns that are no bars are refused by name', () => {
  const time = Float64Array.of(start, start + DAY)
  expect(() => barsFromParquet({ time, high: prices.high })).toThrow('low, close')
  expect(() => barsFromParquet({ ...prices, time, open: ['a', 'b'] })).toThrow('open holds text')
  expect(() => barsFromParquet({ ...prices, time: new Float64Array(0) })).toThrow('no row')
  expect(() => barsFromParquet({ ...prices, time, symbol: ['A', 'B'] })).toThrow('several symbols')
})
