import { expect, test } from 'vitest'
import { validate, type ValidationInput } from '../src/index.ts'
import { changed, DAY, draftClean, FIRST_DAY, rowOf, toInput } from './clean-input.ts'
import { findings } from './findings.ts'

const A = 'BINANCE:AUSDT'
const at = (day: number): number => FIRST_DAY + day * DAY

function unexpected(input: ValidationInput, aim: string): number | string {
  return findings(validate(input, 'strict'))[aim] ?? 0
}

/** [inside, equal, outside]: the threshold itself passes. */
const ACCEPTED = [0, 0, 1]

test('RANGE-01: bounds are inclusive at both ends', () => {
  const rsi = (value: number): number | string =>
    unexpected(
      changed(({ local }) => {
        rowOf(local, A, 9)['rsi_1d'] = value
      }),
      'RANGE-01 local',
    )
  expect([99.9, 100, 100.0000001].map(rsi)).toEqual(ACCEPTED)
  expect([1e-300, 0, -1e-300].map(rsi)).toEqual(ACCEPTED)
})

test('RANGE-01: a price is above zero, a volume may be zero', () => {
  const bar = (column: string) => (value: number) =>
    unexpected(
      changed(({ bars }) => {
        rowOf(bars, A, 9)[column] = value
      }),
      'RANGE-01 bars',
    )
  expect([5e-324, 0, -5e-324].map(bar('open'))).toEqual([0, 1, 1])
  expect([5e-324, 0, -5e-324].map(bar('volume'))).toEqual(ACCEPTED)
})

test('RANGE-02: the largest finite number is finite', () => {
  const momentum = (value: number): number | string =>
    unexpected(
      changed(({ snapshot }) => {
        snapshot[0]!['AO'] = value
      }),
      'RANGE-02 snapshot',
    )
  expect([1, Number.MAX_VALUE, Infinity].map(momentum)).toEqual(ACCEPTED)
  expect([-1, -Number.MAX_VALUE, -Infinity].map(momentum)).toEqual(ACCEPTED)
})

test('NULL-01: a tenth of the values may be missing', () => {
  // rsi_1d has its first value on bar 4: 30 bars of 33 can be missing three.
  const holes = (count: number): number | string => {
    const draft = draftClean(['BINANCE:AUSDT'], 33)
    for (let hole = 0; hole < count; hole++) rowOf(draft.local, A, 8 + 2 * hole)['rsi_1d'] = null
    return unexpected(toInput(draft, 33), 'NULL-01 local')
  }
  expect([2, 3, 4].map(holes)).toEqual(ACCEPTED)
})

test('NULL-03 and NULL-01 judge a series from its first expected value on', () => {
  const emptyAfter = (days: number): number | string => {
    const draft = draftClean(['BINANCE:AUSDT'], days)
    for (const row of draft.local) row['rsi_1d'] = null
    return unexpected(toInput(draft, days), 'NULL-03 local')
  }
  expect([3, 4, 5].map(emptyAfter)).toEqual([0, 1, 1])
})

test('NULL-04: the first value may stand on the bar the catalogue names', () => {
  const early = (day: number): number | string =>
    unexpected(
      changed(({ local }) => {
        rowOf(local, A, day)['rsi_1d'] = 50
      }),
      'NULL-04 local',
    )
  expect([4, 3, 2].map(early)).toEqual(ACCEPTED)
})

test('FRESH-01: a lag of three days is fresh', () => {
  const lag = (days: number): number | string => {
    const draft = draftClean(['BINANCE:AUSDT'], 60)
    for (let day = 0; day < days; day++) rowOf(draft.local, A, 59 - day)['rsi_1d'] = null
    return unexpected(toInput(draft, 60), 'FRESH-01 local')
  }
  expect([2, 3, 4].map(lag)).toEqual(ACCEPTED)
})

test('COMP-01: a difference of 1e-9 is equal', () => {
  const total = (difference: number): number | string => {
    const input = changed(({ local }) => {
      const row = rowOf(local, A, 9)
      row['recommend_ma'] = 0
      row['recommend_other'] = 0
      row['recommend_all'] = difference
    })
    return unexpected(input, 'COMP-01 local')
  }
  expect([0.9e-9, 1e-9, 1.1e-9].map(total)).toEqual(ACCEPTED)
  expect([-0.9e-9, -1e-9, -1.1e-9].map(total)).toEqual(ACCEPTED)
})

