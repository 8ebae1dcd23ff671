import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkTable, startWriter } from './writer-check.ts'

test('8 processes with 25 commits each: none is lost, and versions are contiguous', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fs-writers-'))
  try {
    const writers = Array.from({ length: 8 }, (_, index) => startWriter(folder, `w${index}`, 25))
    const acknowledged = (await Promise.all(writers.map((writer) => writer.ended))).flat()
    expect(acknowledged.length).toBe(200)
    const { versions, files } = await checkTable(folder, acknowledged)
    expect(versions).toBe(200)
    expect(files, 'files of plans that lost were removed').toBe(200)
    const attempts = acknowledged.reduce((sum, entry) => sum + entry.attempts, 0)
    expect(attempts, 'the writers did race').toBeGreaterThan(200)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
