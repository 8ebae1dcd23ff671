import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../../../apps/backfill-cli/src/main.ts')

/** A finished run of the real program. */
export interface BackfillRun {
  /** From its first look at the store to the swapped matrix, as the program reports it. */
  readonly seconds: number
  readonly symbols: number
  /** Path of the matrix. */
  readonly matrix: string
  /** Largest resident size that was seen; 0 where the system does not tell. */
  readonly peakBytes: number
}

/** Runs `fs-backfill run --all` into a table and a matrix of its own, so that every round starts from bars alone. */
export async function runBackfill(options: {
  readonly lakehouse: string
  readonly folder: string
  readonly name: string
  readonly workers: number
}): Promise<BackfillRun> {
  const matrix = join(options.folder, 'features_matrix.parquet')
  const child = spawn(
    process.execPath,
    [
      // As the root script `fs-backfill` starts it.
      '--single-threaded-gc',
      '--conditions=@fs/source',
      MAIN,
      'run',
      '--all',
      '--json',
      '--quiet',
      `--lakehouse=${options.lakehouse}`,
      `--runs=${join(options.folder, 'runs')}`,
      `--table=features/${options.name}`,
      `--output=${matrix}`,
      `--workers=${options.workers}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  let peakBytes = 0
  const watch = setInterval(() => {
    void peakOf(child.pid).then((bytes) => (peakBytes = Math.max(peakBytes, bytes)))
  }, 20)
  const code = await new Promise<number | null>((ended) => child.on('close', ended))
  clearInterval(watch)
  if (code !== 0) throw new Error(`fs-backfill ended with ${code}`)
  const report = JSON.parse(printed) as { seconds: number; symbols: unknown[] }
  return { seconds: report.seconds, symbols: report.symbols.length, matrix, peakBytes }
}

// Linux keeps the high-water mark of every process; other systems give no such file.
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}
