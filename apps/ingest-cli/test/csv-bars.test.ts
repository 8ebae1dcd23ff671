import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNumericTimes } from '../src/bar-times.ts'
import { checkBars } from '../src/check-bars.ts'
import { parseCsvBars } from '../src/csv-bars.ts'
import { BarFileError } from '../src/raw-bars.ts'
import { noSharedData, sharedData } from './shared-data.ts'

const DAY = 86_400
const utc = (text: string) => Date.parse(text) / 1000
const csv = (...lines: string[]) => lines.join('\n')
const BAR = '10,12,9,11,100'
const timesOf = (...times: string[]) =>
  parseCsvBars(csv('time,open,high,low,close,volume', ...times.map((time) => `${time},${BAR}`)))

function refusal(text: string): BarFileError {
  try {
    parseCsvBars(text)
  } catch (error) {
    if (error instanceof BarFileError) return error
    throw error
  }
  throw new Error('the text was accepted')
}

test.each([
  ['2024-01-31', '2024-01-31T00:00:00Z'],
  ['2024/1/31', '2024-01-31T00:00:00Z'],
  ['1/31/2024', '2024-01-31T00:00:00Z'],
  ['20240131', '2024-01-31T00:00:00Z'],
  ['2024-01-31 16:30:00', '2024-01-31T16:30:00Z'],
  ['2024-01-31T16:30:00Z', '2024-01-31T16:30:00Z'],
  ['2024-01-31T16:30:00.000+01:00', '2024-01-31T15:30:00Z'],
  ['2024-01-31 16:30:00-0500', '2024-01-31T21:30:00Z'],
  ['2024-01-31 00:00:00+00:00', '2024-01-31T00:00:00Z'],
  ['1706659200', '2024-01-31T00:00:00Z'],
  ['1706659200000', '2024-01-31T00:00:00Z'],
  ['1706659200000000', '2024-01-31T00:00:00Z'],
  ['1706659200000000000', '2024-01-31T00:00:00Z'],
  ['1706659200.0', '2024-01-31T00:00:00Z'],
  ['1950-01-03', '1950-01-03T00:00:00Z'],
])('the time %s is read as %s', (time, expected) => {
  expect(timesOf(time).timestamp[0]).toBe(utc(expected))
})

test('the unit of Unix times is one for the whole column, also where it begins in 1970', () => {
  const days = Array.from({ length: 3000 }, (_, day) => day)
  const bars = timesOf(...days.map((day) => `${day * DAY * 1000}`))
  expect([...bars.timestamp], 'milliseconds throughout').toEqual(days.map((day) => day * DAY))
  expect([...timesOf('0', '86400', '1706659200').timestamp]).toEqual([0, DAY, 1_706_659_200])
})

test.each([
  ['seconds', 1, 1000],
  ['seconds', 1, 1e9],
  ['milliseconds', 1000, 1],
  ['milliseconds', 1000, 1e6],
  ['nanoseconds', 1e9, 1],
])('one number that is no %s is named, and moves no other', (name, unit, other) => {
  const start = utc('2024-01-29')
  const times = [0, 1, 2, 3, 4].map((day) => (start + day * DAY) * unit)
  for (const at of times.keys()) {
    const mixed = times.map((time, index) => (index === at ? (time / unit) * other : time))
    const columns = [timesOf(...mixed.map(String)), readNumericTimes(Float64Array.from(mixed))]
    for (const column of columns) {
      const seconds = 'seconds' in column ? column.seconds : column.timestamp
      expect([...seconds]).toEqual(
        times.map((time, index) => (index === at ? Number.NaN : time / unit)),
      )
      expect([...column.unreadable]).toEqual([
        [at, `no time in ${name}, the unit of this column: ${mixed[at]}`],
      ])
    }
  }
})

test.each([
  '',
  'yesterday',
  '2024-02-30',
  '13/13/2024',
  '31.01.2024',
  '2024-01-31T25:00:00Z',
  '1706659200.5',
])('the time %j is not understood and named', (time) => {
  const bars = timesOf('2024-01-30', time)
  expect(bars.timestamp[1]).toBeNaN()
  expect(bars.unreadable.get(1)).toContain(time)
})

