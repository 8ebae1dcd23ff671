import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MemoryStore } from './memory-store.ts'

/** Writes what a store in memory holds into an audit folder. */
export async function writeFolder(folder: string, { files }: MemoryStore): Promise<void> {
  for (const [name, bytes] of files) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
}
