import type { Regime } from './regimes.ts'

/**
 * Something that was planted in a symbol's bars. `first` and `last` are indices of its bars, both included.
 *
 * - `regime`: what the market was doing;
 * - `gap`: the bar opened at `ratio` times the close before, at least a tenth away;
 * - `halt`: no trade: open, high, low and close stay at the close before, volume is 0;
 * - `split`: one old share became `ratio` new ones (0.1 is a reverse split of ten to one). Bars are raw, as an unadjusted
 *   feed delivers them: from this bar on prices are divided and volumes multiplied by `ratio`, the past stays as it was;
 * - `missing-bars`: `count` bars of the calendar are absent right before this bar;
 * - `missing-volume`: volume is `NaN`;
 * - `young-listing`: the symbol has only these bars;
 * - `tiny-price`, `huge-price`: the price started below 1e-5, above 100,000.
 */
export type MarketEvent =
  | {
      readonly kind: 'regime'
      readonly first: number
      readonly last: number
      readonly regime: Regime
    }
  | {
      readonly kind: 'gap' | 'split'
      readonly first: number
      readonly last: number
      readonly ratio: number
    }
  | {
      readonly kind: 'missing-bars'
      readonly first: number
      readonly last: number
      readonly count: number
    }
  | {
      readonly kind: 'halt' | 'missing-volume' | 'young-listing' | 'tiny-price' | 'huge-price'
      readonly first: number
      readonly last: number
    }
