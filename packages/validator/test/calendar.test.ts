import { expect, test } from 'vitest'
import { marketCalendar } from '../src/index.ts'

test('crypto exchanges trade every day, centralised or not', () => {
  const symbols = [
    'BINANCE:BTCUSDT',
    'COINBASE:ETHUSD',
    'OKX:SOLUSDT',
    'UNISWAP3ARBITRUM:WETHUSDC_C6962',
    'PANCAKESWAP:CAKEWBNB_0ED7E5',
    'RAYDIUMCLMM:SOLUSDC',
    'CRYPTOCAP:TOTAL',
  ]
  expect(new Set(symbols.map(marketCalendar))).toEqual(new Set(['continuous']))
})

test('everything else has sessions, unknown exchanges included', () => {
  const symbols = [
    'NASDAQ:AAPL',
    'NYSE:BRK.A',
    'CME_MINI:ES1!',
    'FX:EURUSD',
    'BINANCEX:A',
    'BTCUSDT',
  ]
  expect(new Set(symbols.map(marketCalendar))).toEqual(new Set(['sessions']))
})
