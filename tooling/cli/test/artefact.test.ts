import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeArtefact } from '../src/index.ts'

test('an artefact replaces the one before as a whole, and nothing else remains', async () => {
  const root = await mkdtemp(join(tmpdir(), 'fs-cli-'))
  const path = join(root, 'r1', 'report.json')
  await writeArtefact(path, { rows: 1 })
  await writeArtefact(path, { rows: 2 })
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ rows: 2 })
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  await expect(writeArtefact(path, cyclic)).rejects.toThrow(TypeError)
  expect(JSON.parse(await readFile(path, 'utf8')), 'a failed write changes nothing').toEqual({
    rows: 2,
  })
  expect(await readdir(join(root, 'r1'))).toEqual(['report.json'])
  await rm(root, { recursive: true })
})
