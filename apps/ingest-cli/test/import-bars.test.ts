import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLakehouse, type Lakehouse } from '@fs/lakehouse'
import { expect, test } from 'vitest'
import { findBarFiles } from '../src/find-bar-files.ts'
import { importBars } from '../src/import-bars.ts'

const utc = (text: string) => Date.parse(text) / 1000

test('a registry that fails leaves the bars in, says so, and is completed by the same import again', async () => {
  const root = await mkdtemp(join(tmpdir(), 'fs-import-'))
  await writeFile(join(root, 'NASDAQ_AAPL.csv'), 'date,high,low,close\n2024-01-29,12,9,11\n')
  const lake = openLakehouse(join(root, 'lake'), { workers: 1 })
  const broken: Lakehouse = {
    ...lake,
    table: (name, options) => {
      const table = lake.table(name, options)
      const refuse = () =>
        Promise.reject(Object.assign(new Error('others always won'), { code: 'commit_contention' }))
      return name === 'symbols' ? { ...table, upsertSymbols: refuse } : table
    },
  }
  const { files } = await findBarFiles(root)
  const run = (on: Lakehouse) =>
    importBars(on, files, {
      runId: 'r1',
      knownAt: { from: 'close', delaySeconds: 0 },
      now: utc('2024-02-01'),
      signal: new AbortController().signal,
    })
  try {
    await expect(run(broken)).rejects.toMatchObject({
      code: 'commit_contention',
      exitCode: 5,
      unchanged: expect.stringContaining('The bars are in'),
    })
    expect(await run(lake)).toMatchObject({
      version: null,
      symbols: [{ symbol: 'NASDAQ:AAPL', imported: 0, unchanged: 1 }],
      registry: { version: 0, opened: 1 },
    })
  } finally {
    await lake.close()
    await rm(root, { recursive: true })
  }
})
