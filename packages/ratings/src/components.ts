import { checkBars, type Bars } from './bars.ts'
import { COMPONENTS, type ComponentName } from './component-names.ts'
import { formulaOf, type FormulaId } from './formula.ts'
import { fillSeries } from './series.ts'

/**
 * Computes every series that the votes of a rating are taken from, in one pass.
 *
 * @param bars columns, oldest first
 * @param options.formula id of the rating formula, which decides the price that CCI is computed of
 * @param options.names components wanted, all by default
 * @param options.into columns of an earlier result of the same length, to be overwritten instead of new ones
 * @returns one column a component, `NaN` until it is warm and on rows that are no bar
 * @throws {RangeError} when the bars are not ascending columns of one length, there is no such formula or component, or a
 *   column of `into` has another length
 */
export function components(
  bars: Bars,
  options: {
    formula?: FormulaId
    names?: readonly ComponentName[]
    into?: Record<ComponentName, Float64Array>
  } = {},
): Record<ComponentName, Float64Array> {
  checkBars(bars)
  const formula = formulaOf(options.formula)
  const names = options.names ?? COMPONENTS
  const rows = bars.close.length
  const series = {} as Record<ComponentName, Float64Array>
  for (const [index, name] of names.entries()) {
    if (!COMPONENTS.includes(name)) {
      throw new RangeError(`names[${index}] must be one of ${COMPONENTS.join(', ')}, was ${name}`)
    }
    const column = options.into?.[name] ?? new Float64Array(rows)
    if (column.length !== rows) {
      throw new RangeError(`into.${name} must have ${rows} rows like bars, had ${column.length}`)
    }
    series[name] = column
  }
  fillSeries(bars, formula, { components: series })
  return series
}
