import { expect, test } from 'vitest'
import { CHECKS, validate, type Column, type Table, type ValidationInput } from '../src/index.ts'
import { changed, combine, DAY, FIRST_DAY, rowOf, type Draft } from './clean-input.ts'
import { compareText } from '../src/report.ts'
import { failureKeys, findings, resultOf } from './findings.ts'

const A = 'BINANCE:AUSDT'
const at = (day: number): number => FIRST_DAY + day * DAY

interface Mutator {
  /** Check and table that the mutation is aimed at. */
  readonly aim: string
  readonly what: string
  readonly change?: (draft: Draft) => void
  readonly reshape?: (input: ValidationInput) => ValidationInput
  readonly unexpected: number
  readonly keys: readonly string[]
  /** Other checks that cannot but notice. */
  readonly companions?: Readonly<Record<string, number | string>>
}

function reshapeTable(
  role: 'bars' | 'local' | 'snapshot',
  change: (columns: Column[]) => Column[],
): (input: ValidationInput) => ValidationInput {
  return (input) => {
    const table: Table = input.tables[role]!
    return {
      ...input,
      tables: { ...input.tables, [role]: { ...table, columns: change([...table.columns]) } },
    }
  }
}

const MUTATORS: readonly Mutator[] = [
  {
    aim: 'INPUT-01 input',
    what: 'a digest that differs',
    change: (draft) => {
      draft.input = { digests: [{ name: 'bars', expected: 'aa', actual: 'bb' }] }
    },
    unexpected: 1,
    keys: ['- - digest bars bb -'],
  },
  {
    aim: 'INPUT-01 input',
    what: 'a required table that is absent',
    reshape: (input) => ({ ...input, tables: { ...input.tables, bars: undefined! } }),
    unexpected: 1,
    keys: ['- - bars absent -'],
  },
  {
    aim: 'INPUT-01 input',
    what: 'columns of different length',
    reshape: reshapeTable('snapshot', (columns) =>
      columns.map((column) =>
        column.name === 'RSI'
          ? { ...column, values: column.values.slice(1) as Float64Array }
          : column,
      ),
    ),
    unexpected: 1,
    keys: ['- - snapshot lengths unequal -'],
  },
  {
    aim: 'SCHEMA-01 bars',
    what: 'a required column that is absent',
    reshape: reshapeTable('bars', (columns) => columns.filter(({ name }) => name !== 'close')),
    unexpected: 1,
    keys: ['- - close absent -'],
  },
  {
    aim: 'SCHEMA-01 local',
    what: 'a promised feature that is absent',
    change: (draft) => {
      draft.meta = { 'fs.features': 'recommend_all,hull' }
    },
    unexpected: 1,
    keys: ['- - hull absent -'],
  },
  {
    aim: 'SCHEMA-02 bars',
    what: 'milliseconds instead of seconds',
    change: ({ bars }) => {
      const row = rowOf(bars, A, 29)
      row['known_at'] = at(30) * 1_000
    },
    unexpected: 1,
    keys: [`${A} ${at(29)} known_at ${at(30) * 1_000} 29`],
  },
  {
    aim: 'SCHEMA-02 local',
    what: 'symbols that are none',
    change: ({ local, bars }) => {
      for (const row of [...local, ...bars]) if (row['symbol'] === A) row['symbol'] = 'btcusdt'
    },
    unexpected: 30,
    keys: Array.from({ length: 20 }, (_, day) => `btcusdt ${at(day)} symbol btcusdt ${day}`),
    companions: { 'SCHEMA-02 bars': 30 },
  },
  {
    aim: 'SCHEMA-02 snapshot',
    what: 'a column of another type',
    reshape: reshapeTable('snapshot', (columns) =>
      columns.map((column) =>
        column.name === 'update_mode'
          ? { ...column, type: 'f64', values: new Float64Array(4) }
          : column,
      ),
    ),
    unexpected: 4,
    keys: [
      `${A} ${at(30) + 60} update_mode f64 0`,
      `BINANCE:BUSDT ${at(30) + 60} update_mode f64 0`,
      `NASDAQ:C ${at(30) + 60} update_mode f64 0`,
      `NYSE:BRK.A ${at(30) + 60} update_mode f64 0`,
    ],
  },
  {
    aim: 'SCHEMA-03 bars',
    what: 'two columns that changed places',
    reshape: reshapeTable('bars', (columns) => [columns[1]!, columns[0]!, ...columns.slice(2)]),
    unexpected: 2,
    keys: ['- - symbol 1 -', '- - timestamp 0 -'],
  },
  {
    aim: 'KEY-01 bars',
    what: 'the same row twice, and a third time',
    change: ({ bars }) => {
      bars.push({ ...rowOf(bars, A, 3) }, { ...rowOf(bars, A, 3) })
    },
    unexpected: 2,
    keys: [`${A} ${at(3)} - ${at(4)} 30`, `${A} ${at(3)} - ${at(4)} 31`],
  },
  {
    aim: 'KEY-01 snapshot',
    what: 'one run twice at one moment, known at another',
    change: ({ snapshot }) => {
      snapshot.push({ ...snapshot[0]!, known_at: at(30) + 61 })
    },
    unexpected: 1,
    keys: [`${A} ${at(30) + 60} - r1 1`],
  },
  {
    aim: 'KEY-01 local',
    what: 'a row without a source',
    change: ({ local }) => {
      rowOf(local, A, 0)['source'] = null
    },
    unexpected: 1,
    keys: [`${A} ${at(0)} source - 0`],
  },
  {
    aim: 'KEY-01 bars',
    what: 'rows without a symbol, a timestamp, a time of knowledge',
    change: ({ bars }) => {
      const symbolless = { ...rowOf(bars, A, 5), symbol: null }
      const timeless = { ...rowOf(bars, A, 5), timestamp: null }
      const unknown = { ...rowOf(bars, A, 5), known_at: null }
      bars.push(symbolless, timeless, unknown)
    },
    unexpected: 3,
    keys: [`- ${at(5)} symbol - 0`, `${A} - timestamp - 30`, `${A} ${at(5)} known_at - 31`],
  },
  {
    aim: 'RANGE-01 bars',
    what: 'a price of zero',
    change: ({ bars }) => {
      rowOf(bars, A, 7)['low'] = 0
    },
    unexpected: 1,
    keys: [`${A} ${at(7)} low 0 7`],
  },
  {
    aim: 'RANGE-01 local',
    what: 'an RSI above 100, known by the name without its timeframe',
    change: ({ local }) => {
      rowOf(local, A, 9)['rsi_1d'] = 100.001
    },
    unexpected: 1,
    keys: [`${A} ${at(9)} rsi_1d 100.001 9`],
  },
  {
    aim: 'RANGE-01 snapshot',
    what: 'a performance below -100 percent',
    change: ({ snapshot }) => {
      snapshot[1]!['Perf.W'] = -101
    },
    unexpected: 1,
    keys: [`BINANCE:BUSDT ${at(30) + 60} Perf.W -101 0`],
  },
  {
    aim: 'RANGE-02 local',
    what: 'infinite values, which the bounds do not count again',
    change: ({ local }) => {
      rowOf(local, A, 9)['rsi_1d'] = Infinity
      rowOf(local, A, 10)['rsi_1d'] = -Infinity
    },
    unexpected: 2,
    keys: [`${A} ${at(9)} rsi_1d Infinity 9`, `${A} ${at(10)} rsi_1d -Infinity 10`],
  },
  {
    aim: 'NULL-01 local',
    what: 'four holes in 27 bars',
    change: ({ local }) => {
      for (const day of [10, 12, 14, 16]) rowOf(local, A, day)['rsi_1d'] = null
    },
    unexpected: 1,
    keys: [`${A} - rsi_1d ${4 / 27} -`],
  },
  {
    aim: 'NULL-03 local',
    what: 'a series without any value',
    change: ({ local }) => {
      for (const row of local) if (row['symbol'] === A) row['rsi_1d'] = null
    },
    unexpected: 1,
    keys: [`${A} - rsi_1d - -`],
    companions: { 'NULL-01 local': 1, 'FRESH-01 local': 1 },
  },
  {
    aim: 'NULL-04 local',
    what: 'a value on the bar before the first one that has any',
    change: ({ local }) => {
      rowOf(local, A, 2)['rsi_1d'] = 50
    },
    unexpected: 1,
    keys: [`${A} ${at(2)} rsi_1d 50 2`],
  },
  {
    aim: 'FRESH-01 local',
    what: 'a feature that ended four days before its bars, in a long history',
    change: ({ local, bars }) => {
      // Six more symbols' worth of days would hide the hole from NULL-01; here its neighbours are dense enough.
      for (const rows of [local, bars]) {
        for (let i = rows.length - 1; i >= 0; i--) if (rows[i]!['symbol'] !== A) rows.splice(i, 1)
      }
      for (let day = 30; day < 50; day++) {
        bars.push({ ...rowOf(bars, A, 29), timestamp: at(day), known_at: at(day + 1) })
        const rsi = day < 46 ? 50 : null
        local.push({
          ...rowOf(local, A, 29),
          timestamp: at(day),
          known_at: at(day + 1),
          rsi_1d: rsi,
        })
      }
    },
    reshape: (input) => ({ ...input, as_of: at(51) }),
    unexpected: 1,
    keys: [`${A} - rsi_1d 4 -`],
  },
  {
    aim: 'COMP-01 local',
    what: 'a total by another formula, and one without its parts',
    change: ({ local }) => {
      const row = rowOf(local, A, 20)
      const parts = [Number(row['recommend_ma']), Number(row['recommend_other'])] as const
      row['recommend_all'] = combine('tradingview', ...parts)
      rowOf(local, A, 3)['recommend_all'] = null
      rowOf(local, A, 21)['recommend_all'] = null
    },
    unexpected: 2,
    keys: [
      `${A} ${at(20)} recommend_all ${(5 / 15 - 5 / 11) / 2} 20`,
      `${A} ${at(21)} recommend_all - 21`,
    ],
  },
  {
    aim: 'COMP-02 local',
    what: 'another formula than before',
    change: (draft) => {
      draft.meta = { 'fs.formula': 'tradingview' }
      for (const row of draft.local) {
        const [ma, other] = [row['recommend_ma'], row['recommend_other']]
        if (ma !== null && other !== null) {
          row['recommend_all'] = combine('tradingview', Number(ma), Number(other))
        }
      }
    },
    reshape: (input) => ({
      ...input,
      tables: { ...input.tables, previous_local: { name: 'features/local_1d', columns: [] } },
    }),
    unexpected: 1,
    keys: ['- - fs.formula tradingview -'],
  },
  {
    aim: 'PIT-02 bars',
    what: 'a bar known one second before its close',
    change: ({ bars }) => {
      rowOf(bars, A, 4)['known_at'] = at(5) - 1
    },
    unexpected: 1,
    keys: [`${A} ${at(4)} known_at ${at(5) - 1} 4`],
  },
  {
    aim: 'PIT-02 snapshot',
    what: 'a snapshot known before it arrived',
    change: ({ snapshot }) => {
      snapshot[0]!['known_at'] = at(30) + 59
    },
    unexpected: 1,
    keys: [`${A} ${at(30) + 60} known_at ${at(30) + 59} 0`],
  },
]

