// The rules of the votes, as functions of the values they look at. Each returns 1 (buy), -1 (sell) or 0, and every
// comparison is greater by more than a tolerance: after a halt, an exact one would vote on rounding noise. A comparison with
// NaN is false. The truth values are numbers, joined by `&`, because the processor cannot foresee most of these outcomes.

/** Tolerance between two values in price units, in proportion to the close. */
export const PRICE_TOLERANCE = 1e-12

/** Tolerance between two values on an oscillator's scale. */
export const SCALE_TOLERANCE = 1e-10

/** 1 when `a` is greater than `b` by more than the tolerance, else 0. */
export function over(a: number, b: number, tolerance: number): number {
  return a - b > tolerance ? 1 : 0
}

/** 1 when the value is available, else 0. */
export function known(value: number): number {
  return value === value ? 1 : 0
}

/** Which side of `b` the value `a` is on: every moving average, the base line, momentum and MACD. */
export function side(a: number, b: number, tolerance: number): number {
  return over(a, b, tolerance) - over(b, a, tolerance)
}

/** Ichimoku as Pine v4 and the scanner have it. Buy compares with span A, sell with span B: this is not a slip. */
export function ichimokuV4(
  close: number,
  closeBefore: number,
  conversion: number,
  base: number,
  leadA: number,
  leadB: number,
  tolerance: number,
): number {
  return (
    (over(leadA, leadB, tolerance) &
      over(close, leadA, tolerance) &
      over(base, close, tolerance) &
      over(conversion, closeBefore, tolerance) &
      over(close, conversion, tolerance)) -
    (over(leadB, leadA, tolerance) &
      over(leadB, close, tolerance) &
      over(close, base, tolerance) &
      over(closeBefore, conversion, tolerance) &
      over(conversion, close, tolerance))
  )
}

/** Ichimoku as the published library has it, with the spans of 26 bars ago. */
export function ichimokuL3(
  close: number,
  conversion: number,
  base: number,
  oldLeadA: number,
  oldLeadB: number,
  tolerance: number,
): number {
  return (
    (over(oldLeadA, oldLeadB, tolerance) &
      over(base, oldLeadA, tolerance) &
      over(conversion, base, tolerance) &
      over(close, conversion, tolerance)) -
    (over(oldLeadB, oldLeadA, tolerance) &
      over(oldLeadA, base, tolerance) &
      over(base, conversion, tolerance) &
      over(conversion, close, tolerance))
  )
}

/** Turning back from an extreme: RSI, CCI and Williams %R. */
export function reversal(now: number, before: number, lower: number, upper: number): number {
  return (
    (over(lower, now, SCALE_TOLERANCE) & over(now, before, SCALE_TOLERANCE)) -
    (over(now, upper, SCALE_TOLERANCE) & over(before, now, SCALE_TOLERANCE))
  )
}

/** 1 when K and D are both below 20 and K is above D; with `fresh`, only when it has just come from below. */
function stochasticBuy(
  k: number,
  d: number,
  kBefore: number,
  dBefore: number,
  fresh: boolean,
): number {
  const state =
    over(20, k, SCALE_TOLERANCE) & over(20, d, SCALE_TOLERANCE) & over(k, d, SCALE_TOLERANCE)
  return fresh ? state & over(dBefore, kBefore, SCALE_TOLERANCE) : state
}

/** 1 when K and D are both above 80 and K is below D; with `fresh`, only when it has just come from above. */
function stochasticSell(
  k: number,
  d: number,
  kBefore: number,
  dBefore: number,
  fresh: boolean,
): number {
  const state =
    over(k, 80, SCALE_TOLERANCE) & over(d, 80, SCALE_TOLERANCE) & over(d, k, SCALE_TOLERANCE)
  return fresh ? state & over(kBefore, dBefore, SCALE_TOLERANCE) : state
}

/** The stochastic on the way back from an extreme. */
export function stochasticRule(
  k: number,
  d: number,
  kBefore: number,
  dBefore: number,
  fresh: boolean,
): number {
  return (
    stochasticBuy(k, d, kBefore, dBefore, fresh) - stochasticSell(k, d, kBefore, dBefore, fresh)
  )
}

/** A strong and rising trend, in its direction. */
export function adxRising(adx: number, adxBefore: number, plus: number, minus: number): number {
  const rising = over(adx, 20, SCALE_TOLERANCE) & over(adx, adxBefore, SCALE_TOLERANCE)
  return (
    (rising & over(plus, minus, SCALE_TOLERANCE)) - (rising & over(minus, plus, SCALE_TOLERANCE))
  )
}

/** A strong trend whose direction has just changed. */
export function adxCross(
  adx: number,
  plus: number,
  minus: number,
  plusBefore: number,
  minusBefore: number,
): number {
  const strong = over(adx, 20, SCALE_TOLERANCE)
  return (
    (strong & over(minusBefore, plusBefore, SCALE_TOLERANCE) & over(plus, minus, SCALE_TOLERANCE)) -
    (strong & over(plusBefore, minusBefore, SCALE_TOLERANCE) & over(minus, plus, SCALE_TOLERANCE))
  )
}

/** The awesome oscillator: crossing zero, or a saucer (down, then up again, on the same side of zero). */
export function awesomeRule(
  now: number,
  before: number,
  earlier: number,
  tolerance: number,
): number {
  const dip = over(now, before, tolerance) & over(earlier, before, tolerance)
  const hump = over(before, now, tolerance) & over(before, earlier, tolerance)
  return (
    (over(now, 0, tolerance) & ((1 - over(before, 0, tolerance)) | dip)) -
    (over(0, now, tolerance) & ((1 - over(0, before, tolerance)) | hump))
  )
}

/** The stochastic of RSI, against the trend of the 50-bar average. */
export function stochasticRsiRule(
  close: number,
  ema50: number,
  k: number,
  d: number,
  kBefore: number,
  dBefore: number,
  fresh: boolean,
  tolerance: number,
): number {
  return (
    (over(ema50, close, tolerance) & stochasticBuy(k, d, kBefore, dBefore, fresh)) -
    (over(close, ema50, tolerance) & stochasticSell(k, d, kBefore, dBefore, fresh))
  )
}

/** Bears losing power in an uptrend, bulls losing it in a downtrend. */
export function powerRule(
  close: number,
  ema50: number,
  bull: number,
  bullBefore: number,
  bear: number,
  bearBefore: number,
  tolerance: number,
): number {
  return (
    (over(close, ema50, tolerance) & over(0, bear, tolerance) & over(bear, bearBefore, tolerance)) -
    (over(ema50, close, tolerance) & over(bull, 0, tolerance) & over(bullBefore, bull, tolerance))
  )
}

/** The ultimate oscillator beyond 70 or 30: bought, not sold, at the top. */
export function ultimateRule(now: number): number {
  return over(now, 70, SCALE_TOLERANCE) - over(30, now, SCALE_TOLERANCE)
}
