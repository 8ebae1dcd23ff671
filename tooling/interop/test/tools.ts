import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const HERE = join(import.meta.dirname, '..')
const TOOLS = join(HERE, '.tools')

/** A tool that is there, or why it is not. */
export type Tool<Found> = { readonly found: Found } | { readonly missing: string }

/** Runs a Python script of this package; gives what it prints, parsed as JSON. */
export type Python = <Result>(script: string, ...args: readonly string[]) => Promise<Result>

const PYTHON_PACKAGES = ['pandas>=2.2,<4', 'pyarrow>=17', 'polars>=1.9,<3', 'deltalake>=1,<2']
const DUCKDB = '@duckdb/node-api@1.5.6-r.1'

/** Makes a virtual environment with the Python packages, unless it is there. */
export async function installPython(): Promise<Tool<Python>> {
  const home = join(TOOLS, 'python')
  const windows = process.platform === 'win32'
  const interpreter = windows ? join(home, 'Scripts/python.exe') : join(home, 'bin/python')
  const outcome = await once('python', PYTHON_PACKAGES.join(' '), async () => {
    await run(windows ? 'python' : 'python3', ['-m', 'venv', home])
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    await run(interpreter, [...pip, '--only-binary', ':all:', ...PYTHON_PACKAGES])
  })
  if (outcome !== undefined) return { missing: `Python: ${outcome}` }
  return {
    async found<Result>(script: string, ...args: readonly string[]): Promise<Result> {
      const file = join(HERE, 'python', script)
      const { stdout } = await run(
        interpreter,
        ['-B', '-W', 'error::FutureWarning', file, ...args],
        {
          maxBuffer: 2 ** 30,
          env: { ...process.env, PYTHONUTF8: '1' },
        },
      )
      return JSON.parse(stdout) as Result
    },
  }
}

/** What is used of DuckDB. */
export interface DuckDB {
  /** Runs SQL; gives the rows as columns, whole numbers as `bigint`. */
  query(sql: string): Promise<Record<string, unknown[]>>
}

interface DuckDBModule {
  readonly DuckDBInstance: {
    create(): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string): Promise<{ getColumnsObjectJS(): Record<string, unknown[]> }>
      }>
    }>
  }
}

/** Installs DuckDB from npm, unless it is there. */
export async function installDuckDB(): Promise<Tool<DuckDB>> {
  const home = join(TOOLS, 'npm')
  const outcome = await once('npm', DUCKDB, async () => {
    await mkdir(home, { recursive: true })
    await writeFile(join(home, 'package.json'), '{ "private": true }\n')
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    await run(npm, ['install', '--no-audit', '--no-fund', '--loglevel=error', DUCKDB], {
      cwd: home,
      shell: process.platform === 'win32',
    })
  })
  if (outcome !== undefined) return { missing: `DuckDB: ${outcome}` }
  const require = createRequire(join(home, 'package.json'))
  const { DuckDBInstance } = require('@duckdb/node-api') as DuckDBModule
  const connection = await (await DuckDBInstance.create()).connect()
  await connection.runAndReadAll("SET TimeZone = 'UTC'")
  return {
    found: { query: async (sql) => (await connection.runAndReadAll(sql)).getColumnsObjectJS() },
  }
}

/** Installs something unless the same was installed before; gives the reason when it cannot be. */
async function once(
  name: string,
  what: string,
  install: () => Promise<void>,
): Promise<string | undefined> {
  const mark = join(TOOLS, `${name}.installed`)
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === what) return undefined
  await mkdir(TOOLS, { recursive: true })
  try {
    await install()
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    const lines = (stderr?.trim() || String(error)).split('\n')
    return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1)!).slice(0, 200)
  }
  await writeFile(mark, what)
  return undefined
}
