/** The ids of the four rating formulas. */
export type FormulaId = 'institutional' | 'tradingview' | 'tradingview-chart' | 'pine-v4'

/** What distinguishes one rating formula from another; everything else is common to all four. */
export interface Formula {
  id: FormulaId
  /** One sentence for a reader who has to choose. */
  title: string
  /** Price that the commodity channel index is computed of. */
  cci: 'hlc3' | 'close'
  /** Ichimoku vote: price against the base line, Pine v4's rule, or the published library's rule. */
  ichimoku: 'base' | 'v4' | 'l3'
  /** ADX vote: while ADX rises, or when +DI and −DI cross. */
  adx: 'rising' | 'cross'
  /** Votes of both stochastics: by where K and D are, or only when they have just crossed. */
  stochastic: 'state' | 'cross'
  /** Weight of the moving-average rating, or `undefined` where the two ratings are averaged. */
  maWeight?: number
  /** Weight of the oscillator rating, or `undefined` where the two ratings are averaged. */
  otherWeight?: number
}

/** The four rating formulas by id; `institutional` is the default everywhere. */
export const FORMULAS: Readonly<Record<FormulaId, Readonly<Formula>>> = {
  institutional: {
    id: 'institutional',
    title:
      "This product's own weighting, 0.574 MA + 0.3914 Other; it reproduces no TradingView column",
    cci: 'hlc3',
    ichimoku: 'base',
    adx: 'rising',
    stochastic: 'state',
    maWeight: 0.574,
    otherWeight: 0.3914,
  },
  tradingview: {
    id: 'tradingview',
    title: 'What the columns Recommend.All, .MA and .Other of TradingView’s scanner contain',
    cci: 'hlc3',
    ichimoku: 'v4',
    adx: 'rising',
    stochastic: 'state',
  },
  'tradingview-chart': {
    id: 'tradingview-chart',
    title: 'The published Pine library TradingView/TechnicalRating v3 of 2024-11-29',
    cci: 'close',
    ichimoku: 'l3',
    adx: 'rising',
    stochastic: 'state',
  },
  'pine-v4': {
    id: 'pine-v4',
    title: 'The built-in Pine script before that library; fits captures up to 2023',
    cci: 'close',
    ichimoku: 'v4',
    adx: 'cross',
    stochastic: 'cross',
  },
}

/** The formula that is used when none is named. */
export const DEFAULT_FORMULA: FormulaId = 'institutional'

/**
 * Finds a formula by its id.
 *
 * @param id one of the keys of `FORMULAS`
 * @throws {RangeError} when there is no such formula
 */
export function formulaOf(id: FormulaId = DEFAULT_FORMULA): Readonly<Formula> {
  if (!Object.hasOwn(FORMULAS, id)) {
    throw new RangeError(`formula must be one of ${Object.keys(FORMULAS).join(', ')}, was ${id}`)
  }
  return FORMULAS[id]
}

/**
 * Combines the two group ratings into one.
 *
 * @param formula id of the formula
 * @param ma moving-average rating from -1 to 1, `NaN` when no average voted
 * @param other oscillator rating from -1 to 1, `NaN` when no oscillator voted
 * @returns the rating. With one group empty the averaging formulas return the other one, `institutional` returns `NaN`:
 *   its weights mean nothing on one group
 * @throws {RangeError} when there is no such formula
 */
export function combine(formula: FormulaId, ma: number, other: number): number {
  const { maWeight, otherWeight } = formulaOf(formula)
  if (maWeight !== undefined && otherWeight !== undefined) {
    return maWeight * ma + otherWeight * other
  }
  if (Number.isNaN(ma)) return other
  return Number.isNaN(other) ? ma : (ma + other) / 2
}
