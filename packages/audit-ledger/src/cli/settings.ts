import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ReadArtefact } from '../artefacts.ts'
import { isObject } from '../entry.ts'
import { LedgerError } from '../errors.ts'
import { fileStore } from '../store-file.ts'
import type { LedgerStore } from '../store.ts'
import type { LedgerIo } from './io.ts'

/** Options that say where a ledger lies. */
export interface LocationOptions {
  readonly lakehouse?: string | undefined
  readonly ledger?: string | undefined
  readonly runs?: string | undefined
  readonly store?: string | undefined
}

/** Where a ledger lies, and the keys that belong to it. */
export interface Settings {
  readonly store: LedgerStore
  /** URI or path of the audit folder, for messages. */
  readonly place: string
  readonly readFile: ReadArtefact
  /** Texts of verifier keys from the configuration. */
  readonly verifierKeys: readonly string[]
  readSigningKey(): Promise<string | undefined>
}

interface ConfigFile {
  readonly lakehouse?: string
  readonly runs?: string
  readonly signingKeyFile?: string
  readonly verifierKeys: readonly string[]
}

/**
 * Finds the ledger: flag, then environment, then `fs.config.json`, then the default.
 *
 * @param io the process
 * @param options the flags
 * @returns store, keys and a reader of artefacts
 * @throws LedgerError `invalid_input` for settings that can never work
 */
export async function readSettings(io: LedgerIo, options: LocationOptions): Promise<Settings> {
  const { cwd, env } = io
  const config = await readConfigFile(cwd)
  const lakehouse = options.lakehouse ?? env['FS_LAKEHOUSE'] ?? config.lakehouse ?? 'data/lakehouse'
  const runs = options.runs ?? env['FS_RUNS'] ?? config.runs ?? 'data/runs'
  const place = options.ledger ?? joinUri(lakehouse, 'audit')
  const module = options.store ?? env['FS_LEDGER_STORE']
  const open = (uri: string): Promise<LedgerStore> => openStore(uri, module, cwd)
  const store = await open(place)
  const holder =
    options.ledger !== undefined && options.lakehouse === undefined
      ? place.replace(/\/[^/]+\/?$/, '')
      : lakehouse
  return {
    store,
    place,
    async readFile(uri) {
      const slash = uri.indexOf('/')
      const root = uri.slice(0, slash) === 'runs' ? runs : holder
      const path = uri.slice(slash + 1)
      const local = localPath(root, cwd)
      if (local === null) return (await open(root)).get(path)
      return (await isFile(join(local, path))) ? createReadStream(join(local, path)) : null
    },
    verifierKeys: config.verifierKeys,
    async readSigningKey() {
      const value = env['FS_LEDGER_SIGNING_KEY']
      if (value?.trim().startsWith('PRIVATE+KEY+')) return value
      const path = value ?? config.signingKeyFile
      return path === undefined || path === '' ? undefined : readKeyFile(resolve(cwd, path))
    },
  }
}

function joinUri(uri: string, name: string): string {
  return `${uri.replace(/\/+$/, '')}/${name}`
}

/** The path of a local folder; null for any other URI. */
function localPath(uri: string, cwd: string): string | null {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined) return resolve(cwd, uri)
  if (scheme !== 'file') return null
  try {
    return fileURLToPath(uri)
  } catch (cause) {
    throw new LedgerError('invalid_input', `${uri} names no local folder`, { cause })
  }
}

async function openStore(
  uri: string,
  module: string | undefined,
  cwd: string,
): Promise<LedgerStore> {
  if (module !== undefined) return (await loadOpener(module, cwd))(uri)
  const local = localPath(uri, cwd)
  if (local === null) {
    throw new LedgerError(
      'invalid_input',
      `cannot open ${uri}: only folders and file:// are built in. Nothing was read: give --store MODULE (or ` +
        'FS_LEDGER_STORE), a module whose openStore(uri) makes a store.',
    )
  }
  return fileStore(local)
}

async function loadOpener(
  module: string,
  cwd: string,
): Promise<(uri: string) => LedgerStore | Promise<LedgerStore>> {
  let loaded: Record<string, unknown>
  try {
    const path =
      isAbsolute(module) || (await isFile(resolve(cwd, module)))
        ? resolve(cwd, module)
        : createRequire(join(cwd, 'package.json')).resolve(module)
    loaded = (await import(pathToFileURL(path).href)) as Record<string, unknown>
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new LedgerError('invalid_input', `cannot load the store module ${module} (${detail})`, {
      cause,
    })
  }
  const opener = loaded['openStore']
  if (typeof opener !== 'function') {
    throw new LedgerError('invalid_input', `the store module ${module} exports no openStore(uri)`)
  }
  return opener as (uri: string) => LedgerStore | Promise<LedgerStore>
}

async function readConfigFile(cwd: string): Promise<ConfigFile> {
  const path = join(cwd, 'fs.config.json')
  if (!(await isFile(path))) return { verifierKeys: [] }
  const refuse = (what: string): never => {
    throw new LedgerError('invalid_input', `fs.config.json: ${what}. Nothing was read or written.`)
  }
  let config: unknown
  try {
    config = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
  if (!isObject(config)) return refuse('it must be an object')
  const { lakehouse, runs, ledger = {} } = config
  if (!isObject(ledger)) return refuse('ledger must be an object')
  const { signing_key_file: signingKeyFile, verifier_keys: verifierKeys = [], ...unknown } = ledger
  const [key] = Object.keys(unknown)
  if (key !== undefined) return refuse(`ledger has an unknown key ${key}`)
  for (const [name, value] of Object.entries({
    lakehouse,
    runs,
    'ledger.signing_key_file': signingKeyFile,
  })) {
    if (value !== undefined && typeof value !== 'string') return refuse(`${name} must be a text`)
  }
  if (!Array.isArray(verifierKeys) || !verifierKeys.every((each) => typeof each === 'string')) {
    return refuse('ledger.verifier_keys must be a list of texts')
  }
  return { lakehouse, runs, signingKeyFile, verifierKeys } as ConfigFile
}

async function readKeyFile(path: string): Promise<string> {
  let mode: number
  try {
    mode = (await stat(path)).mode
  } catch (cause) {
    throw new LedgerError('bad_key', `there is no signing key file ${path}`, { cause })
  }
  // Windows has no such bits; its file permissions are not seen here.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new LedgerError(
      'bad_key',
      `the signing key file ${path} can be read by others (mode ${(mode & 0o777).toString(8)}). Nothing was signed: ` +
        `chmod 600 ${path}`,
    )
  }
  return readFile(path, 'utf8')
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** Resolves a path of an argument. */
export function pathOf(io: LedgerIo, path: string): string {
  return resolve(io.cwd, path)
}
