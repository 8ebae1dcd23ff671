// The rules of the votes, as functions of the values they look at. Each returns 1 (buy), -1 (sell) or 0. Every comparison is
// greater by more than a tolerance: after a halt, an exact one would vote on rounding noise. One with NaN is false.
//
// Truth values are numbers, joined by `&`: an `if`, `&&` or `?:` would be a branch, and the processor guesses the outcome of
// most of these wrong so often that a vote would cost six times as much.

/** Tolerance between two values in price units, in proportion to the close. */
export const PRICE_TOLERANCE = 1e-12

/** Tolerance between two values on an oscillator's scale. */
const SCALE_TOLERANCE = 1e-10

/** 1 when the value is available, else 0. */
export function known(value: number): number {
  return Number(value === value)
}

/** Which side of `b` the value `a` is on: every moving average, the base line, momentum and MACD. */
export function side(a: number, b: number, tolerance: number): number {
  return Number(a - b > tolerance) - Number(b - a > tolerance)
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
  const buy =
    Number(leadA - leadB > tolerance) &
    Number(close - leadA > tolerance) &
    Number(base - close > tolerance) &
    Number(conversion - closeBefore > tolerance) &
    Number(close - conversion > tolerance)
  const sell =
    Number(leadB - leadA > tolerance) &
    Number(leadB - close > tolerance) &
    Number(close - base > tolerance) &
    Number(closeBefore - conversion > tolerance) &
    Number(conversion - close > tolerance)
  return buy - sell
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
  const buy =
    Number(oldLeadA - oldLeadB > tolerance) &
    Number(base - oldLeadA > tolerance) &
    Number(conversion - base > tolerance) &
    Number(close - conversion > tolerance)
  const sell =
    Number(oldLeadB - oldLeadA > tolerance) &
    Number(oldLeadA - base > tolerance) &
    Number(base - conversion > tolerance) &
    Number(conversion - close > tolerance)
  return buy - sell
}

/** Turning back from an extreme: RSI, CCI and Williams %R. */
export function reversal(now: number, before: number, lower: number, upper: number): number {
  const buy = Number(lower - now > SCALE_TOLERANCE) & Number(now - before > SCALE_TOLERANCE)
  const sell = Number(now - upper > SCALE_TOLERANCE) & Number(before - now > SCALE_TOLERANCE)
  return buy - sell
}

/**
 * Both stochastics: K and D below 20 or above 80, and K on the way back. With K below 20 and D below K, D is below 20 too, so
 * two of the six comparisons need not be made.
 */
export function stochasticRule(k: number, d: number): number {
  const buy = Number(20 - k > SCALE_TOLERANCE) & Number(k - d > SCALE_TOLERANCE)
  const sell = Number(k - 80 > SCALE_TOLERANCE) & Number(d - k > SCALE_TOLERANCE)
  return buy - sell
}

/** A stochastic's vote, counted only when K and D have just crossed in its direction. */
export function whenFresh(vote: number, kBefore: number, dBefore: number): number {
  return agreeing(vote, side(dBefore, kBefore, SCALE_TOLERANCE))
}

/** The stochastic of RSI votes against the trend of the 50-bar average. */
export function againstTrend(
  vote: number,
  close: number,
  ema50: number,
  tolerance: number,
): number {
  return agreeing(vote, side(ema50, close, tolerance))
}

/** The vote where the other one is the same, else 0. */
function agreeing(vote: number, other: number): number {
  return vote & -Number(vote === other)
}

/** A strong and rising trend, in its direction. */
export function adxRising(adx: number, adxBefore: number, plus: number, minus: number): number {
  const rising = Number(adx - 20 > SCALE_TOLERANCE) & Number(adx - adxBefore > SCALE_TOLERANCE)
  return side(plus, minus, SCALE_TOLERANCE) & -rising
}

/** A strong trend whose direction has just changed. */
export function adxCross(
  adx: number,
  plus: number,
  minus: number,
  plusBefore: number,
  minusBefore: number,
): number {
  const strong = Number(adx - 20 > SCALE_TOLERANCE)
  const buy =
    strong &
    Number(minusBefore - plusBefore > SCALE_TOLERANCE) &
    Number(plus - minus > SCALE_TOLERANCE)
  const sell =
    strong &
    Number(plusBefore - minusBefore > SCALE_TOLERANCE) &
    Number(minus - plus > SCALE_TOLERANCE)
  return buy - sell
}

/** The awesome oscillator: crossing zero, or a saucer (down, then up again, on the same side of zero). */
export function awesomeRule(
  now: number,
  before: number,
  earlier: number,
  tolerance: number,
): number {
  const dip = Number(now - before > tolerance) & Number(earlier - before > tolerance)
  const hump = Number(before - now > tolerance) & Number(before - earlier > tolerance)
  const buy = Number(now > tolerance) & ((1 - Number(before > tolerance)) | dip)
  const sell = Number(-now > tolerance) & ((1 - Number(-before > tolerance)) | hump)
  return buy - sell
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
  const buy =
    Number(close - ema50 > tolerance) &
    Number(-bear > tolerance) &
    Number(bear - bearBefore > tolerance)
  const sell =
    Number(ema50 - close > tolerance) &
    Number(bull > tolerance) &
    Number(bullBefore - bull > tolerance)
  return buy - sell
}

/** The ultimate oscillator beyond 70 or 30: bought, not sold, at the top. */
export function ultimateRule(now: number): number {
  return Number(now - 70 > SCALE_TOLERANCE) - Number(30 - now > SCALE_TOLERANCE)
}
