import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../../..')
const PROGRAMS = { 'fs-ingest': 'ingest-cli', 'fs-backfill': 'backfill-cli' } as const

/** Says something to the person who watches. */
export function say(text: string): void {
  process.stdout.write(`\n${text}\n`)
}

/**
 * Types a command as a user would: shows it, runs the real program and shows what it prints, unless it is JSON.
 *
 * @returns what it printed on stdout
 * @throws Error when it does not end with 0
 */
export async function runStep(
  program: keyof typeof PROGRAMS,
  args: readonly string[],
): Promise<string> {
  const silent = args.includes('--json')
  process.stdout.write(`$ npm run ${program} -- ${args.join(' ')}\n`)
  const main = resolve(ROOT, 'apps', PROGRAMS[program], 'src/main.ts')
  const child = spawn(process.execPath, ['--conditions=@fs/source', main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
    if (!silent) process.stdout.write(chunk)
  })
  const code = await new Promise<number | null>((ended, failed) => {
    child.on('error', failed)
    child.on('close', ended)
  })
  if (code !== 0) throw new Error(`${program} ended with ${code}`)
  return printed
}
