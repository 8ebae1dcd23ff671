import { checkBars, gather, presentRows, scatter, type Bars } from '../bars.ts'
import type { ComponentName } from '../component-names.ts'
import { formulaOf, type FormulaId } from '../formula.ts'
import { createRatings } from '../rate.ts'
import { fillSeries } from '../series.ts'
import { simpleReturns } from '../statistics/returns.ts'
import { ENTRIES } from './catalogue.ts'
import { KERNELS, type Kernel, type Shared } from './kernels.ts'

/** Choices for computing features. */
export interface FeatureOptions {
  /** Id of the rating formula, `institutional` by default. */
  formula?: FormulaId
  /** Bars in a year, for features that are annualised; 252 by default. */
  periodsPerYear?: number
}

/**
 * Computes features of every bar; what several of them need is computed once.
 *
 * @param bars columns, oldest first
 * @param names of the features, keys of `FEATURES`
 * @param options formula and annualisation
 * @returns one column a name, `NaN` where there is no value. A value never depends on later bars
 * @throws {RangeError} when the bars are not ascending columns of one length, a name or the formula is unknown, or
 *   `periodsPerYear` is not a positive number
 */
export function computeFeatures<const Name extends string>(
  bars: Bars,
  names: readonly Name[],
  options: FeatureOptions = {},
): Record<Name, Float64Array> {
  checkBars(bars)
  const formula = formulaOf(options.formula)
  const periodsPerYear = options.periodsPerYear ?? 252
  if (!(periodsPerYear > 0 && periodsPerYear < Infinity)) {
    throw new RangeError(`periodsPerYear must be a positive number, was ${periodsPerYear}`)
  }
  for (const [index, name] of names.entries()) {
    if (Object.hasOwn(KERNELS, name)) continue
    throw new RangeError(
      `names[${index}] must be one of ${Object.keys(ENTRIES).join(', ')}, was ${name}`,
    )
  }

  const rows = presentRows(bars)
  const present: Bars = {
    timestamp: gather(bars.timestamp, rows),
    open: gather(bars.open, rows),
    high: gather(bars.high, rows),
    low: gather(bars.low, rows),
    close: gather(bars.close, rows),
    volume: gather(bars.volume, rows),
  }
  const length = present.close.length
  const kernels = names.map(kernelOf)
  const components: Partial<Record<ComponentName, Float64Array>> = {}
  for (const name of kernels.flatMap((kernel) => kernel.components ?? [])) {
    components[name] = new Float64Array(length)
  }
  const ratings = kernels.some((kernel) => kernel.ratings) ? createRatings(length) : undefined
  if (ratings !== undefined || Object.keys(components).length > 0) {
    fillSeries(present, formula, { components, ...(ratings && { ratings }) })
  }
  const known = new Map<string, unknown>()
  const shared: Shared = {
    price: present,
    periodsPerYear,
    returns: () => shared.once('returns', () => simpleReturns(present.close)),
    ratings: () => ratings!,
    component(name) {
      const column = components[name]
      if (column === undefined) throw new RangeError(`the kernel does not list component ${name}`)
      return column
    },
    feature: (name) => shared.once(`feature ${name}`, () => kernelOf(name).compute(shared)),
    once<T>(key: string, compute: () => T): T {
      if (!known.has(key)) known.set(key, compute())
      return known.get(key) as T
    },
  }
  const columns = {} as Record<Name, Float64Array>
  for (const name of names) {
    columns[name] = scatter(shared.feature(name), rows, bars.close.length)
  }
  return columns
}

function kernelOf(name: string): Kernel {
  const kernel = KERNELS[name]
  if (kernel === undefined) throw new RangeError(`there is no feature ${name}`)
  return kernel
}
