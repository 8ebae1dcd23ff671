import type { Cell } from './universe.ts'

/** Reads a cell of the row that is judged. */
type Read = (column: string) => Cell

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  greater: (left, right) => left > right,
  egreater: (left, right) => left >= right,
  less: (left, right) => left < right,
  eless: (left, right) => left <= right,
}

/**
 * Says whether a row meets all conditions of a screen.
 *
 * @param filter list of `{ left, operation, right }`
 * @param read reads the row
 * @throws RangeError when an operation is unknown
 */
export function matchesFilter(filter: readonly unknown[], read: Read): boolean {
  return filter.every((condition) => matches(condition, read))
}

/**
 * Says whether a row meets a tree of conditions.
 *
 * @param tree `{ operator: 'and' | 'or', operands: [{ expression } | { operation }] }`
 * @param read reads the row
 * @throws RangeError when an operation is unknown
 */
export function matchesTree(tree: unknown, read: Read): boolean {
  const { operator, operands = [] } = tree as { operator?: string; operands?: unknown[] }
  const verdicts = operands.map((operand) => {
    const { expression, operation } = operand as { expression?: unknown; operation?: unknown }
    return expression === undefined ? matchesTree(operation, read) : matches(expression, read)
  })
  return operator === 'or' ? verdicts.some(Boolean) : verdicts.every(Boolean)
}

function matches(condition: unknown, read: Read): boolean {
  const {
    left = '',
    operation = '',
    right,
  } = condition as {
    left?: string
    operation?: string
    right?: Cell
  }
  const cell = read(left)
  if (operation === 'empty') return cell === null
  if (operation === 'nempty') return cell !== null
  if (operation === 'nequal') return cell !== right
  if (operation === 'equal') return cell === right
  const compare = COMPARISONS[operation]
  if (compare !== undefined) {
    const other = typeof right === 'string' ? read(right) : right
    return typeof cell === 'number' && typeof other === 'number' && compare(cell, other)
  }
  const list = Array.isArray(right) ? (right as Cell[]) : [right ?? null]
  switch (operation) {
    case 'in_range':
    case 'not_in_range': {
      if (cell === null) return false
      const [low, high] = list
      const isInside =
        typeof cell === 'number' ? cell >= Number(low) && cell <= Number(high) : list.includes(cell)
      return isInside === (operation === 'in_range')
    }
    case 'match':
      return (
        typeof cell === 'string' &&
        typeof right === 'string' &&
        cell.toLowerCase().includes(right.toLowerCase())
      )
    case 'has':
    case 'has_none_of': {
      const held: readonly Cell[] = Array.isArray(cell) ? (cell as Cell[]) : [cell]
      return list.some((each) => held.includes(each)) === (operation === 'has')
    }
    case 'above%':
    case 'below%': {
      const [column, factor] = list
      const other = typeof column === 'string' ? read(column) : column
      if (typeof cell !== 'number' || typeof other !== 'number') return false
      const bound = other * Number(factor)
      return operation === 'above%' ? cell > bound : cell < bound
    }
    default:
      throw new RangeError(`unknown operation ${JSON.stringify(operation)}`)
  }
}