for (const { aim, what, change, reshape, unexpected, keys, companions } of MUTATORS) {
  test(`${aim} finds ${what}, and nothing else does`, () => {
    const input = changed(change ?? (() => {}))
    const report = validate(reshape ? reshape(input) : input, 'strict')
    expect(findings(report)).toEqual({ ...companions, [aim]: unexpected })
    const [id, table] = aim.split(' ') as [string, string]
    const result = resultOf(report, id, table)
    expect(failureKeys(result)).toEqual(keys)
    expect(result.failures.total).toBe(unexpected)
    expect(report.status).toBe(result.severity === 'E' ? 'failed' : 'warned')
  })
}

test('every check that is listed has a mutator', () => {
  const aimed = new Set(MUTATORS.map(({ aim }) => aim.split(' ')[0]!))
  expect([...aimed].sort(compareText)).toEqual(CHECKS.map(({ id }) => id))
})

test('clean tables pass strict without a finding', () => {
  const report = validate(
    changed(() => {}),
    'strict',
  )
  expect(findings(report)).toEqual({})
  expect(report.status).toBe('passed')
  expect(report.summary.symbols).toEqual({ total: 4, healthy: 4, degraded: 0, stale: 0 })
})

test('rows that a mutation broke, once removed, leave the check passing', () => {
  const broken = changed(({ bars, local }) => {
    rowOf(bars, A, 7)['low'] = -1
    rowOf(local, A, 9)['rsi_1d'] = 200
  })
  const report = validate(broken, 'strict')
  const bad = new Set(
    report.results.flatMap(({ failures }) =>
      failures.sample.map(({ symbol, timestamp }) => `${symbol} ${timestamp}`),
    ),
  )
  expect(bad.size).toBe(2)
  const repaired = changed((draft) => {
    rowOf(draft.bars, A, 7)['low'] = -1
    rowOf(draft.local, A, 9)['rsi_1d'] = 200
    const stays = (row: Draft['bars'][number]): boolean =>
      !bad.has(`${row['symbol']} ${row['timestamp']}`)
    draft.bars = draft.bars.filter(stays)
    draft.local = draft.local.filter(stays)
  })
  expect(findings(validate(repaired, 'strict'))).toEqual({})
})

