export {
  isLakehouseError,
  LakehouseError,
  type LakehouseErrorCode,
  type LakehouseEvidence,
} from './errors.ts'
export { openStore, type Store, type StoreEntry } from './store.ts'
export { fileStore, type FileSystem } from './store-file.ts'
