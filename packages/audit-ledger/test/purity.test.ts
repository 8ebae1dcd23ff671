import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '../src')
// Files and the surroundings are touched here and nowhere else; the command line is an edge as a whole.
const EDGES = ['file-digest.ts', 'main.ts', 'store-file.ts', 'surroundings.ts']

test('only the edges touch files, clock, randomness or the process; the rest hashes at most', () => {
  const faults: string[] = []
  const sources = globSync('*.ts', { cwd: src }).filter((name) => !EDGES.includes(name))
  for (const name of sources) {
    const text = readFileSync(join(src, name), 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      .replaceAll(/\/\/.*$/gm, '')
    const pattern =
      /'node:(?!crypto')\w+[^']*'|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bconsole\.|\bfetch\(|\bset(?:Timeout|Interval)\b/g
    for (const [what] of text.matchAll(pattern)) faults.push(`${name}: ${what}`)
  }
  expect(faults).toEqual([])
  expect(sources.length).toBeGreaterThan(15)
})

test('the package depends on nothing at run time', () => {
  const manifest = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as object
  expect(Object.keys(manifest)).not.toContain('dependencies')
  expect(Object.keys(manifest)).not.toContain('peerDependencies')
})
