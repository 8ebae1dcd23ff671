/** The moving-average votes, 15 at most. */
export const MA_VOTES = [
  'sma_10',
  'sma_20',
  'sma_30',
  'sma_50',
  'sma_100',
  'sma_200',
  'ema_10',
  'ema_20',
  'ema_30',
  'ema_50',
  'ema_100',
  'ema_200',
  'hma_9',
  'vwma_20',
  'ichimoku',
] as const

/** The oscillator votes, 11 at most. */
export const OTHER_VOTES = [
  'rsi',
  'stochastic',
  'cci',
  'adx',
  'ao',
  'momentum',
  'macd',
  'stochastic_rsi',
  'williams_r',
  'bull_bear_power',
  'ultimate_oscillator',
] as const

/** One of the 26 votes of a rating. */
export type VoteName = (typeof MA_VOTES)[number] | (typeof OTHER_VOTES)[number]
