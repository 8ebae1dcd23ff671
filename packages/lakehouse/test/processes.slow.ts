import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { numbers, openLakehouse, texts } from '../src/index.ts'
import { linesOf } from './bars.ts'
import { collect, temporaryFolder } from './temporary-lake.ts'

const WRITERS = 8
const COMMITS = 5

test('eight processes import overlapping symbols at once: no row is lost, none is there twice', async () => {
  const folder = await temporaryFolder()
  const script = join(import.meta.dirname, 'upsert-process.ts')
  const outputs = await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) =>
      promisify(execFile)(process.execPath, [
        '--conditions=@fs/source',
        script,
        folder,
        String(writer),
        String(COMMITS),
      ]),
    ),
  )
  const lake = openLakehouse(folder, { workers: 1 })
  const table = lake.table('bars_1d')
  const rows = await collect(table)
  const versions = await table.versions()
  await lake.close()

  const keys = linesOf(rows, ['symbol', 'timestamp', 'known_at'])
  expect(new Set(keys).size, 'keys are unique').toBe(keys.length)
  const own = linesOf(rows, ['symbol', 'timestamp', 'close']).filter((line) =>
    line.startsWith('OWN'),
  )
  expect(own).toEqual(
    Array.from({ length: WRITERS }, (_, writer) =>
      Array.from({ length: COMMITS }, (__, commit) => `OWN:${writer} ${commit * 60} ${commit}`),
    ).flat(),
  )
  const same = linesOf(rows, ['symbol', 'timestamp', 'close']).filter((line) =>
    line.startsWith('SAME'),
  )
  expect(same, 'what all agree on is there once').toEqual(
    Array.from({ length: COMMITS }, (_, commit) => `SAME ${commit * 60} ${commit}`),
  )
  // Every writer's value of the shared bar is in the history, each once.
  const symbols = texts(rows, 'symbol')
  for (let commit = 0; commit < COMMITS; commit++) {
    const told: number[] = []
    symbols.forEach((symbol, row) => {
      if (symbol === 'SHARED' && numbers(rows, 'timestamp')[row] === commit * 60) {
        told.push(numbers(rows, 'close')[row]!)
      }
    })
    expect(told.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: WRITERS }, (_, writer) => writer),
    )
  }
  // Every commit that was acknowledged is a version of that run.
  for (const [writer, { stdout }] of outputs.entries()) {
    const acknowledged = stdout
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]))
    expect(acknowledged.length).toBe(COMMITS)
    for (const version of acknowledged) expect(versions[version]!.runId).toBe(`writer-${writer}`)
  }
  expect(versions.length).toBe(WRITERS * COMMITS)
})
