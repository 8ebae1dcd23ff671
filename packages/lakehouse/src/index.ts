export {
  isLakehouseError,
  LakehouseError,
  type LakehouseErrorCode,
  type LakehouseEvidence,
} from './errors.ts'
export { openStore, type Store, type StoreEntry } from './store.ts'
export { fileStore, type FileSystem } from './store-file.ts'
export type {
  Action,
  AddFile,
  Commit,
  CommitInfo,
  MetaData,
  Protocol,
  RemoveFile,
  Transaction,
} from './delta/actions.ts'
export { type CheckpointFile, type Checkpoints, createCheckpoints } from './delta/checkpoint.ts'
export {
  commitActions,
  type CommitOptions,
  type CommitResult,
  type Planning,
} from './delta/commit.ts'
export { formatActions, parseActions } from './delta/commit-file.ts'
export { judge, type Operation, type Verdict } from './delta/conflict.ts'
export type { Compaction, CompactOptions } from './compact.ts'
export { type CompactionGroup, type IndexedFile, planCompaction } from './plan-compaction.ts'
export type { IndexedRun } from './row-index.ts'
export { checkpointPath, commitPath, decodePath, encodePath } from './delta/layout.ts'
export { fileLifespans, type FileLifespan } from './delta/lifespan.ts'
export {
  listLog,
  type LogFile,
  type LogListing,
  readCommits,
  type ReadOptions,
  readSnapshot,
  tableExists,
  versionAt,
} from './delta/log.ts'
export { schemaFields, type SchemaField } from './delta/metadata.ts'
export { explainMissingFile } from './delta/missing-file.ts'
export type { Plan } from './delta/plan.ts'
export { PROTOCOL } from './delta/protocol.ts'
export {
  type AppliedTransaction,
  type CommitSummary,
  foldCommits,
  type Snapshot,
} from './delta/snapshot.ts'
export {
  compareCodePoints,
  type FileStats,
  fileStats,
  formatStats,
  mayHoldSymbols,
} from './delta/stats.ts'
export { openLakehouse, type Lakehouse, type LakehouseOptions } from './lakehouse.ts'
export type {
  GroupCommit,
  GroupResult,
  LakehouseEvent,
  ScanOptions,
  Table,
  UpsertOptions,
  UpsertResult,
} from './table.ts'
export type {
  AsOfReport,
  AsOfResult,
  HistoryOptions,
  LatestOptions,
  LatestResult,
  PointInTimeReads,
  UniverseOptions,
} from './as-of.ts'
export type { AsOfOptions } from './as-of-options.ts'
export {
  carryFrom,
  type KeyAnswers,
  type KeyRows,
  pickRows,
  type PickRule,
  prepareAnswers,
} from './pick-rows.ts'
export type { Spine, SpineColumn, SpineRow } from './spine.ts'
export type { TiedRow } from './workers/pick-tasks.ts'
export type { ColumnType, TableColumn, TableSchema } from './schema.ts'
export {
  concatRows,
  type Column,
  type Columns,
  numbers,
  rowCount,
  sliceRows,
  symbolRuns,
  takeRows,
  texts,
} from './columns.ts'
export { type Merge, type MergeCounts, type MergeOptions, mergeRows } from './merge-rows.ts'
export { sortRows } from './sort-rows.ts'
export { SYMBOLS_PER_FILE } from './symbol-batches.ts'
export { cutSymbols } from './symbol-groups.ts'
export type { PlannedFile, ReadPlan } from './read-plan.ts'
export type { WorkerContext, WriteTarget, WrittenFile } from './workers/context.ts'
export type { WorkerPool } from './workers/pool.ts'
export type { ForeignFile } from './workers/tasks.ts'
export {
  type CellList,
  checkMatrixOrigin,
  copyMatrix,
  describeMatrix,
  type Matrix,
  type MatrixDescription,
  type MatrixSummary,
  type MatrixUpsert,
  readMatrix,
  upsertMatrix,
  type WrittenMatrix,
} from './matrix/matrix.ts'
export { formatColumnName, type MatrixColumnKey, parseColumnName } from './matrix/column-name.ts'
export type { MatrixSymbol } from './matrix/matrix-file.ts'
export {
  planVacuum,
  type VacuumInput,
  type VacuumOptions,
  type VacuumPlan,
  vacuumTable,
} from './delta/vacuum.ts'
