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
export {
  createScannerClient,
  SCANNER_URL,
  type RequestOptions,
  type ScannerClient,
  type ScannerClientOptions,
  type SymbolAnswer,
} from './scanner/client.ts'
export { type Clock } from './scanner/clock.ts'
export { fetchScreen, type ScreenResult } from './scanner/fetch-screen.ts'
export { type MetaField, type MetaInfo } from './scanner/metainfo.ts'
export { parseRetryAfter } from './scanner/retry-after.ts'
export { type Cell, type ScanAnswer, type ScanRow } from './scanner/scan-answer.ts'
export { type ScanFilter, type ScanQuery } from './scanner/scan-query.ts'
export { ScannerError, type ScannerErrorCode } from './scanner/scanner-error.ts'
export { formatSymbol, parseSymbol, type SymbolParts } from './symbol.ts'
export { type AttemptRecord } from './technicals/attempt-record.ts'
export { cutBatches } from './technicals/batches.ts'
export {
  planColumns,
  SCANNER_TIMEFRAMES,
  type ColumnPlan,
  type ScannerTimeframe,
} from './technicals/columns.ts'
export { formatCoverage, type Coverage, type CoverageSubject } from './technicals/coverage.ts'
export { fetchTechnicals } from './technicals/fetch-technicals.ts'
export { type FetchOptions } from './technicals/options.ts'
export { type Outcome } from './technicals/outcome.ts'
export { type FetchEvent } from './technicals/progress.ts'
export { discardRows, type TechnicalsResult } from './technicals/result.ts'
export { type FetchFailure, type TechnicalsRow } from './technicals/standings.ts'
export { type FetchWarning, type WarningCode } from './technicals/warnings.ts'
