import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { numbers, readMatrix, texts } from '../src/index.ts'
import { linesOf } from './bars.ts'
import { collect, temporaryLake } from './temporary-lake.ts'

// Two processes a round, so 60 are killed; the log alone is put to that test 200 times, in `kill.slow.ts`.
const ROUNDS = 30
const ROUNDS_PER_STORE = 10

test('processes that are killed at any moment lose nothing they acknowledged and leave nothing torn', async () => {
  let acknowledged = 0
  for (let round = 0; round < ROUNDS;) {
    const lake = await temporaryLake()
    const folder = lake.store.uri.slice('file://'.length)
    const promised = new Map<string, { steps: number[] }>()
    for (let i = 0; i < ROUNDS_PER_STORE; i++, round++) {
      await Promise.all(
        ['a', 'b'].map(async (name) => {
          const writer = `${name}${round}`
          const { lines } = await killed(folder, writer, Math.random() * 800)
          const steps = lines.flatMap(([what, step]) => (what === 'table' ? [Number(step)] : []))
          acknowledged += steps.length
          promised.set(`OWN:${writer}`, { steps })
        }),
      )
      await checkTable(lake, promised)
      await checkMatrix(lake, folder)
    }
  }
  expect(acknowledged).toBeGreaterThan(ROUNDS / 4)
})

async function killed(
  folder: string,
  writer: string,
  afterMs: number,
): Promise<{ lines: string[][] }> {
  const script = join(import.meta.dirname, 'endless-writer.ts')
  const child = spawn(process.execPath, ['--conditions=@fs/source', script, folder, writer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const ended = once(child, 'close')
  await once(child.stdout, 'data')
  await delay(afterMs)
  expect(child.exitCode, 'it ran until it was killed').toBe(null)
  child.kill('SIGKILL')
  await ended
  // A last line without its end was not acknowledged.
  return {
    lines: output
      .join('')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ')),
  }
}

async function checkTable(
  lake: Awaited<ReturnType<typeof temporaryLake>>,
  promised: ReadonlyMap<string, { readonly steps: readonly number[] }>,
): Promise<void> {
  const table = lake.table('bars_1d')
  const snapshot = await table.state()
  if (snapshot === null) return
  const rows = await collect(table)
  const keys = linesOf(rows, ['symbol', 'timestamp', 'known_at'])
  expect(new Set(keys).size, 'keys are unique').toBe(keys.length)
  const symbols = texts(rows, 'symbol')
  const held = new Map<string, Set<number>>()
  symbols.forEach((symbol, row) => {
    held.set(symbol!, (held.get(symbol!) ?? new Set()).add(numbers(rows, 'close')[row]!))
  })
  for (const [symbol, { steps }] of promised) {
    for (const step of steps)
      expect(held.get(symbol)?.has(step), `${symbol}, step ${step}`).toBe(true)
  }
}

// Who loses the race at the last moment shows an older state, and the next run mends it; but it is never torn.
async function checkMatrix(
  lake: Awaited<ReturnType<typeof temporaryLake>>,
  folder: string,
): Promise<void> {
  const matrix = await readMatrix(lake.workers, join(folder, 'features_matrix.parquet'))
  for (const { symbol, values } of matrix?.columns ?? []) {
    const shown = values.filter((value) => !Number.isNaN(value))
    expect([...shown], symbol).toEqual(Array.from({ length: shown.length }, (_, i) => i))
  }
}
