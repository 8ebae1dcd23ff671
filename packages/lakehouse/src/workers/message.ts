import { LakehouseError, type LakehouseErrorCode } from '../errors.ts'

/** What a thread is asked to do. */
export interface WorkerRequest {
  readonly module: string
  readonly name: string
  readonly args: unknown
}

/** An error as plain data. */
export interface ErrorMessage {
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
  readonly code?: string | undefined
  readonly evidence?: Readonly<Record<string, unknown>> | undefined
}

/** What a thread answers; `retire` asks for its replacement. */
export type WorkerResponse = { readonly retire: boolean } & (
  | { readonly result: unknown }
  | { readonly error: ErrorMessage }
)

/** Turns a thrown value into plain data that crosses to another thread. */
export function toMessage(error: unknown): ErrorMessage {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack } = error
  if (!(error instanceof LakehouseError)) return { name, message, stack }
  return { name, message, stack, code: error.code, evidence: error.evidence }
}

/** Turns it back into an error of the same kind. */
export function fromMessage({ name, message, stack, code, evidence }: ErrorMessage): Error {
  const error =
    code !== undefined
      ? new LakehouseError(code as LakehouseErrorCode, message, { evidence: evidence ?? {} })
      : name === 'RangeError'
        ? new RangeError(message)
        : new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}

/** Collects the memory blocks inside plain data, so that they move to the other thread instead of being copied. */
export function transferList(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const visit = (item: unknown): void => {
    if (item === null || typeof item !== 'object') return
    if (ArrayBuffer.isView(item)) {
      if (item.buffer instanceof ArrayBuffer) found.add(item.buffer)
    } else if (Array.isArray(item)) {
      // Text columns are long lists of strings; there is nothing in them to move.
      if (typeof item[0] === 'object') for (const element of item) visit(element)
    } else if (item instanceof Map) {
      for (const element of item.values()) visit(element)
    } else {
      for (const element of Object.values(item)) visit(element)
    }
  }
  visit(value)
  return [...found]
}
