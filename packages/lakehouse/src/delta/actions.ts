/** Which readers and writers may touch a table. */
export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  readonly readerFeatures?: readonly string[]
  readonly writerFeatures?: readonly string[]
}

/** What a table is: its columns, partitioning and settings. */
export interface MetaData {
  /** UUID of the table. */
  readonly id: string
  readonly name?: string
  readonly description?: string
  readonly format: {
    readonly provider: string
    readonly options?: Readonly<Record<string, string>>
  }
  /** Spark's StructType as JSON text, exactly as found. */
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration?: Readonly<Record<string, string | null>>
  /** Milliseconds since 1970 UTC. */
  readonly createdTime?: number
}

/** A data file that belongs to the table from this version on. */
export interface AddFile {
  /** Percent-encoded path relative to the table. */
  readonly path: string
  readonly partitionValues: Readonly<Record<string, string | null>>
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970 UTC. */
  readonly modificationTime: number
  /** False when the rows were in the table before, as after a compaction. */
  readonly dataChange: boolean
  /** Statistics as JSON text. */
  readonly stats?: string
  readonly tags?: Readonly<Record<string, string | null>>
  readonly deletionVector?: Readonly<Record<string, unknown>>
}

/** A data file that no longer belongs to the table from this version on. */
export interface RemoveFile {
  /** Percent-encoded path relative to the table. */
  readonly path: string
  /** Milliseconds since 1970 UTC. */
  readonly deletionTimestamp?: number
  readonly dataChange: boolean
  readonly extendedFileMetadata?: boolean
  readonly partitionValues?: Readonly<Record<string, string | null>>
  readonly size?: number
}

/** The mark of a run in a table: what makes writing it a second time a no-op. */
export interface Transaction {
  /** Run id. */
  readonly appId: string
  /** Number of the run's commit. */
  readonly version: number
  /** Milliseconds since 1970 UTC. */
  readonly lastUpdated?: number
}

/** What a writer notes about its commit; the protocol leaves its fields free, so each is checked where it is used. */
export type CommitInfo = Readonly<Record<string, unknown>>

/** One line of a commit. */
export type Action =
  | { readonly commitInfo: CommitInfo }
  | { readonly protocol: Protocol }
  | { readonly metaData: MetaData }
  | { readonly txn: Transaction }
  | { readonly remove: RemoveFile }
  | { readonly add: AddFile }

/** One version as its file holds it. */
export interface Commit {
  readonly version: number
  /** Last change of the file, milliseconds since 1970 UTC. */
  readonly modifiedMs: number
  /** In the order of the file. */
  readonly actions: readonly Action[]
}
