/**
 * All the input and output of a ledger: whole files under names relative to the audit folder, with `/` between parts.
 *
 * Anything that can create a name only when it is free can be one: a folder (`fileStore`), object storage with
 * conditional writes.
 */
export interface LedgerStore {
  /**
   * Lists the files directly in a folder.
   *
   * @param folder `ledger` or `checkpoints`
   * @param after only names behind this one
   * @returns names with their folder, ascending by code unit, without those that begin with a dot; an absent folder
   * has none
   */
  list(folder: string, after?: string): Promise<string[]>
  /** Reads a whole file, or null when there is none of that name. */
  get(name: string): Promise<Uint8Array | null>
  /**
   * Creates a file, whole or not at all, durable once the promise is fulfilled.
   *
   * @returns false when the name is taken, whoever took it
   */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean>
  /** Removes a file; a missing one is no error. */
  delete(name: string): Promise<void>
}
