import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './repository.ts'

/** Names the files of a fixture folder that are not what its `metadata.json` (`files: [{ file, sha256 }]`) says. */
function findFaults(folder: string): string[] {
  const metadata = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8')) as {
    files?: { file?: string; sha256?: string }[]
  }
  if (!Array.isArray(metadata.files)) return ['metadata.json has no list "files"']
  const faults: string[] = []
  const listed = new Set<string>()
  for (const [index, { file, sha256 }] of metadata.files.entries()) {
    if (typeof file !== 'string' || typeof sha256 !== 'string') {
      faults.push(`files[${index}] needs "file" and "sha256"`)
      continue
    }
    listed.add(file)
    const path = join(folder, file)
    if (!existsSync(path)) {
      faults.push(`${file} is absent`)
      continue
    }
    const actual = createHash('sha256').update(readFileSync(path)).digest('hex')
    if (actual !== sha256) faults.push(`${file} has the sha256 ${actual}`)
  }
  for (const entry of globSync('**/*', { cwd: folder, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll('\\', '/')
    if (file !== 'metadata.json' && !listed.has(file)) faults.push(`${file} is not listed`)
  }
  return faults
}

const folders = globSync('test-fixtures/*/', { cwd: ROOT }).map((path) => join(ROOT, path))

test.skipIf(folders.length > 0)('there are no fixtures', () => {
  expect(folders).toEqual([])
})

for (const folder of folders) {
  test(`the fixtures of ${basename(folder)} are what their metadata say`, () => {
    expect(findFaults(folder)).toEqual([])
  })
}

test('a changed, absent or unlisted fixture is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fixtures-'))
  try {
    const sha256 = createHash('sha256').update('good').digest('hex')
    const files = ['good', 'changed', 'absent'].map((file) => ({ file, sha256 }))
    writeFileSync(join(folder, 'metadata.json'), JSON.stringify({ files }))
    writeFileSync(join(folder, 'good'), 'good')
    writeFileSync(join(folder, 'changed'), 'bad')
    writeFileSync(join(folder, 'unlisted'), 'good')
    const changed = createHash('sha256').update('bad').digest('hex')
    expect(findFaults(folder)).toEqual([
      `changed has the sha256 ${changed}`,
      'absent is absent',
      'unlisted is not listed',
    ])
    writeFileSync(join(folder, 'metadata.json'), '{}')
    expect(findFaults(folder)).toEqual(['metadata.json has no list "files"'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
