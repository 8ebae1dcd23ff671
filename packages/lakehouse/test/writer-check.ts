import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { fileStats, fileStore, readSnapshot } from '../src/index.ts'

/** One line of a writer: a commit it was told is done. */
export interface Acknowledged {
  readonly run: string
  readonly version: number
  readonly attempts: number
}

/** Starts test/writer.ts as a process of its own. */
export function startWriter(
  folder: string,
  name: string,
  commits: number,
): { readonly child: ChildProcess; readonly ended: Promise<readonly Acknowledged[]> } {
  const script = fileURLToPath(new URL('writer.ts', import.meta.url))
  const child = spawn(process.execPath, [script, folder, name, String(commits)])
  let out = ''
  let problems = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()))
  const ended = new Promise<readonly Acknowledged[]>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') {
        reject(new Error(`writer ${name} ended with ${code ?? signal}: ${problems}`))
        return
      }
      const lines = out.split('\n').slice(0, -1)
      resolve(lines.map((line) => JSON.parse(line) as Acknowledged))
    })
  })
  return { child, ended }
}

/** Holds for every table that writers made: nothing acknowledged is lost, nothing is torn, no update overwrote another. */
export async function checkTable(
  folder: string,
  acknowledged: readonly Acknowledged[],
): Promise<{ readonly versions: number; readonly files: number }> {
  const store = fileStore(folder)
  const snapshot = await readSnapshot(store, 't')
  expect(snapshot.commits.map((commit) => commit.version)).toEqual(
    Array.from({ length: snapshot.version + 1 }, (_, version) => version),
  )
  expect(new Set(acknowledged.map((entry) => entry.version)).size).toBe(acknowledged.length)
  for (const { run, version } of acknowledged) {
    expect(snapshot.commits[version]?.runId, `version ${version} is what its writer was told`).toBe(
      run,
    )
    expect(snapshot.transactions.get(run)?.tableVersion).toBe(version)
  }
  expect(snapshot.files.length, 'each commit added one file').toBe(snapshot.version + 1)
  const numbers = snapshot.files
    .map(fileStats)
    .filter((stats) => stats.minValues?.['symbol'] === 'COUNTER')
    .map((stats) => stats.numRecords)
  expect(numbers, 'every update saw the one before it').toEqual(
    numbers.map((_, index) => index + 1),
  )
  const entries = (await store.list('t/')).filter((entry) => entry.path.endsWith('.parquet'))
  for (const { path } of entries) {
    const hash = createHash('sha256')
      .update(await store.get(path))
      .digest('hex')
    expect(`t/${hash}.parquet`, 'no file is torn').toBe(path)
  }
  const there = new Set(entries.map((entry) => entry.path))
  for (const file of snapshot.files) expect(there.has(`t/${file.path}`)).toBe(true)
  return { versions: snapshot.version + 1, files: entries.length }
}
