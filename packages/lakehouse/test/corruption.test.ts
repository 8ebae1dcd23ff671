import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  type Columns,
  commitPath,
  type Lakehouse,
  readMatrix,
  type TableSchema,
  upsertMatrix,
} from '../src/index.ts'
import { collect, temporaryFolder, temporaryLake } from './temporary-lake.ts'

const SCHEMA: TableSchema = {
  columns: [
    { name: 'symbol', type: 'string', nullable: false },
    { name: 'timestamp', type: 'long', nullable: false },
    { name: 'known_at', type: 'long', nullable: false },
    { name: 'close', type: 'double', nullable: false },
    { name: 'volume', type: 'double', nullable: true },
    { name: 'run_id', type: 'string', nullable: true },
  ],
  time: 'timestamp',
  key: ['symbol', 'timestamp'],
}
const NAMES = SCHEMA.columns.map(({ name }) => name)

// Long enough that values, statistics, row index and footer all have some weight.
const ROWS: Columns = (() => {
  const length = 90
  return {
    symbol: Array.from({ length }, (_, i) => `BINANCE:${'ABC'[Math.floor(i / 30)]}USDT`),
    timestamp: Float64Array.from({ length }, (_, i) => 1.7e9 + (i % 30) * 86_400),
    known_at: Float64Array.from({ length }, (_, i) => 1.7e9 + (i % 30) * 86_400 + 86_460),
    close: Float64Array.from({ length }, (_, i) => Math.sin(i) * 1_000),
    volume: Float64Array.from({ length }, (_, i) => (i % 5 ? i * 1.5 : Number.NaN)),
    run_id: Array.from({ length }, (_, i) => (i % 7 ? 'import' : null)),
  }
})()

/** A number from 0 to 1, the same for the same input. */
function drawn(n: number): number {
  const x = Math.sin(n * 12.9898) * 43_758.5453
  return x - Math.floor(x)
}

/** Positions spread over a whole file, every one of its last bytes included, and what to change there. */
function flips(size: number, count: number): { at: number; mask: number }[] {
  const spread = Array.from({ length: count }, (_, i) =>
    Math.floor(((i + drawn(i)) * size) / count),
  )
  const last = Array.from({ length: 16 }, (_, i) => size - 1 - i)
  const first = [0, 3, 4, 5]
  return [...new Set([...first, ...spread, ...last])].map((at) => ({
    at,
    // One bit as often as several.
    mask: drawn(at + 0.5) < 0.5 ? 1 << Math.floor(drawn(at) * 8) : 1 + Math.floor(drawn(at) * 255),
  }))
}

async function dataFile(
  lake: Lakehouse,
): Promise<{ bytes: Uint8Array; log: Uint8Array; path: string }> {
  const table = lake.table('bars_1d', { schema: SCHEMA })
  await table.upsertSymbols([ROWS], { runId: 'r' })
  const { path } = (await table.state())!.files[0]!
  return {
    bytes: await lake.store.get(`bars_1d/${path}`),
    log: await lake.store.get(commitPath('bars_1d', 0)),
    path,
  }
}

/** Puts a table of the same log whose data file is another one; no thread has seen it before. */
async function putTable(
  lake: Lakehouse,
  name: string,
  path: string,
  bytes: Uint8Array,
  log: Uint8Array,
) {
  const folder = fileURLToPath(`${lake.store.uri}/${name}`)
  await mkdir(dirname(join(folder, '_delta_log/x')), { recursive: true })
  await writeFile(join(folder, path), bytes)
  await writeFile(fileURLToPath(`${lake.store.uri}/${commitPath(name, 0)}`), log)
}

/** Reads; gives what came, or the error where it is the one that damage may cause. */
async function readOrRefuse<Result>(
  read: () => Promise<Result>,
  file: string,
): Promise<Result | 'refused'> {
  try {
    return await read()
  } catch (error) {
    expect(error).toMatchObject({ code: 'corrupt_file' })
    expect((error as Error).message).toContain(file)
    return 'refused'
  }
}

test('a damaged data file gives its exact rows or an error that names it, whichever byte is hit', async () => {
  const lake = await temporaryLake()
  const { bytes, log, path } = await dataFile(lake)
  const positions = flips(bytes.length, 310)
  let refused = 0
  const check = async ({ at, mask }: { at: number; mask: number }) => {
    const name = `t${at}`
    const damaged = bytes.slice()
    damaged[at]! ^= mask
    await putTable(lake, name, path, damaged, log)
    const table = lake.table(name)
    const whole = await readOrRefuse(() => collect(table), path)
    if (whole === 'refused') refused += 1
    else expect(whole, `byte ${at}`).toEqual(ROWS)
    const column = NAMES[at % NAMES.length]!
    const one = await readOrRefuse(() => collect(table, { columns: [column] }), path)
    if (one !== 'refused') expect(one, `byte ${at}, ${column}`).toEqual({ [column]: ROWS[column] })
    const file = join(fileURLToPath(lake.store.uri), name, path)
    const foreign = await readOrRefuse(() => lake.readParquet(file), path)
    if (foreign !== 'refused') expect(foreign.columns, `byte ${at}`).toEqual(ROWS)
  }
  await Promise.all(
    [0, 1].map(async (half) => {
      for (let i = half; i < positions.length; i += 2) await check(positions[i]!)
    }),
  )
  // Only the four letters at the start and the symbol column, which the row index stands for, do no harm.
  expect(refused).toBeGreaterThan(positions.length * 0.8)
})

