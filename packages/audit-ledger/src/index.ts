export { digestFile, type FileDigest } from './file-digest.ts'
export { digestTable, type DigestColumn } from './table-digest.ts'
export { canonicalize, parseCanonical, type Json } from './canonical-json.ts'
export { type MissingArtefact, type ReadArtefact } from './artefacts.ts'
export {
  formatCheckpoint,
  parseCheckpoint,
  type CheckpointBody,
  type CheckpointResult,
} from './checkpoint.ts'
export { type DanglingIntent, type UnknownType } from './completeness.ts'
export { entries } from './entries.ts'
export { type Actor, type ArtefactRef, type LedgerEntry, type LedgerRecord } from './entry.ts'
export {
  LedgerError,
  type Finding,
  type FindingCode,
  type LedgerErrorCode,
  type LedgerExit,
} from './errors.ts'
export { openLedger, type Appendable, type Ledger, type LedgerOptions } from './ledger.ts'
export { openNote, signNote, type Note, type NoteSignature } from './note.ts'
export { type SignatureState, type Tail } from './pins.ts'
export { STEPS, type AppendInput } from './record-check.ts'
export { fileStore, type LedgerFileSystem } from './store-file.ts'
export { type LedgerStore } from './store.ts'
export { verifyLedger, verifyStream, type VerifyOptions, type VerifyReport } from './verify.ts'
export {
  foldState,
  type GrantStanding,
  type GrantState,
  type LedgerState,
  type PromotionState,
  type RollbackState,
  type RunState,
  type StateOptions,
} from './state.ts'