test('COMP-01: no total where the formula gives none is equal', () => {
  const total = (value: number | null): number | string =>
    unexpected(
      changed(({ local }) => {
        const row = rowOf(local, A, 9)
        row['recommend_ma'] = null
        row['recommend_all'] = value
      }),
      'COMP-01 local',
    )
  expect([null, 0.1].map(total)).toEqual([0, 1])
})

test('PIT-02: a bar may be known at its close, a snapshot when it arrives', () => {
  const bar = (knownAt: number): number | string =>
    unexpected(
      changed(({ bars }) => {
        rowOf(bars, A, 4)['known_at'] = knownAt
      }),
      'PIT-02 bars',
    )
  expect([at(5) + 1, at(5), at(5) - 1].map(bar)).toEqual(ACCEPTED)
  const snapshot = (seconds: number): number | string =>
    unexpected(
      changed((draft) => {
        draft.snapshot[0]!['known_at'] = at(30) + seconds
      }),
      'PIT-02 snapshot',
    )
  expect([61, 60, 59].map(snapshot)).toEqual(ACCEPTED)
})

test('PIT-02: the close is declared, or follows from the timeframe', () => {
  const judged = (timeframe: string, input: Partial<ValidationInput> = {}): number | string => {
    const clean = changed(() => {})
    const bars = { ...clean.tables.bars!, meta: { 'fs.timeframe': timeframe } }
    return unexpected({ ...clean, tables: { ...clean.tables, bars }, ...input }, 'PIT-02 bars')
  }
  expect(['1h', '1d', '1w', '1mo'].map((timeframe) => judged(timeframe))).toEqual([0, 0, 120, 120])
  expect(judged('fortnight')).toBe('errored')
  expect(judged('1w', { close: (_, timestamp) => timestamp + 6.5 * 3_600 })).toBe(0)
})

test('PIT-02: a month closes with the calendar', () => {
  const february = Date.UTC(2024, 1, 1) / 1_000
  const march = Date.UTC(2024, 2, 1) / 1_000
  const known = (knownAt: number): number | string => {
    const draft = draftClean([A], 1)
    draft.bars[0] = { ...draft.bars[0]!, timestamp: february, known_at: knownAt }
    const input = toInput(draft, 1)
    const bars = { ...input.tables.bars!, meta: { 'fs.timeframe': '1mo' } }
    return unexpected(
      { ...input, as_of: march + DAY, tables: { ...input.tables, bars } },
      'PIT-02 bars',
    )
  }
  expect([march + 1, march, march - 1].map(known)).toEqual(ACCEPTED)
})

test('SCHEMA-02: times lie from 1900 to a day after as_of, in whole seconds', () => {
  const time = (timestamp: number): number | string =>
    unexpected(
      changed(({ bars }) => {
        rowOf(bars, A, 29)['known_at'] = timestamp
      }),
      'SCHEMA-02 bars',
    )
  const latest = at(31) + DAY
  const earliest = Date.UTC(1900, 0, 1) / 1_000
  expect([latest - 1, latest, latest + 1].map(time)).toEqual(ACCEPTED)
  expect([earliest + 1, earliest, earliest - 1].map(time)).toEqual(ACCEPTED)
  expect([at(30), at(30) + 0.5].map(time)).toEqual([0, 1])
})

test('SCHEMA-02: what a symbol looks like', () => {
  const symbol = (name: string): number | string =>
    unexpected(
      changed(({ bars }) => {
        bars.push({ ...rowOf(bars, A, 0), symbol: name })
      }),
      'SCHEMA-02 bars',
    )
  const good = ['BINANCE:1INCHUSDT', 'CME_MINI:ES1!', 'NYSE:BRK.A', 'MOEX:Сбер']
  const bad = ['BINANCE', 'binance:BTCUSDT', 'BINANCE:', 'BINANCE:BTC USDT', ':BTCUSDT', '']
  expect(good.map(symbol)).toEqual(good.map(() => 0))
  expect(bad.map(symbol)).toEqual(bad.map(() => 1))
})

test('a resolved view keeps what is known exactly at as_of', () => {
  const known = (seconds: number): number | string => {
    const input = changed(({ bars }) => {
      bars.push({ ...rowOf(bars, A, 7), known_at: at(31) + seconds, low: -5 })
    })
    return unexpected(input, 'RANGE-01 bars')
  }
  expect([-1, 0, 1].map(known)).toEqual([1, 1, 0])
})
