import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// Installed beside the workspace: nobody who tests or uses the packages has to download it.
const PACKAGE = '@duckdb/node-api'
const folder = resolve(import.meta.dirname, '../.peers')

/** The part of DuckDB's API that is used here. */
export interface Connection {
  run(sql: string): Promise<unknown>
  runAndReadAll(sql: string): Promise<{
    getColumnsObjectJS(): Record<string, (number | bigint | string | null)[]>
  }>
}

interface DuckdbModule {
  readonly DuckDBInstance: {
    create(path: string): Promise<{ connect(): Promise<Connection> }>
  }
}

/** Installs DuckDB with npm into the ignored folder `.peers` unless it is there, and opens an empty database. */
export async function openDuckdb(
  threads: number,
): Promise<{ connection: Connection; version: string }> {
  const installed = join(folder, 'node_modules', PACKAGE)
  if (!existsSync(installed)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', PACKAGE], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  }
  const { version, main } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    version: string
    main: string
  }
  const { DuckDBInstance } = (await import(
    pathToFileURL(join(installed, main)).href
  )) as DuckdbModule
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(`SET threads = ${threads}`)
  return { connection, version }
}
