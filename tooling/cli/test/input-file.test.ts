import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readInputFile } from '../src/index.ts'

test('a file comes with its path and digest; a missing one is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fs-cli-'))
  await writeFile(join(folder, 'a.json'), 'abc')
  const options = { what: 'candidates file', cwd: folder }
  expect(await readInputFile('a.json', options)).toEqual({
    path: join(folder, 'a.json'),
    text: 'abc',
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  })
  await expect(readInputFile('b.json', options)).rejects.toMatchObject({
    code: 'missing_file',
    exitCode: 2,
    message: `the candidates file ${join(folder, 'b.json')} does not exist`,
  })
  await expect(readInputFile('.', options)).rejects.toMatchObject({
    code: 'unreadable_file',
    exitCode: 5,
  })
  await rm(folder, { recursive: true })
})
