import type { AddFile, Commit, Protocol } from './actions.ts'
import { decodePath } from './layout.ts'
import { acceptsRowsOf } from './metadata.ts'
import { missingReaderFeatures, missingWriterFeatures } from './protocol.ts'
import type { Snapshot } from './snapshot.ts'
import { compareCodePoints, mayHoldSymbols } from './stats.ts'

/** What a commit does, as far as it matters to commits of others. */
export type Operation =
  | { readonly kind: 'append' }
  | { readonly kind: 'upsertSymbols'; readonly symbols: readonly string[] }
  | { readonly kind: 'compact'; readonly removedPaths: readonly string[] }
  | { readonly kind: 'schemaChange' }

/**
 * What a lost race means for a planned commit: commit it under the next number, plan again from what is there now,
 * leave out the work on some files, or give up.
 */
export type Verdict =
  | { readonly kind: 'go-on' }
  | { readonly kind: 're-plan'; readonly version: number; readonly reason: string }
  | {
      readonly kind: 'drop'
      readonly version: number
      readonly reason: string
      /** The files another writer took, as the plan named them: their groups are to be left out. */
      readonly paths: readonly string[]
    }
  | {
      readonly kind: 'abort'
      readonly version: number
      readonly reason: string
      readonly code: 'unsupported_feature' | 'commit_contention'
    }

const GO_ON: Verdict = { kind: 'go-on' }
const SEVERITY = { 'go-on': 0, 're-plan': 1, drop: 2, abort: 3 } as const

/**
 * Decides what to do after other writers took the version a commit was made for.
 *
 * @param operation what our commit does
 * @param base the table before the winners, on which our commit is still right; null when there was none
 * @param winners the commits since, oldest first
 * @param symbolColumn name of the column whose bounds tell symbols apart
 * @returns the severest verdict over all winners, with the version and the reason
 */
export function judge(
  operation: Operation,
  base: Snapshot | null,
  winners: readonly Commit[],
  symbolColumn = 'symbol',
): Verdict {
  const first = winners[0]
  if (first === undefined) return GO_ON
  if (base === null) {
    const reason = 'another writer created the table'
    return { kind: 're-plan', version: first.version, reason }
  }
  const context: Context = {
    operation,
    base,
    symbols:
      operation.kind === 'upsertSymbols' ? operation.symbols.toSorted(compareCodePoints) : [],
    symbolColumn,
    removedFiles: filesRemovedBy(winners, base),
  }
  return winners.map((commit) => judgeCommit(commit, context)).reduce(severer, GO_ON)
}

/**
 * Combines two verdicts on one commit.
 *
 * @param a one verdict
 * @param b the other
 * @returns the severer one; of two that drop work, both their files
 */
export function severer(a: Verdict, b: Verdict): Verdict {
  if (a.kind === 'drop' && b.kind === 'drop') {
    return { ...a, paths: [...new Set([...a.paths, ...b.paths])] }
  }
  return SEVERITY[b.kind] > SEVERITY[a.kind] ? b : a
}

interface Context {
  readonly operation: Operation
  readonly base: Snapshot
  readonly symbols: readonly string[]
  readonly symbolColumn: string
  /** The files winners removed, by decoded path, as they were in the table or as a winner added them. */
  readonly removedFiles: ReadonlyMap<string, AddFile>
}

function filesRemovedBy(winners: readonly Commit[], base: Snapshot): ReadonlyMap<string, AddFile> {
  const actions = winners.flatMap((commit) => commit.actions)
  const removed = new Set(
    actions.flatMap((action) => ('remove' in action ? [decodePath(action.remove.path)] : [])),
  )
  if (removed.size === 0) return new Map()
  const added = actions.flatMap((action) => ('add' in action ? [action.add] : []))
  const known = [...added, ...base.files].map((file) => [decodePath(file.path), file] as const)
  return new Map(known.filter(([path]) => removed.has(path)))
}

function judgeCommit(commit: Commit, context: Context): Verdict {
  let verdict = GO_ON
  for (const action of commit.actions) {
    if ('protocol' in action) {
      verdict = severer(verdict, judgeProtocol(action.protocol, commit.version, context))
    } else if ('metaData' in action) {
      const fits = acceptsRowsOf(context.base.metaData, action.metaData)
      verdict = severer(verdict, judgeMetaData(context.operation, fits, commit.version))
    } else if ('add' in action) {
      verdict = severer(verdict, judgeAdd(action.add, commit.version, context))
    } else if ('remove' in action) {
      verdict = severer(verdict, judgeRemove(action.remove.path, commit.version, context))
    }
  }
  return verdict
}

function judgeProtocol(protocol: Protocol, version: number, { base }: Context): Verdict {
  const missing = [
    ...missingReaderFeatures(protocol, base.metaData),
    ...missingWriterFeatures(protocol, base.metaData),
  ]
  if (missing.length === 0) return GO_ON
  const reason = `another writer raised the protocol, which now needs ${missing.join(', ')}`
  return { kind: 'abort', version, reason, code: 'unsupported_feature' }
}

function judgeMetaData(operation: Operation, fits: boolean, version: number): Verdict {
  switch (operation.kind) {
    case 'append':
      return fits
        ? GO_ON
        : { kind: 're-plan', version, reason: 'another writer changed columns that our rows have' }
    case 'upsertSymbols':
      return { kind: 're-plan', version, reason: 'another writer changed the columns' }
    default: {
      const reason = 'another writer changed the columns or settings of the table'
      return { kind: 'abort', version, reason, code: 'commit_contention' }
    }
  }
}

function judgeAdd(file: AddFile, version: number, context: Context): Verdict {
  // Without dataChange the rows were there before; what was moved shows as a removal.
  if (context.operation.kind !== 'upsertSymbols' || !file.dataChange) return GO_ON
  if (!mayHoldSymbols(file, context.symbols, context.symbolColumn)) return GO_ON
  return { kind: 're-plan', version, reason: `${file.path} may hold rows of our symbols` }
}

function judgeRemove(given: string, version: number, context: Context): Verdict {
  const path = decodePath(given)
  const { operation } = context
  if (operation.kind === 'compact') {
    const ours = operation.removedPaths.filter((removed) => decodePath(removed) === path)
    if (ours.length === 0) return GO_ON
    return { kind: 'drop', version, reason: `another writer removed ${given}`, paths: ours }
  }
  if (operation.kind !== 'upsertSymbols') return GO_ON
  const file = context.removedFiles.get(path)
  const untouched =
    file !== undefined && !mayHoldSymbols(file, context.symbols, context.symbolColumn)
  if (untouched) return GO_ON
  return { kind: 're-plan', version, reason: `another writer removed ${given}, which we read` }
}
