import { chmod, readFile, truncate, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { killRounds } from './kill-rounds.ts'
import { BARS, BTC, candidates, END, ETH, PEPE, SOL, TABLE, usePlaces } from './places.ts'
import { backfillProcess, giveTo, startBackfill } from './program-process.ts'
import {
  barRows,
  filesOf,
  importBars,
  matrixOf,
  type Place,
  rowsOf,
  runReport,
  stateOf,
  withoutRunId,
} from './store.ts'

const places = usePlaces()

test('the real program runs its own example: data on stdout, talk on stderr, exit code 0', async () => {
  const place = await places.withBars()
  const { code, out, err } = await backfillProcess(place, [
    ...(await candidates(place, [BTC])),
    '--json',
  ])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ status: 'done', symbols: [{ symbol: BTC }] })
  expect(err).toContain('compute …')
})

test.each(['resolve symbols', 'load what exists', 'compute', 'validate', 'save the matrix'])(
  '^C at "%s" leaves the store as it was or complete, and the same run completes',
  async (step) => {
    const place = await places.withFeatures()
    const before = await stateOf(place)
    const args = [...(await candidates(place, [SOL])), '--run-id', 'cut']
    const { child, ended, said } = startBackfill(place, args)
    await said(`${step} …`)
    child.kill('SIGINT')
    const { code, err } = await ended
    expect([0, 5], err).toContain(code)
    const after = await stateOf(place)
    if (code === 0) {
      expect((await matrixOf(place)).description.tableVersion).toBe(1)
    } else if (err.includes('Table and matrix are as they were.')) {
      expect(after).toEqual(before)
    } else {
      expect(err).toContain('The table features/local_1d is complete (version 1)')
      expect(after['features_matrix.parquet']).toBe(before['features_matrix.parquet'])
    }
    if (step === 'resolve symbols') expect(code, 'long before the end').toBe(5)
    await runReport(place, args)
    const matrix = await matrixOf(place)
    expect(matrix.description.tableVersion).toBe(1)
    expect(new Set(matrix.columns.map(({ symbol }) => symbol))).toEqual(new Set([BTC, ETH, SOL]))
  },
)

test('kill -9 at ten random moments leaves the store as it was or complete', async () => {
  await killRounds(10)
}, 120_000)

/** Runs several backfills at once and holds that none lost anything. */
async function atOnce(place: Place, lists: readonly (readonly string[])[]): Promise<void> {
  const running = await Promise.all(
    lists.map(async (list, i) => {
      const args = await candidates(place, list, `list${i}.json`)
      return startBackfill(place, [...args, '--run-id', `at_once_${i}`])
    }),
  )
  const ends = await Promise.all(running.map(({ ended }) => ended))
  for (const { code, err } of ends) expect(code, err).toBe(0)
  const wanted = [...new Set(lists.flat())].toSorted()

  const alone = await places.withBars()
  await runReport(alone, await candidates(alone, wanted))
  const rows = (await rowsOf(place)).filter(({ symbol }) => wanted.includes(symbol))
  expect(withoutRunId(rows), 'each row once').toEqual(withoutRunId(await rowsOf(alone)))
  const matrix = await matrixOf(place)
  const versions = Object.keys(await filesOf(join(place.lakehouse, TABLE, '_delta_log')))
  expect(matrix.description.tableVersion).toBe(versions.length - 1)
  const shown = new Set(matrix.columns.map(({ symbol }) => symbol))
  for (const symbol of wanted) expect(shown).toContain(symbol)
}

test('two first runs at once, with other symbols', async () => {
  await atOnce(await places.withBars(), [
    [BTC, ETH],
    [SOL, PEPE],
  ])
})

test('two runs at once, with the same symbols', async () => {
  await atOnce(await places.withFeatures(), [
    [BTC, SOL, PEPE],
    [BTC, SOL, PEPE],
  ])
})

test('four runs at once, with overlapping symbols', async () => {
  const place = await places.withFeatures()
  await atOnce(place, [[BTC, ETH], [ETH, SOL], [SOL, PEPE], [PEPE]])
})

