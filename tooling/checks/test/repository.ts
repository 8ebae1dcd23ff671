import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Root of the repository. */
export const ROOT: string = resolve(import.meta.dirname, '..', '..', '..')

/** A workspace package as its manifest and `turbo.json` describe it. */
export interface WorkspacePackage {
  readonly name: string
  /** Relative to the root, with forward slashes. */
  readonly folder: string
  readonly tags: readonly string[]
  /** Names of our own packages that its code may import. */
  readonly dependencies: ReadonlySet<string>
}

/** Lists the workspace packages that exist in a folder of the root. */
export function listPackages(parent: 'packages' | 'apps' | 'tooling'): WorkspacePackage[] {
  return globSync(`${parent}/*/package.json`, { cwd: ROOT })
    .map((path) => dirname(path).replaceAll('\\', '/'))
    .sort(compareText)
    .map((folder) => {
      const manifest = readJson(`${folder}/package.json`) as {
        name: string
        dependencies?: Record<string, string>
        optionalDependencies?: Record<string, string>
        peerDependencies?: Record<string, string>
      }
      const turbo = existsSync(join(ROOT, folder, 'turbo.json'))
        ? (readJson(`${folder}/turbo.json`) as { tags?: string[] })
        : {}
      const { dependencies, optionalDependencies, peerDependencies } = manifest
      const all = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
      return {
        name: manifest.name,
        folder,
        tags: turbo.tags ?? [],
        dependencies: new Set(all.filter((name) => name.startsWith('@fs/'))),
      }
    })
}

/** Lists the TypeScript sources of a package, relative to the root. */
export function listSources(folder: string): string[] {
  return globSync(`${folder}/src/**/*.ts`, { cwd: ROOT })
    .map((path) => path.replaceAll('\\', '/'))
    .sort(compareText)
}

/** Reads a text file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Reads a JSON file of the repository. */
function readJson(path: string): unknown {
  return JSON.parse(readText(path))
}

const BUILT = new Set(['.git', 'node_modules', 'dist', '.turbo', '.vitest', 'data', 'demo'])

/** Lists the files that are in version control or about to be; without git, all that are not built or installed. */
export function listFiles(): string[] {
  let paths: string[]
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 } as const
    paths = execFileSync('git', args, options).split('\0').filter(Boolean)
  } catch {
    paths = globSync('**/*', {
      cwd: ROOT,
      withFileTypes: true,
      exclude: (entry) => BUILT.has(entry.name),
    })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
  }
  // A deleted file stays listed until the deletion is staged.
  return [...new Set(paths)].filter((path) => existsSync(join(ROOT, path))).sort(compareText)
}

/** Takes the comments out of TypeScript, roughly: `//` inside a string ends the line too. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
}

/** Lists what a TypeScript source imports. */
export function importsOf(source: string): string[] {
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g
  return [...withoutComments(source).matchAll(pattern)].map(([, specifier]) => specifier!)
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
