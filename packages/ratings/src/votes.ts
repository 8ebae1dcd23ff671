import { checkBars, type Bars } from './bars.ts'
import { markMissing, runSeries, type Engine } from './engine.ts'
import { formulaOf, type Formula, type FormulaId } from './formula.ts'
import {
  adxCross,
  adxRising,
  againstTrend,
  awesomeRule,
  ichimokuL3,
  ichimokuV4,
  powerRule,
  PRICE_TOLERANCE,
  reversal,
  side,
  stochasticRule,
  ultimateRule,
  whenFresh,
} from './rules.ts'
import { MA_VOTES, OTHER_VOTES, type VoteName } from './vote-names.ts'

/**
 * Computes the 26 votes of every bar.
 *
 * @param bars columns, oldest first
 * @param options.formula id of the rating formula, `institutional` by default
 * @returns one column a vote: 1, 0 or -1, and `NaN` where the vote does not count. `explain` shows what a vote looked at
 * @throws {RangeError} when the bars are not ascending columns of one length or there is no such formula
 */
export function votes(
  bars: Bars,
  options: { formula?: FormulaId } = {},
): Record<VoteName, Float64Array> {
  checkBars(bars)
  const formula = formulaOf(options.formula)
  const result = {} as Record<VoteName, Float64Array>
  for (const name of [...MA_VOTES, ...OTHER_VOTES])
    result[name] = new Float64Array(bars.close.length)
  const engine = runSeries(bars, formula.cci === 'close', (running, from, to, rowOf) => {
    for (const name of [...MA_VOTES, ...OTHER_VOTES]) {
      const column = result[name]
      for (let t = from; t < to; t++) {
        column[rowOf[t - from]!] = castVote(name, running, t, formula)
      }
    }
  })
  markMissing(bars, engine.bars, Object.values(result))
  return result
}

/**
 * Casts one vote of one bar.
 *
 * @param name of the vote
 * @param engine whose components are computed
 * @param t row of the bar in the engine's columns
 * @param formula of the rating
 * @returns 1, 0 or -1, or `NaN` where the vote does not count
 */
export function castVote(
  name: VoteName,
  engine: Engine,
  t: number,
  formula: Readonly<Formula>,
): number {
  const { averages, ranges, trend, oscillators } = engine
  const close = engine.close[t]!
  const tolerance = PRICE_TOLERANCE * Math.abs(close)
  const fresh = formula.stochastic === 'cross'
  switch (name) {
    case 'sma_10':
      return ofAverage(close, averages.sma10[t]!)
    case 'sma_20':
      return ofAverage(close, averages.sma20[t]!)
    case 'sma_30':
      return ofAverage(close, averages.sma30[t]!)
    case 'sma_50':
      return ofAverage(close, averages.sma50[t]!)
    case 'sma_100':
      return ofAverage(close, averages.sma100[t]!)
    case 'sma_200':
      return ofAverage(close, averages.sma200[t]!)
    case 'ema_10':
      return ofAverage(close, averages.ema10[t]!)
    case 'ema_20':
      return ofAverage(close, averages.ema20[t]!)
    case 'ema_30':
      return ofAverage(close, averages.ema30[t]!)
    case 'ema_50':
      return ofAverage(close, averages.ema50[t]!)
    case 'ema_100':
      return ofAverage(close, averages.ema100[t]!)
    case 'ema_200':
      return ofAverage(close, averages.ema200[t]!)
    case 'hma_9':
      return ofAverage(close, averages.hma9[t]!)
    case 'vwma_20':
      return ofAverage(close, engine.volumeAverage.vwma20[t]!)
    case 'ichimoku': {
      const { conversion, base, leadA, leadB } = ranges.lines
      if (formula.ichimoku === 'base') return ofAverage(close, base[t]!)
      return counted(
        leadB[t]!,
        formula.ichimoku === 'v4'
          ? ichimokuV4(
              close,
              engine.close[t - 1]!,
              conversion[t]!,
              base[t]!,
              leadA[t]!,
              leadB[t]!,
              tolerance,
            )
          : ichimokuL3(close, conversion[t]!, base[t]!, leadA[t - 26]!, leadB[t - 26]!, tolerance),
      )
    }
    case 'rsi': {
      const { rsi } = trend
      return counted(rsi[t - 1]!, reversal(rsi[t]!, rsi[t - 1]!, 30, 70))
    }
    case 'stochastic': {
      const { k, d } = ranges.lines
      const vote = stochasticRule(k[t]!, d[t]!)
      return counted(d[t - 1]!, fresh ? whenFresh(vote, k[t - 1]!, d[t - 1]!) : vote)
    }
    case 'cci': {
      const { cci } = oscillators
      return counted(cci[t - 1]!, reversal(cci[t]!, cci[t - 1]!, -100, 100))
    }
    case 'adx': {
      const { adx, plus, minus } = trend
      return counted(
        adx[t]!,
        formula.adx === 'cross'
          ? adxCross(adx[t]!, plus[t]!, minus[t]!, plus[t - 1]!, minus[t - 1]!)
          : adxRising(adx[t]!, adx[t - 1]!, plus[t]!, minus[t]!),
      )
    }
    case 'ao': {
      const { ao } = oscillators
      return counted(ao[t - 1]!, awesomeRule(ao[t]!, ao[t - 1]!, ao[t - 2]!, tolerance))
    }
    case 'momentum': {
      const { momentum10 } = averages
      return counted(momentum10[t - 1]!, side(momentum10[t]!, momentum10[t - 1]!, tolerance))
    }
    case 'macd':
      return counted(trend.signal[t]!, side(trend.macd[t]!, trend.signal[t]!, tolerance))
    case 'stochastic_rsi': {
      const { k, d } = engine.strength.lines
      const middle = averages.ema50[t]!
      const vote = stochasticRule(k[t]!, d[t]!)
      const crossed = fresh ? whenFresh(vote, k[t - 1]!, d[t - 1]!) : vote
      return counted(middle, againstTrend(crossed, close, middle, tolerance))
    }
    case 'williams_r': {
      const { williamsR } = ranges.lines
      return counted(williamsR[t - 1]!, reversal(williamsR[t]!, williamsR[t - 1]!, -80, -20))
    }
    case 'bull_bear_power': {
      const { bull, bear } = trend
      const middle = averages.ema50[t]!
      return counted(
        middle,
        powerRule(close, middle, bull[t]!, bull[t - 1]!, bear[t]!, bear[t - 1]!, tolerance),
      )
    }
    case 'ultimate_oscillator':
      return counted(oscillators.ultimate[t]!, ultimateRule(oscillators.ultimate[t]!))
  }
}

function ofAverage(close: number, average: number): number {
  return counted(average, side(close, average, PRICE_TOLERANCE * Math.abs(close)))
}

/** Drops a vote whose check value is not available. */
function counted(check: number, vote: number): number {
  return Number.isNaN(check) ? Number.NaN : vote
}