test('two runs at once under one id and with one list are one run', async () => {
  const place = await places.withFeatures()
  const args = [...(await candidates(place, [SOL, PEPE])), '--run-id', 'twin']
  const ends = await Promise.all([1, 2].map(() => backfillProcess(place, args)))
  for (const { code, err } of ends) expect(code, err).toBe(0)
  const versions = Object.keys(await filesOf(join(place.lakehouse, TABLE, '_delta_log')))
  expect(versions, 'one commit').toHaveLength(2)
  expect((await rowsOf(place)).filter(({ symbol }) => symbol === SOL)).toHaveLength(230)
})

test('two first runs at once with two formulas: one decides, the other is refused', async () => {
  const place = await places.withBars()
  const ends = await Promise.all(
    [
      ['tradingview', BTC],
      ['institutional', ETH],
    ].map(async ([formula, symbol]) =>
      backfillProcess(place, [
        ...(await candidates(place, [symbol], `${formula}.json`)),
        '--formula',
        formula!,
        '--output',
        `${formula}.parquet`,
      ]),
    ),
  )
  expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([0, 2]))
  expect(ends.find(({ code }) => code === 2)!.err).toContain('is computed by the formula')
  expect(new Set((await rowsOf(place)).map(({ symbol }) => symbol)).size).toBe(1)
})

/** The data file of the bars. */
function barsFile(place: Place): string {
  const name = readdirSync(join(place.lakehouse, 'bars_1d')).find((file) =>
    file.endsWith('.parquet'),
  )
  return join(place.lakehouse, 'bars_1d', name!)
}

test.each([
  ['cut short', async (path: string) => truncate(path, 5000)],
  [
    'with one flipped bit',
    async (path: string) => {
      const bytes = await readFile(path)
      bytes[bytes.length >> 1]! ^= 4
      await writeFile(path, bytes)
    },
  ],
])('a bars file %s ends the run with 3, named, and nothing is changed', async (_, damage) => {
  const place = await places.withFeatures()
  await damage(barsFile(place))
  const before = await stateOf(place)
  const { code, err } = await backfillProcess(place, await candidates(place, [SOL, BTC]))
  expect(code, err).toBe(3)
  expect(err).toContain(barsFile(place).slice(place.lakehouse.length + 1))
  expect(err).toContain('Table and matrix are as they were.')
  expect(await stateOf(place)).toEqual(before)
})

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const mayBecomeNobody = !isRoot || canReadAsNobody()

function canReadAsNobody(): boolean {
  try {
    execFileSync(
      process.execPath,
      ['-e', `require('fs').readFileSync(process.argv[1])`, import.meta.filename],
      {
        uid: NOBODY,
        gid: NOBODY,
        stdio: 'ignore',
      },
    )
    return true
  } catch {
    return false
  }
}

test.skipIf(!mayBecomeNobody)(
  `a lakehouse that may only be read ends the run with 5, and nothing is changed${mayBecomeNobody ? '' : ' [SKIPPED: runs as root, and another user cannot read this checkout]'}`,
  async () => {
    const place = await places.withFeatures()
    if (isRoot) await giveTo(NOBODY, place.folder)
    const args = await candidates(place, [SOL])
    const before = await stateOf(place)
    const features = join(place.lakehouse, TABLE)
    await chmod(features, 0o555)
    const run = async () => await backfillProcess(place, args, isRoot ? { uid: NOBODY } : {})
    const refused = await run()
    expect(refused.code, refused.err).toBe(5)
    expect(refused.err).toMatch(/error: features\/local_1d\/\S+ may not be written/)
    expect(refused.err).toContain('Table and matrix are as they were.')
    expect(refused.err).toContain('Allow writing there')
    expect(await stateOf(place)).toEqual(before)

    // The table may be written again, the folder of the matrix not.
    await chmod(features, 0o755)
    await chmod(place.lakehouse, 0o555)
    const half = await run()
    expect(half.code, half.err).toBe(5)
    expect(half.err).toContain('The table features/local_1d is complete (version 1)')
    expect((await stateOf(place))['features_matrix.parquet']).toBe(
      before['features_matrix.parquet'],
    )

    await chmod(place.lakehouse, 0o755)
    expect((await run()).code).toBe(0)
    expect((await matrixOf(place)).description.tableVersion).toBe(1)
  },
)