test('damage to a column hurts only those who read it', async () => {
  const lake = await temporaryLake()
  const { bytes, log, path } = await dataFile(lake)
  const lengths = NAMES.map(() => 0)
  const positions = flips(bytes.length, 60)
  for (const { at } of positions) {
    const damaged = bytes.slice()
    damaged[at]! ^= 255
    await putTable(lake, `t${at}`, path, damaged, log)
    const outcomes: ('refused' | 'read')[] = []
    for (const column of ['close', 'volume', 'run_id']) {
      const read = await readOrRefuse(
        () => collect(lake.table(`t${at}`), { columns: [column] }),
        path,
      )
      outcomes.push(read === 'refused' ? 'refused' : 'read')
      if (read !== 'refused') expect(read).toEqual({ [column]: ROWS[column] })
    }
    const hurt = outcomes.filter((outcome) => outcome === 'refused').length
    lengths[hurt]! += 1
    expect(hurt, `byte ${at} lies in one column, or in the footer that all share`).not.toBe(2)
  }
  expect(lengths[1], 'positions inside one column').toBeGreaterThan(3)
})

test('a data file cut short at any length is refused by name', async () => {
  const lake = await temporaryLake()
  const { bytes, path } = await dataFile(lake)
  const file = join(await temporaryFolder(), 'cut.parquet')
  for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 60)) {
    await writeFile(file, bytes.subarray(0, length))
    await expect(lake.readParquet(file), `${length} bytes`).rejects.toMatchObject({
      code: 'corrupt_file',
      evidence: { file },
    })
  }
  expect(path).toMatch(/^part-/)
})

test('a file of ours whose checksums were lost is no foreign file', async () => {
  const lake = await temporaryLake()
  const { bytes, log, path } = await dataFile(lake)
  const key = Buffer.from(bytes).indexOf('fs.crc')
  const damaged = bytes.slice()
  damaged[key + 3]! ^= 1
  await putTable(lake, 't', path, damaged, log)
  await expect(collect(lake.table('t'))).rejects.toMatchObject({ code: 'corrupt_file' })
})

test('a damaged matrix gives its exact cells or an error that names it, whichever byte is hit', async () => {
  const lake = await temporaryLake()
  const folder = await temporaryFolder()
  const path = join(folder, 'features_matrix.parquet')
  const timestamps = Float64Array.from({ length: 40 }, (_, i) => 1.7e9 + i * 86_400)
  const symbols = ['BINANCE:A', "X:O'NEIL"].map((symbol, k) => ({
    symbol,
    timestamps,
    values: {
      recommend_all: timestamps.map((_, i) => Math.sin(i + k)),
      rsi: timestamps.map((_, i) => (i % 4 ? i : Number.NaN)),
    },
  }))
  await upsertMatrix(lake.workers, path, {
    symbols,
    description: {
      formula: 'f',
      table: 't',
      tableVersion: 3,
      runId: 'r',
      retrieved: {},
      filled: {},
    },
    runFile: join(folder, 'run.parquet'),
  })
  const original = await readMatrix(lake.workers, path)
  const bytes = await readFile(path)
  let refused = 0
  const positions = flips(bytes.length, 300)
  const check = async ({ at, mask }: { at: number; mask: number }) => {
    const name = `m${at}.parquet`
    const damaged = Uint8Array.from(bytes)
    damaged[at]! ^= mask
    await writeFile(join(folder, name), damaged)
    const read = await readOrRefuse(() => readMatrix(lake.workers, join(folder, name)), name)
    if (read === 'refused') refused += 1
    else expect(read, `byte ${at}`).toEqual(original)
    const wanted = { symbols: ['BINANCE:A'], features: ['rsi'] }
    const one = await readOrRefuse(() => readMatrix(lake.workers, join(folder, name), wanted), name)
    if (one !== 'refused') {
      expect(one, `byte ${at}`).toEqual({ ...original, columns: [original!.columns[1]] })
    }
  }
  await Promise.all(
    [0, 1].map(async (half) => {
      for (let i = half; i < positions.length; i += 2) await check(positions[i]!)
    }),
  )
  expect(refused).toBeGreaterThan(positions.length * 0.95)
  for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 40)) {
    await writeFile(join(folder, 'cut.parquet'), bytes.subarray(0, length))
    await expect(readMatrix(lake.workers, join(folder, 'cut.parquet'))).rejects.toMatchObject({
      code: 'corrupt_file',
    })
  }
})

test('damage to a foreign file may go unnoticed, but its errors name it, even where the codec traps', async () => {
  const lake = await temporaryLake()
  const { bytes } = await dataFile(lake)
  // Without our key-values nothing can be verified.
  const foreign = Buffer.from(bytes)
  for (const key of ['fs.crc', 'fs.rows']) foreign[foreign.indexOf(key)]! ^= 1
  const folder = await temporaryFolder()
  let refused = 0
  await Promise.all(
    flips(foreign.length * 0.6, 12).map(async ({ at }) => {
      const damaged = Uint8Array.from(foreign)
      damaged[at]! ^= 255
      const file = join(folder, `f${at}.parquet`)
      await writeFile(file, damaged)
      if ((await readOrRefuse(() => lake.readParquet(file), file)) === 'refused') refused += 1
    }),
  )
  expect(refused).toBeGreaterThan(5)
})