test('COMP-01 measures the largest difference', () => {
  const report = validate(
    changed(({ local }) => {
      for (const [day, difference] of [
        [20, 0.25],
        [21, -0.5],
        [22, 0.125],
      ] as const) {
        const row = rowOf(local, A, day)
        row['recommend_ma'] = 0
        row['recommend_other'] = 0
        row['recommend_all'] = difference
      }
    }),
    'strict',
  )
  const { observed, groups } = resultOf(report, 'COMP-01', 'local')
  expect(observed).toBe(0.5)
  expect(groups.map((group) => [group.symbol, group.unexpected, group.observed])).toEqual([
    [A, 3, 0.5],
  ])
})

test('COMP-01 names the formula that explains the offending rows', () => {
  const report = validate(
    changed(({ local }) => {
      for (const row of local) {
        const [ma, other] = [row['recommend_ma'], row['recommend_other']]
        if (ma !== null && other !== null) {
          row['recommend_all'] = combine('tradingview', Number(ma), Number(other))
        }
      }
    }),
    'strict',
  )
  const result = resultOf(report, 'COMP-01', 'local')
  expect(result.message).toMatch(/; the formula tradingview explains \d+ of them$/)
  expect(result.fits).toEqual([{ formula: 'tradingview', rows: result.counts.unexpected }])
})