test('where no more than a small file may be written the run ends with 5, and nothing is changed', async () => {
  const place = await places.withFeatures()
  const before = await stateOf(place)
  const args = await candidates(place, [SOL, PEPE])
  const { code, err } = await backfillProcess(place, args, { largestFile: 4 })
  expect(code, err).toBe(5)
  expect(err).toContain('no space to write features/local_1d/part-')
  expect(err).toContain('Table and matrix are as they were.')
  expect(err).toContain('Free some space')
  expect(await stateOf(place)).toEqual(before)
})

const MOUNT = join(tmpdir(), `backfill-full-disk-${process.pid}`)
const mountRefusal = isRoot ? tryMount() : 'only the superuser mounts'

function tryMount(): string | null {
  try {
    mkdirSync(MOUNT, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', MOUNT], { stdio: 'pipe' })
    execFileSync('umount', [MOUNT], { stdio: 'pipe' })
    rmdirSync(MOUNT)
    return null
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim()
  }
}

test.skipIf(mountRefusal !== null)(
  `a full disk ends the run with 5, and nothing is changed${mountRefusal === null ? '' : ` [SKIPPED: cannot mount a small disk: ${mountRefusal}]`}`,
  async () => {
    const place = await places.withFeatures()
    mkdirSync(MOUNT)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', MOUNT])
    try {
      execFileSync('cp', ['-r', place.lakehouse, MOUNT])
      const full = { ...place, lakehouse: join(MOUNT, 'lakehouse') }
      // What is left is less than one data file.
      execFileSync(
        'bash',
        ['-c', `cat /dev/zero > ${MOUNT}/ballast; truncate -s -4096 ${MOUNT}/ballast || true`],
        { stdio: 'ignore' },
      )
      const before = await stateOf(full)
      const args = await candidates(place, [SOL, PEPE])
      const { code, err } = await backfillProcess(full, args)
      expect(code, err).toBe(5)
      expect(err).toContain('no space to write')
      expect(err).toContain('Table and matrix are as they were.')
      expect(await stateOf(full)).toEqual(before)
      execFileSync('rm', [join(MOUNT, 'ballast')])
      const again = await backfillProcess(full, args)
      expect(again.code, again.err).toBe(0)
    } finally {
      execFileSync('umount', [MOUNT])
      rmdirSync(MOUNT)
    }
  },
)

test('a lakehouse that does not exist is named and not made', async () => {
  const place = await places.empty()
  const { code, err } = await backfillProcess(place, await candidates(place, [BTC]))
  expect(code).toBe(1)
  expect(err).toContain('there are no bars in the lakehouse')
  expect(existsSync(place.lakehouse)).toBe(false)
  expect(existsSync(place.runs)).toBe(false)
})

test('restated bars and two runs at once: nobody overwrites the later knowledge', async () => {
  const place = await places.withFeatures()
  const own = BARS.get(BTC)!
  const restated = { ...own, close: own.close.map((close, i) => (i > 200 ? close * 0.999 : close)) }
  restated.low.forEach((low, i) => (restated.low[i] = Math.min(low, restated.close[i]!)))
  await importBars(place.lakehouse, [barRows(BTC, restated)], { restatedAt: END + 60 })
  const ends = await Promise.all(
    [0, 1].map(async (i) =>
      backfillProcess(place, [
        ...(await candidates(place, [BTC, ETH], `list${i}.json`)),
        '--run-id',
        `restated_${i}`,
      ]),
    ),
  )
  for (const { code, err } of ends) expect(code, err).toBe(0)
  const rows = (await rowsOf(place)).filter(({ symbol }) => symbol === BTC)
  const keys = rows.map(({ timestamp, known_at }) => `${timestamp} ${known_at}`)
  expect(new Set(keys).size, 'no row twice').toBe(keys.length)
  expect(rows.length).toBeGreaterThan(230)
})
