import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatSymbol, parseSymbol } from '../src/index.ts'

const exchange = fc.stringMatching(/^[A-Z0-9_]{1,12}$/)
const ticker = fc.stringMatching(/^[A-Za-z0-9!._&/:+'"-]{1,16}$/)

test.each([
  ['BINANCE:BTCUSDT', 'BINANCE', 'BTCUSDT'],
  ['binance:btcusdt', 'BINANCE', 'BTCUSDT'],
  ['  NYSE:BRK.A ', 'NYSE', 'BRK.A'],
  ['CME_MINI:ES1!', 'CME_MINI', 'ES1!'],
  ['BINANCE:BTCUSDT.P', 'BINANCE', 'BTCUSDT.P'],
  ['NYSE:JPM/PM', 'NYSE', 'JPM/PM'],
  ['NSE:M&M', 'NSE', 'M&M'],
  ["X:O'NEIL", 'X', "O'NEIL"],
  ['UNISWAP3ETH:WLWETH_A44ED7.USD', 'UNISWAP3ETH', 'WLWETH_A44ED7.USD'],
  ['X:A:B', 'X', 'A:B'],
  ['binance:X_1dUSDT', 'BINANCE', 'X_1dUSDT'],
])('%s is read as %s and %s', (text, expectedExchange, expectedTicker) => {
  expect(parseSymbol(text)).toEqual({ exchange: expectedExchange, ticker: expectedTicker })
})

test.each([
  '',
  'BTCUSDT',
  ':BTCUSDT',
  'BINANCE:',
  'BINANCE:BTC USDT',
  'BIN-ANCE:BTC',
  'X:A\u0000',
  'X:A\u00a0B',
])('a text that is no symbol is refused and named: %j', (text) => {
  expect(() => parseSymbol(text)).toThrow(RangeError)
  expect(() => parseSymbol(text)).toThrow(JSON.stringify(text))
})

test('a part that holds the divider cannot be written', () => {
  expect(() => formatSymbol({ exchange: 'A:B', ticker: 'C' })).toThrow('"A:B"')
})

test('writing and reading a symbol are inverse', () => {
  fc.assert(
    fc.property(exchange, ticker, (e, t) => {
      const text = formatSymbol({ exchange: e, ticker: t })
      expect(formatSymbol(parseSymbol(text))).toBe(text)
      expect(parseSymbol(text).exchange).toBe(e)
    }),
  )
})
