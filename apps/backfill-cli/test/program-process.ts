import { type ChildProcess, spawn } from 'node:child_process'
import { chown, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Place } from './store.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')

/** How a process ended. */
export interface EndedProcess {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A process that runs. */
export interface RunningProcess {
  readonly child: ChildProcess
  readonly ended: Promise<EndedProcess>
  /** Resolves when this text has been written to stderr, or the process has ended. */
  readonly said: (text: string) => Promise<void>
}

/** Starts the real `fs-backfill run`. */
export function startBackfill(
  place: Place,
  args: readonly string[],
  options: {
    /** A user without privileges to run as; only the superuser may give one. */
    readonly uid?: number
    /** Largest file it may write, in units of 1,024 bytes. */
    readonly largestFile?: number
  } = {},
): RunningProcess {
  const command = [
    process.execPath,
    '--conditions=@fs/source',
    MAIN,
    'run',
    '--lakehouse',
    place.lakehouse,
    '--runs',
    place.runs,
    ...args,
  ]
  const [file, ...rest] =
    options.largestFile === undefined
      ? command
      : ['bash', '-c', `ulimit -f ${options.largestFile}; exec "$@"`, 'bash', ...command]
  const child = spawn(file!, rest, {
    cwd: place.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = new Promise<EndedProcess>((resolved, rejected) => {
    child.on('error', rejected)
    child.on('close', (code, signal) => resolved({ code, signal, out, err }))
  })
  return {
    child,
    ended,
    said: async (text) => {
      const heard = new Promise<void>((resolved) => {
        const listen = () => {
          if (err.includes(text)) resolved()
        }
        child.stderr.on('data', listen)
        listen()
      })
      await Promise.race([heard, ended])
    },
  }
}

/** Runs it to its end. */
export async function backfillProcess(
  ...given: Parameters<typeof startBackfill>
): Promise<EndedProcess> {
  return await startBackfill(...given).ended
}

/** Gives a folder and all in it to a user. */
export async function giveTo(uid: number, folder: string): Promise<void> {
  await chown(folder, uid, uid)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chown(join(entry.parentPath, entry.name), uid, uid)
  }
}
