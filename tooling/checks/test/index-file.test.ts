import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listPackages, readText, ROOT, withoutComments } from './repository.ts'

const RE_EXPORT = /^\s*export (?:type )?\{[^{}*]*\} from '\.\/[^']+\.ts';?/

/** Gives what is left of an index file once its explicit re-exports are taken away. */
function otherStatements(source: string): string {
  let rest = withoutComments(source)
  while (RE_EXPORT.test(rest)) rest = rest.replace(RE_EXPORT, '')
  return rest.trim()
}

for (const { folder } of [...listPackages('packages'), ...listPackages('tooling')]) {
  const index = `${folder}/src/index.ts`
  if (!existsSync(join(ROOT, index))) continue
  test(`${index} holds nothing but explicit re-exports`, () => {
    expect(otherStatements(readText(index))).toBe('')
  })
}

test('anything but an explicit re-export is found', () => {
  expect(
    otherStatements("export { a, type B } from './a.ts'\nexport type { C } from './c.ts'\n"),
  ).toBe('')
  for (const statement of [
    "export * from './a.ts'",
    "export * as a from './a.ts'",
    'export const a = 1',
    "import './a.ts'",
    "export { a } from 'elsewhere'",
  ]) {
    expect(otherStatements(`export { b } from './b.ts'\n${statement}\n`)).toBe(statement)
  }
})
