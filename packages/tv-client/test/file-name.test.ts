import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EXCHANGES, isKnownExchange, symbolFromFileName } from '../src/index.ts'

test.each([
  ['BINANCE_BTCUSDT_1d.csv', 'BINANCE:BTCUSDT'],
  ['BINANCE_BTCUSDT.parquet', 'BINANCE:BTCUSDT'],
  ['CME_MINI_ES1!_1d.parquet', 'CME_MINI:ES1!'],
  ['BINANCE_X_1dUSDT_1d.parquet', 'BINANCE:X_1dUSDT'],
  ['data/lakehouse/NYSE_BRK.A_1d.csv', 'NYSE:BRK.A'],
  ['FX_IDC_EURUSD.csv', 'FX_IDC:EURUSD'],
  ['FX_EURUSD.csv', 'FX:EURUSD'],
  ['CME_MINI_DL_ES1!, 1D (1).csv', 'CME_MINI_DL:ES1!'],
  ['SP_SPX, 1D_5871b.csv', 'SP:SPX'],
  ['NYSE_DLY_1d.csv', 'NYSE:DLY'],
  ['NYSE_BAC%2FPL_1d.csv', 'NYSE:BAC/PL'],
  ['BINANCE%3ABTCUSDT.csv', 'BINANCE:BTCUSDT'],
  ['binance_btcusdt.CSV', 'BINANCE:BTCUSDT'],
  ['NASDAQ_X%.csv', 'NASDAQ:X%'],
])('%s names %s', (name, symbol) => {
  expect(symbolFromFileName(name)).toEqual({ symbol, guessed: false })
})

test('an exchange nobody knows is divided at the first underscore, and said to be a guess', () => {
  expect(symbolFromFileName('MYDESK_A_B_1d.csv')).toEqual({ symbol: 'MYDESK:A_B', guessed: true })
})

test('a given exchange serves the files that name none', () => {
  expect(symbolFromFileName('AAPL.csv', { exchange: 'nasdaq' }).symbol).toBe('NASDAQ:AAPL')
  expect(symbolFromFileName('XANO_B_1d.csv', { exchange: 'OMXSTO' })).toEqual({
    symbol: 'OMXSTO:XANO_B',
    guessed: false,
  })
  expect(symbolFromFileName('BINANCE_ETHUSDT.csv', { exchange: 'NASDAQ' }).symbol).toBe(
    'BINANCE:ETHUSDT',
  )
  expect(symbolFromFileName('MYDESK_A_B.csv', { exchange: 'MYDESK' })).toEqual({
    symbol: 'MYDESK:A_B',
    guessed: false,
  })
})

test.each(['AAPL.csv', 'BINANCE_.csv', '_AAPL_1d.csv', 'BINANCE_BTCUSDT, 60.csv', '.csv'])(
  'a name that yields no symbol is refused and named: %s',
  (name) => {
    expect(() => symbolFromFileName(name)).toThrow(RangeError)
    expect(() => symbolFromFileName(name)).toThrow(JSON.stringify(name))
  },
)

test('every known exchange with any ticker is divided where the two were joined', () => {
  const ticker = fc.stringMatching(/^[A-Z0-9!.&]{1,10}$/)
  fc.assert(
    fc.property(fc.constantFrom(...EXCHANGES), ticker, (exchange, name) => {
      const { symbol, guessed } = symbolFromFileName(`${exchange}_${name}_1d.csv`)
      expect(symbol).toBe(`${exchange}:${name}`)
      expect(guessed).toBe(false)
    }),
  )
})

test('delayed feeds belong to their exchange', () => {
  expect(isKnownExchange('NASDAQ_DLY')).toBe(true)
  expect(isKnownExchange('NOWHERE_DLY')).toBe(false)
})