test('a retrieved row may be known before its bar has closed, and its total only informs', () => {
  const report = validate(
    changed(({ local }) => {
      local.push({
        ...rowOf(local, A, 29),
        source: 'retrieved',
        known_at: at(29) + 60,
        recommend_all: 0.9,
      })
    }),
    'strict',
  )
  expect(findings(report)).toEqual({})
  const result = resultOf(report, 'COMP-01', 'local:retrieved')
  expect(result.counts).toMatchObject({ evaluated: 1, unexpected: 1 })
  expect([result.severity, result.status]).toEqual(['I', 'pass'])
})

test('of a restated bar the values known last are judged, as of the moment asked', () => {
  const restated = (as_of: number): Record<string, number | string> =>
    findings(
      validate(
        {
          ...changed(({ bars }) => {
            bars.push({ ...rowOf(bars, A, 7), known_at: at(20), low: -5 })
          }),
          as_of,
        },
        'research',
      ),
    )
  expect(restated(at(31))['RANGE-01 bars']).toBe(1)
  expect(restated(at(20))['RANGE-01 bars']).toBe(1)
  expect(restated(at(20) - 1)['RANGE-01 bars']).toBeUndefined()
})

test('the restated row counts wherever it stands', () => {
  const report = validate(
    changed(({ bars }) => {
      const place = bars.indexOf(rowOf(bars, A, 7))
      bars.splice(place + 1, 0, { ...bars[place]!, known_at: at(20), low: -5 })
      bars.splice(place + 1, 0, { ...bars[place]!, known_at: at(10), low: -6 })
    }),
    'strict',
  )
  expect(failureKeys(resultOf(report, 'RANGE-01', 'bars'))).toEqual([`${A} ${at(7)} low -5 9`])
})

