import * as fs from 'node:fs/promises'
import type { FileSystem } from '../src/index.ts'

/**
 * What happens at the chosen call: it fails without effect, a write takes only half of its bytes, the call has its
 * effect but fails, or the process is as good as dead from there on, a write half done.
 */
export type FileSystemFault = 'fail' | 'short' | 'lose-reply' | 'die'

type Call = (...args: readonly unknown[]) => Promise<unknown>

const FOLDER_CALLS = [
  'link',
  'mkdir',
  'open',
  'readdir',
  'readFile',
  'rename',
  'stat',
  'unlink',
] as const
const HANDLE_CALLS = ['write', 'sync', 'read'] as const

/** The calls of `node:fs/promises` with the n-th one (from 1) going wrong; `calls` counts them. */
export function faultFileSystem(
  fault: FileSystemFault,
  at: number,
): FileSystem & { readonly calls: number } {
  let calls = 0
  const wrap = (name: string, call: Call): Call => {
    return async (...args) => {
      const count = ++calls
      const halves = name === 'write' && count === at && (fault === 'short' || fault === 'die')
      if (halves) {
        const [bytes, offset, length, position] = args as [Uint8Array, number, number, number]
        const result = await call(bytes, offset, Math.ceil(length / 2), position)
        if (fault === 'short') return result
      }
      if (count === at && fault === 'lose-reply') await drop(await call(...args))
      const fails = fault !== 'short' && (count === at || (count > at && fault === 'die'))
      if (!fails) return watch(await call(...args))
      throw Object.assign(new Error(`EIO: ${name}, call ${count}, was made to fail`), {
        code: 'EIO',
      })
    }
  }
  const wrapAll = (target: object, names: readonly string[]): Record<string, Call> =>
    Object.fromEntries(
      names.map((name) => {
        const call = (target as Record<string, Call>)[name]!
        return [name, wrap(name, call.bind(target))]
      }),
    )
  const watch = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'sync' in value
      ? Object.assign(value, wrapAll(value, HANDLE_CALLS))
      : value
  return {
    get calls(): number {
      return calls
    },
    ...(wrapAll(fs, FOLDER_CALLS) as unknown as FileSystem),
  }
}

// The caller never gets it, so nobody else would close it.
async function drop(value: unknown): Promise<void> {
  if (typeof value === 'object' && value !== null && 'sync' in value)
    await (value as fs.FileHandle).close()
}
