import { fileURLToPath } from 'node:url'
import { LakehouseError } from './errors.ts'
import { fileStore } from './store-file.ts'

/** One file of a store. */
export interface StoreEntry {
  /** Forward-slash path relative to the store. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Last change, milliseconds since 1970 UTC. */
  readonly modifiedMs: number
}

/**
 * All the input and output of a lakehouse: whole files under forward-slash paths relative to one place.
 *
 * A file appears whole or not at all, and is durable once a write has resolved. Every method rejects with a
 * `LakehouseError`: `invalid_input` for a path that leaves the store, `io_error` where the outcome is unknown.
 */
export interface Store {
  /** Where the store lies, as a URI (`file:///…`). */
  readonly uri: string
  /** Reads a whole file; `not_found` when there is none. */
  get(path: string): Promise<Uint8Array>
  /** Reads bytes `start` to `end` (exclusive); `not_found`, or `corrupt_file` when the file ends earlier. */
  getRange(path: string, start: number, end: number): Promise<Uint8Array>
  /** Describes a file, or null when there is none. */
  head(path: string): Promise<{ readonly size: number; readonly modifiedMs: number } | null>
  /** Writes a file, replacing atomically what was there. */
  put(path: string, bytes: Uint8Array): Promise<void>
  /** Writes a file under a free name; false when the name was taken, whoever took it. */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>
  /**
   * Lists every file whose path starts with `prefix`, at any depth, in code-unit order of the paths, leaving out
   * temporary files. With `after`, only paths greater than it: a long log is then not described from its start.
   */
  list(prefix: string, options?: { readonly after?: string }): Promise<readonly StoreEntry[]>
  /** Lists what writers that died left behind; a store that needs no temporary files has none. */
  listTemporary(prefix: string): Promise<readonly StoreEntry[]>
  /** Removes a file; a missing one is no error. */
  remove(path: string): Promise<void>
}

/**
 * Opens the store at a place. Nothing is read or created yet.
 *
 * @param uri a path of a local folder, or a `file://` URI
 * @returns the store
 * @throws LakehouseError `unsupported_option` for any other kind of URI, `invalid_input` for an empty one
 */
export function openStore(uri: string): Store {
  if (uri === '') throw new LakehouseError('invalid_input', 'the URI of a store must not be empty')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined) return fileStore(uri)
  if (scheme === 'file') return fileStore(localFolder(uri))
  throw new LakehouseError(
    'unsupported_option',
    `cannot open ${uri}: only local folders and file:// are available. Nothing was read or written.`,
    { evidence: { file: uri, scheme } },
  )
}

function localFolder(uri: string): string {
  try {
    return fileURLToPath(uri)
  } catch (cause) {
    throw new LakehouseError('invalid_input', `${uri} does not name a local folder`, {
      cause,
      evidence: { file: uri },
    })
  }
}
