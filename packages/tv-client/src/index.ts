export {
  CandidatesError,
  parseCandidates,
  VALUE_COLUMNS,
  type Candidate,
  type CandidateList,
  type CandidatesErrorCode,
} from './candidates.ts'
export { EXCHANGES, isKnownExchange } from './exchanges.ts'
export { symbolFromFileName, type NamedSymbol } from './file-name.ts'
export { formatSymbol, parseSymbol, type SymbolParts } from './symbol.ts'
