import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listFiles, ROOT } from './repository.ts'

const MACHINE_PATH = /(^|[\s"'`(])\/(work|root|home)\//

test('no file names a path of somebody’s machine', () => {
  const faults: string[] = []
  let read = 0
  for (const path of listFiles()) {
    const bytes = readFileSync(join(ROOT, path))
    if (bytes.includes(0)) continue
    read += 1
    for (const [index, line] of bytes.toString('utf8').split('\n').entries()) {
      if (MACHINE_PATH.test(line)) faults.push(`${path}:${index + 1}: ${line.trim()}`)
    }
  }
  expect(faults).toEqual([])
  expect(read, 'files read').toBeGreaterThan(50)
})

test('such a path is found wherever it begins, and nothing else is', () => {
  const folders = ['work', 'root', 'home'].map((name) => `/${name}/`)
  for (const folder of folders) {
    for (const before of ['', ' ', '"', "'", '`', '(']) {
      expect(`${before}${folder}x`).toMatch(MACHINE_PATH)
    }
    expect(`src${folder}x`).not.toMatch(MACHINE_PATH)
    expect(`https://example.org${folder}x`).not.toMatch(MACHINE_PATH)
  }
})
