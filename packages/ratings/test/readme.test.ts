import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

for (const page of ['README.md', 'CONTRIBUTING.md']) {
  const fences = [...readFileSync(resolve(root, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)]

  test.concurrent.for(fences.map(([, code], index) => ({ code: code!, number: index + 1 })))(
    `example $number of ${page} runs and prints what it says`,
    async ({ code }) => {
      const child = run(
        process.execPath,
        ['--conditions=@fs/source', '--input-type=module-typescript', '-'],
        { cwd: root },
      )
      child.child.stdin!.end(code)
      const { stdout } = await child
      // A line that prints says what it prints in a comment behind it.
      const promised = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text)
      expect(stdout.trimEnd().split('\n')).toEqual(promised)
    },
  )
}