test('a file with a date that can only be day/month/year is refused by name', () => {
  const text = csv('date,high,low,close', '1/2/2020,2,1,1', '31/12/2020,2,1,1')
  expect(refusal(text)).toMatchObject({
    code: 'day_first',
    message: expect.stringContaining('31/12/2020'),
  })
})

test.each([
  ['01/02/2024', '02/02/2024', '03/02/2024'],
  ['09/02/2024', '08/02/2024', '07/02/2024'],
  ['01/02/2024', '02/02/2024', '05/02/2024'],
])('dates that are monthly one way and daily the other are refused: %s, %s, %s', (...dates) => {
  const lines = dates.map((date) => `${date},2,1,1`)
  expect(refusal(csv('date,high,low,close', ...lines))).toMatchObject({
    code: 'day_first',
    message: expect.stringContaining(`${dates[0]}, ${dates[1]} … are months apart`),
  })
})

test('American dates of days, and of months that are no days the other way round, are read', () => {
  const first = (...dates: string[]) => timesOf(...dates).timestamp[0]
  expect(first('2/1/2024', '2/2/2024', '2/5/2024')).toBe(utc('2024-02-01'))
  expect(first('1/31/2024', '2/29/2024', '3/28/2024')).toBe(utc('2024-01-31'))
  expect(first('2/1/2024')).toBe(utc('2024-02-01'))
})

test('columns are found in any order and letter case; others are ignored', () => {
  const bars = parseCsvBars(
    csv('\uFEFFVolume,Adj Close,CLOSE,Low,High,Open,Date,Name', '5,1,11,9,12,10,2024-01-31,AAPL'),
  )
  expect({ ...bars, unreadable: bars.unreadable.size }).toEqual({
    row: Float64Array.of(2),
    timestamp: Float64Array.of(utc('2024-01-31')),
    open: Float64Array.of(10),
    high: Float64Array.of(12),
    low: Float64Array.of(9),
    close: Float64Array.of(11),
    volume: Float64Array.of(5),
    unreadable: 0,
  })
})

test('open and volume may be absent, single cells too', () => {
  const without = parseCsvBars(csv('date,high,low,close', '2024-01-31,12,9,11'))
  expect([without.open[0], without.volume[0]]).toEqual([Number.NaN, Number.NaN])
  const empty = parseCsvBars(csv('date,open,high,low,close,volume', '2024-01-31,,12,9,11,null'))
  expect([empty.open[0], empty.volume[0]]).toEqual([Number.NaN, Number.NaN])
  expect(empty.unreadable.size).toBe(0)
})

test.each([';', '\t'])('the separator %j is recognised', (separator) => {
  const text = csv('date,high,low,close', '2024-01-31,12,9,11').replaceAll(',', separator)
  expect(parseCsvBars(text).close[0]).toBe(11)
})

test('rows are named by their line, blank lines and line ends of any kind counted', () => {
  const text = 'date,high,low,close\r\n\r\n2024-01-30,12,9,11\r\n\r\n2024-01-31,12,9,11\r\n'
  expect([...parseCsvBars(text).row]).toEqual([3, 5])
})

test('a cell that is no number and a row of another length are named', () => {
  const bars = parseCsvBars(
    csv('date,high,low,close', '2024-01-29,"1,234.5",9,11', '2024-01-30,12,9', '2024-01-31,12,9,x'),
  )
  expect(Object.fromEntries(bars.unreadable)).toEqual({
    0: 'high is no number: "1,234.5"',
    1: '3 fields where the header has 4',
    2: 'close is no number: "x"',
  })
})

