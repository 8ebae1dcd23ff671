import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// Exact versions, installed beside the workspace: nobody who tests or uses the packages has to download them.
const PEERS = {
  '@ixjb94/indicators': '1.2.4',
  talib: '1.1.6',
  technicalindicators: '3.1.0',
  'trading-signals': '8.3.0',
}

/** A library that is measured against. */
export type PeerName = keyof typeof PEERS

const folder = resolve(import.meta.dirname, '../.peers')

/**
 * Installs the libraries with npm into the ignored folder `.peers`, unless they are there. No install script runs: of `talib` only
 * the C source is wanted.
 *
 * @returns the folder
 */
export function installPeers(): string {
  const complete = (Object.keys(PEERS) as PeerName[]).every(
    (name) => existsSync(manifest(name)) && peerVersion(name) === PEERS[name],
  )
  if (complete) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: PEERS }, undefined, 2),
  )
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return folder
}

function manifest(name: PeerName): string {
  return join(folder, 'node_modules', name, 'package.json')
}

/** Reads the installed version of a library. */
export function peerVersion(name: PeerName): string {
  return (JSON.parse(readFileSync(manifest(name), 'utf8')) as { version: string }).version
}

/** Imports an installed library; its types are stated where it is used. */
export async function importPeer<Module>(name: PeerName, entry: string): Promise<Module> {
  const file = join(folder, 'node_modules', name, entry)
  return (await import(pathToFileURL(file).href)) as Module
}
