import { addColumn, type Memory } from './memory.ts'

/** The volume-weighted average of 20 and the sums it is made of. */
export type VolumeAverage = Record<
  'traded' | 'traded5' | 'traded10' | 'worth' | 'worth5' | 'worth10' | 'vwma20',
  Float64Array
>

/**
 * Adds the columns of the volume-weighted average.
 *
 * @param memory to add them to
 */
export function createVolumeAverage(memory: Memory): VolumeAverage {
  return {
    traded: addColumn(memory, 4),
    traded5: addColumn(memory, 5),
    traded10: addColumn(memory, 10),
    worth: addColumn(memory, 4),
    worth5: addColumn(memory, 5),
    worth10: addColumn(memory, 10),
    vwma20: addColumn(memory, 0),
  }
}

/**
 * Computes the volume-weighted average of 20.
 *
 * @param average columns
 * @param close prices
 * @param volume traded amounts; negative or not finite is not available
 * @param from first row
 * @param to row after the last
 */
export function advanceVolumeAverage(
  average: VolumeAverage,
  close: Float64Array,
  volume: Float64Array,
  from: number,
  to: number,
): void {
  const { traded, traded5, traded10 } = average
  const { worth, worth5, worth10, vwma20 } = average
  for (let t = from; t < to; t++) {
    const amount = volume[t]! >= 0 && volume[t]! < Infinity ? volume[t]! : Number.NaN
    traded[t] = amount
    const amount5 = amount + (traded[t - 1]! + traded[t - 2]! + (traded[t - 3]! + traded[t - 4]!))
    traded5[t] = amount5
    const amount10 = amount5 + traded5[t - 5]!
    traded10[t] = amount10
    const total = amount10 + traded10[t - 10]!

    const money = close[t]! * amount
    worth[t] = money
    const money5 = money + (worth[t - 1]! + worth[t - 2]! + (worth[t - 3]! + worth[t - 4]!))
    worth5[t] = money5
    const money10 = money5 + worth5[t - 5]!
    worth10[t] = money10

    vwma20[t] = total === 0 ? Number.NaN : (money10 + worth10[t - 10]!) / total
  }
}