test.each(['inf', '-Inf', '+infinity', '1e999'])('the price %s is read, and not finite', (cell) => {
  const raw = parseCsvBars(csv('date,high,low,close', `2024-01-30,${cell},9,11`))
  expect(raw.unreadable.size).toBe(0)
  const { rejected } = checkBars(raw, { timeframeSeconds: DAY, now: utc('2026-01-01') })
  expect(rejected).toMatchObject([{ row: 2, reason: 'not_finite' }])
})

test.each(['utf16le', 'big-endian'])('a text in UTF-16 is refused with what to do: %s', (order) => {
  const bytes = Buffer.from('\uFEFFdate,high,low,close\n2024-01-30,12,9,11\n', 'utf16le')
  const text = (order === 'utf16le' ? bytes : bytes.swap16()).toString('utf8')
  expect(refusal(text)).toMatchObject({
    code: 'malformed',
    message: expect.stringMatching(/^[^\0]*write it as UTF-8$/),
  })
})

test('a column that brings known_at is read like the time', () => {
  const text = csv(
    'date,high,low,close,Seen',
    '2024-01-30,12,9,11,2024-01-31 06:00:00',
    '2024-01-31,12,9,11,soon',
  )
  const bars = parseCsvBars(text, { knownAtColumn: 'seen' })
  expect(bars.knownAt).toEqual(Float64Array.of(utc('2024-01-31T06:00:00Z'), Number.NaN))
  expect(bars.unreadable.get(1)).toContain('seen: no time')
})

test.each([
  ['', 'not_bars', 'empty'],
  ['date,high,low,close', 'not_bars', 'no row'],
  ['name,price\nx,1', 'not_bars', 'timestamp (or date, datetime, time), high, low, close'],
  ['date,high,low,close,Close\n2024-01-31,2,1,1,1', 'not_bars', '"close" is there twice'],
  ['date,high,low,close\n2024-01-31,"2,1,1', 'malformed', 'Quote'],
  [
    'date,high,low,close,symbol\n2024-01-30,2,1,1,A\n2024-01-31,2,1,1,B',
    'several_symbols',
    'A and B',
  ],
])('the text %j holds no bars: %s', (text, code, words) => {
  expect(refusal(text)).toMatchObject({ code, message: expect.stringContaining(words) })
})

test('numbers written by JavaScript are read back bit for bit', () => {
  const price = fc.double({ min: 1e-12, max: 1e12, noNaN: true })
  fc.assert(
    fc.property(fc.array(price, { minLength: 1, maxLength: 20 }), (prices) => {
      const lines = prices.map((value, at) => `${at * DAY},${value},${value},${value}`)
      expect([...parseCsvBars(csv('time,high,low,close', ...lines)).close]).toEqual(prices)
    }),
  )
})

const listed = noSharedData
  ? []
  : (
      JSON.parse(readFileSync(sharedData('ohlcv/metadata.json'), 'utf8')) as {
        files: {
          file: string
          rows: number
          first: string
          last: string
          order: string
          zero_volume_rows: number
          inconsistent_rows: number
        }[]
      }
    ).files

test.skipIf(noSharedData)(
  `every real file gives exactly the rows of its metadata ${noSharedData || ''}`,
  () => {
    expect(listed.length).toBeGreaterThan(60)
    for (const { file, rows, first, last, order, zero_volume_rows, inconsistent_rows } of listed) {
      const raw = parseCsvBars(readFileSync(sharedData('ohlcv', file), 'utf8'))
      const check = checkBars(raw, { timeframeSeconds: DAY, now: utc('2026-01-01') })
      const { timestamp, volume } = check.bars
      expect(
        {
          rows: timestamp.length,
          rejected: check.rejected.length,
          first: new Date(timestamp[0]! * 1000).toISOString().slice(0, 10),
          last: new Date(timestamp.at(-1)! * 1000).toISOString().slice(0, 10),
          reversed: check.reversed,
          zeroVolume: volume.filter((value) => value === 0).length,
        },
        file,
      ).toEqual({
        rows,
        rejected: inconsistent_rows,
        first,
        last,
        reversed: order === 'descending',
        zeroVolume: zero_volume_rows,
      })
    }
  },
)
