import { isBuiltin } from 'node:module'
import { dirname, posix } from 'node:path'
import { expect, test } from 'vitest'
import {
  importsOf,
  listPackages,
  listSources,
  readText,
  withoutComments,
  type WorkspacePackage,
} from './repository.ts'

/** The layer of each package, by the architecture. A seventh package needs a decision record, and a line here. */
const LAYERS: Readonly<Record<string, string>> = {
  '@fs/ratings': 'core',
  '@fs/audit-ledger': 'core',
  '@fs/tv-client': 'component',
  '@fs/lakehouse': 'component',
  '@fs/validator': 'component',
  '@fs/backtest': 'component',
}
const PURE = ['@fs/ratings', '@fs/validator', '@fs/backtest']

const packages = listPackages('packages')
const apps = listPackages('apps')
const tooling = listPackages('tooling')
const tagsOf = new Map([...packages, ...apps, ...tooling].map(({ name, tags }) => [name, tags]))

/** Names the edges from a package to others that its layer must not have. */
function forbiddenEdges(
  { name, tags }: WorkspacePackage,
  targets: Iterable<string>,
  tagsOfTarget: ReadonlyMap<string, readonly string[]>,
): string[] {
  const allowed: Readonly<Record<string, readonly string[]>> = {
    core: [],
    component: ['core'],
    app: ['core', 'component', 'frame'],
    frame: ['core', 'component', 'frame'],
  }
  return [...targets].flatMap((target) => {
    const layers = tagsOfTarget.get(target) ?? []
    const isAllowed =
      layers.length > 0 &&
      layers.every((layer) => tags.every((tag) => allowed[tag]?.includes(layer)))
    return isAllowed
      ? []
      : [`${name} (${tags.join()}) -> ${target} (${layers.join() || 'unknown'})`]
  })
}

test('every package has the layer that the architecture gives it', () => {
  for (const { name, folder, tags } of packages) {
    expect(tags, `tags of ${folder}/turbo.json`).toEqual([LAYERS[name]])
  }
  for (const { folder, tags } of apps) expect(tags, `tags of ${folder}/turbo.json`).toEqual(['app'])
  for (const { folder, tags } of tooling) {
    expect(tags, `tags of ${folder}/turbo.json`).toEqual(['frame'])
  }
})

for (const entry of [...packages, ...apps, ...tooling]) {
  test(`${entry.name} depends on layers below it only`, () => {
    expect(forbiddenEdges(entry, entry.dependencies, tagsOf)).toEqual([])
  })

  test(`the sources of ${entry.name} import what it depends on, and nothing outside its src by path`, () => {
    const faults: string[] = []
    for (const source of listSources(entry.folder)) {
      for (const specifier of importsOf(readText(source))) {
        const [scope, base] = specifier.split('/')
        const isOurs = scope === '@fs' && !entry.dependencies.has(`${scope}/${base}`)
        const target = posix.join(dirname(source), specifier)
        const leaves = specifier.startsWith('.') && !target.startsWith(`${entry.folder}/src/`)
        if (isOurs || leaves) faults.push(`${source} imports ${specifier}`)
      }
    }
    expect(faults).toEqual([])
  })
}

for (const name of PURE) {
  const entry = packages.find((each) => each.name === name)
  test.skipIf(!entry)(`${name} is pure${entry ? '' : ' (not there yet)'}`, () => {
    const faults = listSources(entry!.folder).flatMap((source) => {
      const text = readText(source)
      const modules = importsOf(text).filter((specifier) => isBuiltin(specifier))
      return [...modules, ...findImpure(text)].map((what) => `${source} uses ${what}`)
    })
    expect(faults).toEqual([])
  })
}

/** Names the clocks, randomness and surroundings that a source reads. */
function findImpure(source: string): string[] {
  const pattern =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bglobalThis\b|\bprocess\.|\bconsole\.|\bfetch\(/g
  return [...withoutComments(source).matchAll(pattern)].map(([what]) => what)
}

test('the rules find what they are for', () => {
  const tags = new Map([
    ['@fs/a', ['core']],
    ['@fs/b', ['component']],
    ['@fs/c', ['app']],
    ['@fs/d', ['frame']],
  ])
  const edges = (tag: string, target: string): number =>
    forbiddenEdges(
      { name: '@fs/x', folder: 'x', tags: [tag], dependencies: new Set() },
      [target],
      tags,
    ).length
  const targets = [...tags.keys(), '@fs/unknown']
  expect(targets.map((target) => edges('core', target))).toEqual([1, 1, 1, 1, 1])
  expect(targets.map((target) => edges('component', target))).toEqual([0, 1, 1, 1, 1])
  expect(targets.map((target) => edges('app', target))).toEqual([0, 0, 1, 0, 1])
  expect(
    importsOf("import a from 'node:fs'\nexport { b } from './b.ts'\nawait import('fs')"),
  ).toEqual(['node:fs', './b.ts', 'fs'])
  expect(importsOf("// import a from 'x'\n/* from 'y' */ import 'z'")).toEqual(['z'])
  expect(findImpure('const now = Date.now() + new Date().getTime() // console.log')).toEqual([
    'Date.now',
    'new Date()',
  ])
  expect(findImpure('const day = new Date(timestamp)')).toEqual([])
})