test('rows may come in any order', () => {
  const report = validate(
    changed(({ bars, local }) => {
      bars.reverse()
      const odd = local.filter((_, index) => index % 2 === 1)
      local.splice(0, local.length, ...odd, ...local.filter((_, index) => index % 2 === 0))
    }),
    'strict',
  )
  expect(findings(report)).toEqual({})
  expect(resultOf(report, 'NULL-01', 'local').observed).toBe(0)
})

test('an original row with a bad value is forgiven once it is restated', () => {
  const report = validate(
    changed(({ bars }) => {
      const row = rowOf(bars, A, 7)
      bars.push({ ...row, known_at: at(20) })
      row['low'] = -5
    }),
    'strict',
  )
  expect(findings(report)).toEqual({})
})

test('a symbol with fewer bars than a rating needs is named as partial, not as wrong', () => {
  const young = changed((draft) => {
    const isKept = (row: Draft['bars'][number]): boolean =>
      row['symbol'] !== A || Number(row['timestamp']) < at(12)
    draft.bars = draft.bars.filter(isKept)
    draft.local = draft.local.filter(isKept)
  })
  const report = validate(young, 'strict')
  expect(report.partial).toEqual([A])
  expect(findings(report)).toEqual({})
})

test('a symbol with bars but without features is found', () => {
  const report = validate(
    changed((draft) => {
      draft.local = draft.local.filter((row) => row['symbol'] !== A)
    }),
    'strict',
  )
  expect(findings(report)).toEqual({ 'NULL-01 local': 4, 'NULL-03 local': 4, 'FRESH-01 local': 4 })
  expect(report.symbols[A]).toBe('stale')
})

test('a check that throws is errored, and strict does not pass it', () => {
  const input = changed((draft) => {
    draft.meta = { 'fs.formula': 'homemade' }
  })
  const report = validate(input, 'strict')
  expect(findings(report)).toEqual({ 'COMP-01 local': 'errored' })
  expect(resultOf(report, 'COMP-01', 'local').message).toContain('was homemade')
  expect(report.status).toBe('failed')
  expect(validate(input, 'research').status).toBe('warned')
})

test('a feature that the catalogue does not know gets no verdict', () => {
  const input = changed(() => {})
  const { rsi: _, ...catalogue } = input.catalogue
  const report = validate({ ...input, catalogue }, 'strict')
  expect(findings(report)).toEqual({
    'NULL-01 local': 'inconclusive',
    'NULL-03 local': 'inconclusive',
    'NULL-04 local': 'inconclusive',
  })
  expect(resultOf(report, 'NULL-01', 'local').message).toBe('not declared in the catalogue: rsi_1d')
  expect(report.status).toBe('failed')
})
