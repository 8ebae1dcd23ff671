export { marketCalendar } from './calendar.ts'
export { type CheckInfo, type Grain, type Severity } from './check.ts'
export { CHECKS } from './checks.ts'
export {
  checkCoverage,
  type CoverageCheck,
  type CoverageExpectation,
  type CoverageFault,
} from './coverage.ts'
export {
  type Catalogue,
  type DigestPair,
  type FeatureDeclaration,
  type ValidationInput,
} from './input.ts'
export { mergeReports } from './merge.ts'
export {
  POLICIES,
  PolicyError,
  resolvePolicy,
  type CheckPolicy,
  type Policy,
  type PolicyName,
  type ResolvedPolicy,
} from './policy.ts'
export {
  type Failure,
  type Group,
  type InputSummary,
  type Report,
  type ReportedNumber,
  type Result,
  type ResultStatus,
  type SymbolStatus,
} from './report.ts'
export { type Column, type Table, type TableRole } from './table.ts'
export { validate } from './validate.ts'
