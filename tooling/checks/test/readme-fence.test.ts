import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findFences } from './readme-fence.ts'
import { listPackages, readText, ROOT } from './repository.ts'

const INPUT_TYPES: Readonly<Record<string, string>> = {
  ts: 'module-typescript',
  typescript: 'module-typescript',
  js: 'module',
  javascript: 'module',
}

// The Node of this repository; the host's may be too old to run TypeScript.
const pinned = join(
  ROOT,
  'node_modules',
  '.bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
)
const node = existsSync(pinned) ? pinned : process.execPath

function run(folder: string, inputType: string, code: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(
      node,
      ['--conditions=@fs/source', `--input-type=${inputType}`, '-'],
      { cwd: join(ROOT, folder), timeout: 25_000 },
      (error, _stdout, stderr) => resolve(error ? stderr || error.message : ''),
    )
    child.stdin?.end(code)
  })
}

for (const { folder } of listPackages('packages')) {
  const readme = `${folder}/README.md`
  if (!existsSync(join(ROOT, readme))) {
    test.skip(`${folder} has no README.md`)
    continue
  }
  for (const { language, words, line, code } of findFences(readText(readme))) {
    const inputType = Object.hasOwn(INPUT_TYPES, language) ? INPUT_TYPES[language] : undefined
    if (inputType === undefined) continue
    if (words.includes('no-run')) test.skip(`the example at ${readme}:${line} is marked no-run`)
    else {
      test(`the example at ${readme}:${line} runs`, async () => {
        expect(await run(folder, inputType, code), 'what it said on stderr').toBe('')
      })
    }
  }
}

test('an example that throws, or does not compile, is found', async () => {
  expect(await run('.', 'module-typescript', "throw new Error('broken')")).toContain('broken')
  expect(await run('.', 'module-typescript', 'const = 1')).toContain('SyntaxError')
  expect(await run('.', 'module-typescript', 'const one: number = 1\nconsole.log(one)')).toBe('')
})

test('fences are found with their language, words, line and code', () => {
  const markdown = [
    'text',
    '```ts',
    'const a = 1',
    '```',
    '',
    '````md',
    '```js',
    '```',
    '````',
    '``` js no-run',
    'b',
  ].join('\n')
  expect(findFences(markdown)).toEqual([
    { language: 'ts', words: [], line: 2, code: 'const a = 1\n' },
    { language: 'md', words: [], line: 6, code: '```js\n```\n' },
    { language: 'js', words: ['no-run'], line: 10, code: 'b\n' },
  ])
})
